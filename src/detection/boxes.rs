use serde::{Deserialize, Serialize};

use super::{Rows, columns::Read};
use crate::state::parts::Unread;

/// The meaning of the four numbers of a box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxFormat {
    /// The left, top, right and bottom edge.
    #[default]
    Xyxy,
    /// The left and top edge, and the width and height, as in COCO's files.
    Xywh,
    /// The center, and the width and height.
    Cxcywh,
}

/// The boxes of the objects of an image: `[objects, 4]`.
///
/// [`From`] takes the left, top, right and bottom edges. [`xywh`](Self::xywh) and [`cxcywh`](Self::cxcywh) take the
/// other formats. All of them take a `Tensor<2>` on any device, or a list of arrays of four numbers.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::detection::Boxes;
///
/// let corners = Boxes::from([[10.0, 20.0, 40.0, 60.0]]);
/// let same = Boxes::xywh([[10.0, 20.0, 30.0, 40.0]]);
/// let device = Device::flex();
/// let tensor = Boxes::cxcywh(Tensor::<2>::from_floats([[25.0, 40.0, 30.0, 40.0]], &device));
/// assert_eq!([corners.len(), same.len(), tensor.len()], [1, 1, 1]);
/// ```
#[derive(Debug, Clone)]
pub struct Boxes {
    format: BoxFormat,
    rows: Rows<4>,
}

impl Boxes {
    /// Creates boxes from numbers of this format.
    pub fn new(format: BoxFormat, rows: impl Into<Rows<4>>) -> Self {
        Self {
            format,
            rows: rows.into(),
        }
    }

    /// Creates boxes from their left and top edges, widths and heights, as in COCO's files.
    pub fn xywh(rows: impl Into<Rows<4>>) -> Self {
        Self::new(BoxFormat::Xywh, rows)
    }

    /// Creates boxes from their centers, widths and heights.
    pub fn cxcywh(rows: impl Into<Rows<4>>) -> Self {
        Self::new(BoxFormat::Cxcywh, rows)
    }

    /// The number of boxes.
    pub fn len(&self) -> usize {
        self.rows.dims()[0]
    }

    /// Whether there is no box.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn dims(&self) -> [usize; 2] {
        self.rows.dims()
    }

    pub(super) fn register<R: 'static>(&self, unread: Unread<R>) -> Unread<R> {
        self.rows.register(unread)
    }

    /// The boxes as left and top edge, width and height.
    pub(super) fn read(&self, tensors: &mut Read) -> Vec<[f64; 4]> {
        let mut rows = self.rows.read(tensors);
        for row in &mut rows {
            let [a, b, c, d] = *row;
            *row = match self.format {
                BoxFormat::Xyxy => [a, b, c - a, d - b],
                BoxFormat::Xywh => [a, b, c, d],
                BoxFormat::Cxcywh => [a - c / 2.0, b - d / 2.0, c, d],
            };
        }
        rows
    }
}

/// Boxes from their left, top, right and bottom edges.
impl<T: Into<Rows<4>>> From<T> for Boxes {
    fn from(rows: T) -> Self {
        Self::new(BoxFormat::Xyxy, rows)
    }
}

/// The intersection over union of two boxes of left and top edge, width and height. If the second is a crowd, it is the
/// share of the first that lies in it.
#[inline]
pub(super) fn box_overlap(a: &[f64; 4], b: &[f64; 4], b_is_crowd: bool) -> f64 {
    let width = (a[0] + a[2]).min(b[0] + b[2]) - a[0].max(b[0]);
    let height = (a[1] + a[3]).min(b[1] + b[3]) - a[1].max(b[1]);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let shared = width * height;
    let area = a[2] * a[3];
    match b_is_crowd {
        true => shared / area,
        false => shared / (area + b[2] * b[3] - shared),
    }
}
