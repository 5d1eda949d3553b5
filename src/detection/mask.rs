use burn::tensor::{Bool, Int, Tensor};

use super::columns::Read;
use crate::{MetricError, Result, state::parts::Unread};

/// The mask of an object, run-length encoded.
///
/// The runs go down the columns, from the left column to the right, and alternate between pixels outside and inside of
/// the object, beginning with those outside. This is the encoding of COCO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    height: u32,
    width: u32,
    runs: Vec<u32>,
}

impl Mask {
    /// Creates a mask from its runs, which must add up to the number of pixels.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    pub fn from_runs(height: u32, width: u32, runs: Vec<u32>) -> Result<Self> {
        let pixels = u64::from(height) * u64::from(width);
        let sum: u64 = runs.iter().map(|run| u64::from(*run)).sum();
        let expected = format!("runs of {pixels} pixels, as {height} x {width}");
        MetricError::check_option("mask", sum, sum == pixels, expected)?;
        MetricError::check_option(
            "mask",
            pixels,
            u32::try_from(pixels).is_ok(),
            "fewer than 2^32 pixels",
        )?;
        Ok(Self {
            height,
            width,
            runs,
        })
    }

    /// Creates a mask from the pixels of an image, row by row.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`] if rows have different lengths.
    pub fn from_rows<R: AsRef<[bool]>>(rows: &[R]) -> Result<Self> {
        let width = rows.first().map_or(0, |row| row.as_ref().len());
        for row in rows {
            let got = row.as_ref().len();
            let expected = format!("rows of {width} pixels, as the first");
            MetricError::check_option("mask", got, got == width, expected)?;
        }
        let pixel = |x: usize, y: usize| rows[y].as_ref()[x];
        Ok(Self::encode(rows.len(), width, pixel))
    }

    /// Encodes the pixels for which `is_inside(x, y)`.
    fn encode(height: usize, width: usize, is_inside: impl Fn(usize, usize) -> bool) -> Self {
        let (mut runs, mut run, mut inside) = (Vec::new(), 0u32, false);
        for x in 0..width {
            for y in 0..height {
                if is_inside(x, y) != inside {
                    runs.push(run);
                    (run, inside) = (0, !inside);
                }
                run += 1;
            }
        }
        runs.push(run);
        Self {
            height: height as u32,
            width: width as u32,
            runs,
        }
    }

    /// The height and width of the image.
    pub fn size(&self) -> [u32; 2] {
        [self.height, self.width]
    }

    /// The lengths of the runs, of which the first is outside of the object.
    pub fn runs(&self) -> &[u32] {
        &self.runs
    }

    /// The number of pixels of the object.
    pub fn area(&self) -> u64 {
        let inside = self.runs.iter().skip(1).step_by(2);
        inside.map(|run| u64::from(*run)).sum()
    }

    /// The number of pixels that two objects of an image share.
    pub fn intersection(&self, other: &Self) -> u64 {
        let mut sides = [self, other].map(|mask| Runs::of(&mask.runs));
        let mut shared = 0;
        while let [Some(a), Some(b)] = [sides[0].current(), sides[1].current()] {
            let length = a.min(b);
            if sides.iter().all(Runs::is_inside) {
                shared += u64::from(length);
            }
            sides.iter_mut().for_each(|side| side.advance(length));
        }
        shared
    }
}

/// A position among runs.
struct Runs<'a> {
    runs: &'a [u32],
    at: usize,
    left: u32,
}

impl<'a> Runs<'a> {
    fn of(runs: &'a [u32]) -> Self {
        let left = runs.first().copied().unwrap_or(0);
        Self { runs, at: 0, left }
    }

    /// How many pixels of the current run are left.
    #[inline]
    fn current(&mut self) -> Option<u32> {
        while self.left == 0 {
            self.at += 1;
            self.left = *self.runs.get(self.at)?;
        }
        Some(self.left)
    }

    #[inline]
    fn is_inside(&self) -> bool {
        self.at % 2 == 1
    }

    #[inline]
    fn advance(&mut self, by: u32) {
        self.left -= by;
    }
}

/// The masks of the objects of an image: a list, or a tensor `[objects, height, width]` on any device.
#[derive(Debug, Clone)]
pub struct Masks(Source);

#[derive(Debug, Clone)]
enum Source {
    Host(Vec<Mask>),
    Device(Box<Tensor<3, Int>>),
}

impl Masks {
    pub(super) fn len(&self) -> usize {
        match &self.0 {
            Source::Host(masks) => masks.len(),
            Source::Device(tensor) => tensor.dims()[0],
        }
    }

    /// The sizes of the images of the masks that are known before anything is read.
    pub(super) fn sizes(&self) -> impl Iterator<Item = [u32; 2]> {
        let (masks, tensor) = match &self.0 {
            Source::Host(masks) => (masks.as_slice(), None),
            Source::Device(tensor) => {
                let [n, height, width] = tensor.dims();
                (&[][..], (n > 0).then_some([height as u32, width as u32]))
            }
        };
        masks.iter().map(Mask::size).chain(tensor)
    }

    pub(super) fn register<R: 'static>(&self, unread: Unread<R>) -> Unread<R> {
        match &self.0 {
            Source::Device(tensor) if tensor.dims().iter().all(|n| *n > 0) => {
                unread.with_ints(tensor.as_ref().clone())
            }
            _ => unread,
        }
    }

    pub(super) fn read(&self, tensors: &mut Read) -> Vec<Mask> {
        match &self.0 {
            Source::Host(masks) => masks.clone(),
            Source::Device(tensor) => {
                let [n, height, width] = tensor.dims();
                if n * height * width == 0 {
                    return vec![Mask::encode(height, width, |_, _| false); n];
                }
                let Some(pixels) = tensors.next() else {
                    return Vec::new();
                };
                let pixels = pixels.labels();
                let mask = |i: usize| {
                    let pixels = &pixels[i * height * width..(i + 1) * height * width];
                    Mask::encode(height, width, |x, y| pixels[y * width + x] != 0)
                };
                (0..n).map(mask).collect()
            }
        }
    }
}

impl From<Vec<Mask>> for Masks {
    fn from(masks: Vec<Mask>) -> Self {
        Self(Source::Host(masks))
    }
}

/// Pixels that are not 0 belong to an object.
impl From<Tensor<3, Int>> for Masks {
    fn from(masks: Tensor<3, Int>) -> Self {
        Self(Source::Device(Box::new(masks.inner())))
    }
}

impl From<Tensor<3, Bool>> for Masks {
    fn from(masks: Tensor<3, Bool>) -> Self {
        masks.int().into()
    }
}

/// The intersection over union of two masks. If the second is a crowd, it is the share of the first that lies in it.
pub(super) fn mask_overlap(a: &Mask, b: &Mask, areas: [f64; 2], b_is_crowd: bool) -> f64 {
    let shared = a.intersection(b) as f64;
    if shared == 0.0 {
        return 0.0;
    }
    match b_is_crowd {
        true => shared / areas[0],
        false => shared / (areas[0] + areas[1] - shared),
    }
}
