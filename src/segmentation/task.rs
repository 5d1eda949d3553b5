use std::ops::Range;

use burn::tensor::{Int, Tensor, kind::Basic};
use serde::{Deserialize, Serialize};

use super::{SegmentationInput, input::Maps};
use crate::{
    ExpectedLabels, LabelExample, MetricError, Result,
    ops::{
        self, AnyTensor, ClassSpec, ClassTable, Extent, LabelSpec, LabelTable, Predictions, ints,
    },
};

/// The classes of a segmentation, and which pixels and classes count.
///
/// Class 0 is the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentationTask {
    classes: usize,
    include_background: bool,
    #[serde(default)]
    ignore_index: Option<i64>,
}

/// The shape of a batch that has been checked.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub samples: usize,
    /// The dimensions of an image or a volume.
    pub dims: Vec<usize>,
    /// The number of pixels of a sample.
    pub pixels: usize,
}

impl Layout {
    fn extent(&self) -> Extent {
        Extent {
            samples: self.samples,
            inner: self.pixels,
        }
    }

    /// Whether there are no pixels.
    pub fn is_empty(&self) -> bool {
        self.samples * self.pixels == 0
    }
}

/// The most classes that there may be.
const MOST: usize = 1 << 16;
/// The label that marks void pixels of masks, whose other labels are 0 and 1.
const VOID: i64 = 2;

impl SegmentationTask {
    /// Creates the task for `classes` classes, including the background.
    pub fn new(classes: usize, include_background: bool) -> Self {
        Self {
            classes,
            include_background,
            ignore_index: None,
        }
    }

    /// The number of classes, including the background.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Whether class 0 is scored.
    pub fn includes_background(&self) -> bool {
        self.include_background
    }

    pub(super) fn set_include_background(&mut self, include: bool) {
        self.include_background = include;
    }

    pub(super) fn set_ignore_index(&mut self, index: i64) {
        self.ignore_index = Some(index);
    }

    /// The classes that have a score. A single class is scored even if it is the background.
    pub(super) fn scored(&self) -> Range<usize> {
        let first = usize::from(!self.include_background && self.classes > 1);
        first..self.classes.max(first)
    }

    /// Whether the pixels of this class are void, so that its score means nothing.
    pub(super) fn is_void(&self, class: usize) -> bool {
        self.ignore_index == i64::try_from(class).ok()
    }

    /// The labels that a target can have.
    pub(super) fn labels(&self) -> ExpectedLabels {
        ExpectedLabels {
            count: self.classes,
            ignore_index: self.ignore_index,
        }
    }

    /// The label of void pixels.
    pub(super) fn ignore_index(&self) -> Option<i64> {
        self.ignore_index
    }

    /// Finds a wrong label of a batch on a host.
    pub(super) fn wrong_label(&self, input: &SegmentationInput) -> Option<LabelExample> {
        match &input.maps {
            Maps::Labels { preds, target } => ops::wrong_label(preds, target, self.labels()),
            Maps::Masks { .. } => None,
        }
    }

    /// Checks the options and a batch.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`], [`MetricError::Shape`] and [`MetricError::Kind`].
    pub(super) fn check(&self, input: &SegmentationInput) -> Result<Layout> {
        let classes = self.classes;
        let valid = (1..=MOST).contains(&classes);
        MetricError::check_option("classes", classes, valid, format!("from 1 to {MOST}"))?;
        if self.scored().all(|class| self.is_void(class)) {
            let expected = "a class that is neither the background nor ignored";
            return Err(MetricError::config("classes", expected, "none"));
        }
        let (preds, target) = (input.maps.preds_shape(), input.maps.target_shape());
        let dims = match &input.maps {
            Maps::Labels { preds: kind, .. } => {
                if target.len() < 2 {
                    let expected = "[batch, ...], with the dimensions of an image or a volume";
                    return Err(MetricError::shape("target", expected, &target));
                }
                self.check_predictions(kind, &preds, &target)?;
                &target[1..]
            }
            Maps::Masks { .. } => {
                if preds.len() < 3 || preds[1] != classes {
                    let expected = format!("[batch, classes = {classes}, ...]");
                    return Err(MetricError::shape("predicted masks", expected, &preds));
                }
                if target != preds {
                    let expected = format!("{preds:?}, that of the predicted masks");
                    return Err(MetricError::shape("target masks", expected, &target));
                }
                if let Some(index) = self.ignore_index {
                    let expected = format!(
                        "the index of a target mask, below {classes}, because the target is masks"
                    );
                    let valid = usize::try_from(index).is_ok_and(|index| index < classes);
                    MetricError::check_option("ignore_index", index, valid, expected)?;
                }
                &target[2..]
            }
        };
        input.check()?;
        let pixels = dims.iter().product::<usize>();
        let layout = Layout {
            samples: target[0],
            dims: dims.to_vec(),
            pixels,
        };
        // A map of labels has one number per pixel, whatever the number of classes. Tables have up to four per class.
        let per_pixel = match &input.maps {
            Maps::Labels {
                preds: Predictions::Labels(_),
                ..
            } => 1,
            _ => classes,
        };
        let of_sample = pixels.saturating_mul(per_pixel).max(4 * classes);
        let numbers = layout.samples.saturating_mul(of_sample);
        match numbers < u32::MAX as usize - 4 {
            true => Ok(layout),
            false => {
                let expected = "fewer than 2^32 - 4 labels, scores or pixels of masks in a batch";
                Err(MetricError::config("batch", expected, numbers))
            }
        }
    }

    fn check_predictions(
        &self,
        kind: &ops::Predicted,
        preds: &[usize],
        target: &[usize],
    ) -> Result<()> {
        let classes = self.classes;
        let Predictions::Scores(_) = kind else {
            let expected = format!("{preds:?}, that of the predictions");
            return match target == preds {
                true => Ok(()),
                false => Err(MetricError::shape("target", expected, target)),
            };
        };
        if preds.len() < 3 || preds[1] != classes {
            let expected = format!("[batch, classes = {classes}, ...]");
            return Err(MetricError::shape("scores", expected, preds));
        }
        let pixels = [&preds[..1], &preds[2..]].concat();
        match target == pixels {
            true => Ok(()),
            false => {
                let expected = format!("{pixels:?}, that of the scores {preds:?} without classes");
                Err(MetricError::shape("target", expected, target))
            }
        }
    }

    /// Counts the pixels of each sample of a checked batch: `[samples, rows, classes]`, followed by the faults, and the
    /// number of rows. The first rows are true positives, false positives and false negatives.
    pub(super) fn count_samples(&self, maps: Maps, layout: &Layout) -> (Tensor<1, Int>, usize) {
        match maps {
            Maps::Labels { preds, target } => {
                let spec = self.class_spec(layout, ClassTable::PerSample);
                (ops::count_classes(preds, target, spec), 3)
            }
            Maps::Masks { preds, target } => {
                let spec = self.label_spec(layout, LabelTable::PerSample);
                let target = self.marked_void(target, layout);
                let preds = Predictions::Labels(preds);
                (ops::count_labels(preds, target, spec), 4)
            }
        }
    }

    /// Counts the pixels of a checked batch: `[3, classes]`, followed by the faults.
    pub(super) fn count_batch(&self, maps: Maps, layout: &Layout) -> Tensor<1, Int> {
        match maps {
            Maps::Labels { preds, target } => {
                let spec = self.class_spec(layout, ClassTable::PerClass);
                ops::count_classes(preds, target, spec)
            }
            Maps::Masks { preds, target } => {
                let spec = self.label_spec(layout, LabelTable::Global);
                let target = self.marked_void(target, layout);
                let preds = Predictions::Labels(preds);
                self.three_rows(ops::count_labels(preds, target, spec))
            }
        }
    }

    /// Does the same as [`count_batch`](Self::count_batch), with the weights of the samples.
    pub(super) fn weigh_batch(&self, maps: Maps, weights: AnyTensor, layout: &Layout) -> Tensor<1> {
        match maps {
            Maps::Labels { preds, target } => {
                let spec = self.class_spec(layout, ClassTable::PerClass);
                ops::weigh_classes(preds, target, weights, spec)
            }
            Maps::Masks { preds, target } => {
                let spec = self.label_spec(layout, LabelTable::Global);
                let target = self.marked_void(target, layout);
                let preds = Predictions::Labels(preds);
                self.three_rows(ops::weigh_labels(preds, target, weights, spec))
            }
        }
    }

    fn class_spec(&self, layout: &Layout, table: ClassTable) -> ClassSpec {
        ClassSpec {
            extent: layout.extent(),
            classes: self.classes,
            top_k: 1,
            ignore_index: self.ignore_index,
            table,
        }
    }

    fn label_spec(&self, layout: &Layout, table: LabelTable) -> LabelSpec {
        LabelSpec {
            extent: layout.extent(),
            labels: self.classes,
            threshold: 0.5,
            probabilities: false,
            ignore_index: self.ignore_index.map(|_| VOID),
            table,
        }
    }

    /// Marks the pixels in the mask of the ignored class in the masks of all classes.
    fn marked_void(&self, target: AnyTensor, layout: &Layout) -> AnyTensor {
        let Some(index) = self
            .ignore_index
            .and_then(|index| usize::try_from(index).ok())
        else {
            return target;
        };
        let full = [layout.samples, self.classes, layout.pixels];
        let masks: Tensor<3, Int> = ints(target, full);
        let void = masks.clone().narrow(1, index, 1).equal_elem(1);
        masks.mask_fill(void.expand(full), VOID).into_dispatch()
    }

    /// Drops the row of true negatives.
    fn three_rows<K: Basic>(&self, table: Tensor<1, K>) -> Tensor<1, K> {
        let cells = 4 * self.classes;
        let faults = table.dims()[0] - cells;
        let counts = table.clone().narrow(0, 0, self.cells());
        Tensor::cat(vec![counts, table.narrow(0, cells, faults)], 0)
    }

    /// The number of cells of a table of a batch.
    pub(super) fn cells(&self) -> usize {
        self.classes.saturating_mul(3)
    }
}
