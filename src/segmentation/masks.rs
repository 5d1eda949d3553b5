use std::ops::Range;

use burn::tensor::{Int, Tensor};
use rayon::prelude::*;

use super::{SegmentationInput, SegmentationTask, input::Maps, task::Layout};
use crate::{
    Fault, Faults,
    ops::{self, HostTensor, Predictions},
    state::Unread,
};

/// The segmentations of a batch in host memory.
#[derive(Debug)]
pub(super) struct HostMaps {
    pub faults: Faults,
    layout: Layout,
    classes: usize,
    planes: Planes,
}

#[derive(Debug)]
enum Planes {
    /// The class of each pixel, or [`VOID`]: `[samples, pixels]`, predicted and true.
    Labels([Vec<i32>; 2]),
    /// Whether each pixel is of each class: `[samples, classes, pixels]`, predicted and true.
    Masks([Vec<bool>; 2]),
}

/// The label of pixels without a class.
const VOID: i32 = -1;
/// The predicted label of pixels with a NaN score.
const NAN: i64 = i32::MIN as i64;

/// The masks of a class in a sample, cut to the smallest box that holds both. At least one of them has pixels.
#[derive(Debug)]
pub struct MaskPair {
    /// The dimensions of the box.
    pub dims: Vec<usize>,
    /// Whether each pixel is predicted to be of the class.
    pub preds: Vec<bool>,
    /// Whether each pixel is of the class.
    pub target: Vec<bool>,
}

impl MaskPair {
    /// Whether one of the masks is empty.
    pub fn has_empty(&self) -> bool {
        [&self.preds, &self.target]
            .iter()
            .any(|mask| !mask.contains(&true))
    }
}

/// The smallest box that holds some pixels, as a range along each dimension.
pub(super) type Bounds = Vec<Range<usize>>;

impl HostMaps {
    /// Reads a checked batch.
    pub fn read(task: SegmentationTask, input: SegmentationInput, layout: Layout) -> Unread<Self> {
        let (samples, pixels, classes) = (layout.samples, layout.pixels, task.classes());
        match input.maps {
            Maps::Labels { preds, target } => {
                let n = samples * pixels;
                let preds = match preds {
                    Predictions::Labels(labels) => ops::wide_labels(ops::ints(labels, [n])),
                    Predictions::Scores(scores) => {
                        predicted(ops::floats(scores, [samples, classes, pixels])).reshape([n])
                    }
                };
                let target = ops::wide_labels(ops::ints(target, [n]));
                let maps = Unread::new(move |tensors: Vec<HostTensor>| {
                    let [preds, target] = [0, 1].map(|i: usize| tensors[i].read::<i64>());
                    let (labels, faults) = checked(&task, &preds, &target);
                    Self {
                        faults,
                        layout: layout.clone(),
                        classes,
                        planes: Planes::Labels(labels),
                    }
                });
                maps.with_ints(preds).with_ints(target)
            }
            Maps::Masks { preds, target } => {
                let n = samples * classes * pixels;
                let maps = Unread::new(move |tensors: Vec<HostTensor>| {
                    let mask = |i: usize| -> Vec<bool> {
                        let numbers = tensors[i].read::<i32>();
                        numbers.iter().map(|n| *n != 0).collect()
                    };
                    let mut masks = [0, 1].map(mask);
                    without_void(&task, &mut masks, pixels);
                    Self {
                        faults: Faults::default(),
                        layout: layout.clone(),
                        classes,
                        planes: Planes::Masks(masks),
                    }
                });
                let [preds, target] = [preds, target].map(|mask| ops::ints::<1>(mask, [n]));
                maps.with_ints(preds).with_ints(target)
            }
        }
    }

    /// The number of samples.
    pub fn samples(&self) -> usize {
        self.layout.samples
    }

    /// The dimensions of a sample.
    pub fn dims(&self) -> &[usize] {
        &self.layout.dims
    }

    /// The smallest boxes that hold the predicted and the true mask of each class in a sample. There is none for a
    /// class whose masks are empty.
    pub fn bounds(&self, sample: usize) -> Vec<Option<Bounds>> {
        let mut bounds = vec![None; self.classes];
        let pixels = self.layout.pixels;
        match &self.planes {
            Planes::Labels(maps) => {
                for map in maps {
                    self.runs(&map[sample * pixels..][..pixels], |label, outer, run| {
                        if let Some(bounds) = bounds.get_mut(label as usize) {
                            extend(bounds, outer, run);
                        }
                    });
                }
            }
            Planes::Masks(masks) => {
                for (class, bounds) in bounds.iter_mut().enumerate() {
                    for mask in masks {
                        let first = (sample * self.classes + class) * pixels;
                        self.runs(&mask[first..][..pixels], |is_there, outer, run| {
                            if is_there {
                                extend(bounds, outer, run);
                            }
                        });
                    }
                }
            }
        }
        bounds
    }

    /// Calls `take` with each run of equal pixels in a row: their value, the place of the row, and their range in it.
    fn runs<T: Copy + PartialEq>(
        &self,
        pixels: &[T],
        mut take: impl FnMut(T, &[usize], Range<usize>),
    ) {
        let (width, outer) = match self.layout.dims.split_last() {
            Some((width, outer)) => (*width, outer),
            None => return,
        };
        let mut place = vec![0; outer.len()];
        for row in pixels.chunks_exact(width) {
            let mut start = 0;
            for run in row.chunk_by(PartialEq::eq) {
                take(run[0], &place, start..start + run.len());
                start += run.len();
            }
            next(&mut place, outer.iter().map(|n| 0..*n));
        }
    }

    /// The masks of a class in a sample, cut to a box.
    pub fn pair(&self, sample: usize, class: usize, bounds: &Bounds) -> MaskPair {
        let pixels = self.layout.pixels;
        let [preds, target] = match &self.planes {
            Planes::Labels(maps) => maps.each_ref().map(|map| {
                let map = &map[sample * pixels..][..pixels];
                self.cut(map, bounds, |label| label == class as i32)
            }),
            Planes::Masks(masks) => masks.each_ref().map(|mask| {
                let mask = &mask[(sample * self.classes + class) * pixels..][..pixels];
                self.cut(mask, bounds, |is_there| is_there)
            }),
        };
        MaskPair {
            dims: bounds.iter().map(ExactSizeIterator::len).collect(),
            preds,
            target,
        }
    }

    fn cut<T: Copy>(
        &self,
        pixels: &[T],
        bounds: &Bounds,
        is_there: impl Fn(T) -> bool,
    ) -> Vec<bool> {
        let dims = &self.layout.dims;
        let Some((columns, outer)) = bounds.split_last() else {
            return Vec::new();
        };
        let rows: usize = outer.iter().map(ExactSizeIterator::len).product();
        let mut mask = Vec::with_capacity(rows * columns.len());
        let mut place: Vec<usize> = outer.iter().map(|range| range.start).collect();
        for _ in 0..rows {
            let row = place.iter().zip(dims).fold(0, |at, (i, n)| at * n + i);
            let row = &pixels[row * dims[outer.len()]..][columns.clone()];
            mask.extend(row.iter().map(|pixel| is_there(*pixel)));
            next(&mut place, outer.iter().cloned());
        }
        mask
    }
}

/// Moves a place to the next one within ranges, in row-major order.
pub(super) fn next(
    place: &mut [usize],
    ranges: impl DoubleEndedIterator<Item = Range<usize>> + ExactSizeIterator,
) {
    for (i, range) in place.iter_mut().zip(ranges).rev() {
        *i += 1;
        if *i < range.end {
            return;
        }
        *i = range.start;
    }
}

/// Extends a box by a run of pixels in a row.
fn extend(bounds: &mut Option<Bounds>, outer: &[usize], run: Range<usize>) {
    let ranges = outer.iter().map(|i| *i..*i + 1).chain([run]);
    match bounds {
        None => *bounds = Some(ranges.collect()),
        Some(bounds) => {
            for (own, range) in bounds.iter_mut().zip(ranges) {
                *own = own.start.min(range.start)..own.end.max(range.end);
            }
        }
    }
}

/// The class with the highest score, `[samples, pixels]`, or [`NAN`].
fn predicted(scores: Tensor<3>) -> Tensor<3, Int> {
    let nan = scores.clone().is_nan().int().sum_dim(1).greater_elem(0);
    ops::wide_labels(scores.argmax(1)).mask_fill(nan, NAN)
}

/// The labels of pixels that count, and the faults of the others.
fn checked(task: &SegmentationTask, preds: &[i64], target: &[i64]) -> ([Vec<i32>; 2], Faults) {
    /// The number of pixels that is worth a thread.
    const PIXELS: usize = 1 << 15;
    let classes = 0..task.classes() as i64;
    let mut labels = [vec![VOID; preds.len()], vec![VOID; target.len()]];
    let [own_preds, own_target] = &mut labels;
    let own = own_preds
        .par_chunks_mut(PIXELS)
        .zip(own_target.par_chunks_mut(PIXELS));
    let given = preds.par_chunks(PIXELS).zip(target.par_chunks(PIXELS));
    let faults = own
        .zip(given)
        .map(|((own_preds, own_target), (preds, target))| {
            let mut faults = Faults::default();
            let own = own_preds.iter_mut().zip(own_target);
            for ((own_pred, own_target), (pred, target)) in own.zip(preds.iter().zip(target)) {
                let fault = match () {
                    () if task.ignore_index() == Some(*target) => continue,
                    () if !classes.contains(target) => Fault::TargetLabel,
                    () if *pred == NAN => Fault::Nan,
                    () if !classes.contains(pred) => Fault::PredictedLabel,
                    () => {
                        (*own_pred, *own_target) = (*pred as i32, *target as i32);
                        continue;
                    }
                };
                faults.add(fault, 1);
            }
            faults
        });
    let faults = faults.reduce(Faults::default, |mut sum, faults| {
        sum += faults;
        sum
    });
    (labels, faults)
}

/// Removes the pixels in the mask of the ignored class from all masks.
fn without_void(task: &SegmentationTask, masks: &mut [Vec<bool>; 2], pixels: usize) {
    let void = (0..task.classes()).find(|class| task.is_void(*class));
    let Some(class) = void else { return };
    let sample = task.classes() * pixels;
    let [preds, target] = masks;
    for (preds, target) in preds
        .chunks_exact_mut(sample)
        .zip(target.chunks_exact_mut(sample))
    {
        let void = target[class * pixels..][..pixels].to_vec();
        for mask in preds
            .chunks_exact_mut(pixels)
            .chain(target.chunks_exact_mut(pixels))
        {
            let places = mask.iter_mut().zip(&void);
            places.for_each(|(is_there, is_void)| *is_there &= !is_void);
        }
    }
}
