use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    Keypoints, Mask,
    boxes::box_overlap,
    columns::Read,
    input::Wrong,
    keypoints::{PoseTruth, keypoint_similarity, pose_area},
    mask::mask_overlap,
    objects::Shapes,
    rotated::rotated_overlap,
};
use crate::state::parts::Unread;

/// Which form of the objects is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Geometry {
    Boxes,
    Masks,
    Keypoints,
    RotatedBoxes,
}

impl Geometry {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Boxes => "boxes",
            Self::Masks => "masks",
            Self::Keypoints => "keypoints",
            Self::RotatedBoxes => "rotated boxes",
        }
    }

    /// The number of objects, if they have this form.
    pub(super) fn count(self, shapes: &Shapes) -> Option<usize> {
        match self {
            Self::Boxes => shapes.boxes.as_ref().map(|boxes| boxes.len()),
            Self::Masks => shapes.masks.as_ref().map(|masks| masks.len()),
            Self::Keypoints => shapes.keypoints.as_ref().map(|keypoints| keypoints.objects),
            Self::RotatedBoxes => shapes.rotated.as_ref().map(|boxes| boxes.dims()[0]),
        }
    }

    /// The number of numbers of a box.
    pub(super) fn width(self) -> usize {
        match self {
            Self::RotatedBoxes => 5,
            _ => 4,
        }
    }

    /// The number of numbers per box, if it is not the expected one.
    pub(super) fn wrong_width(self, shapes: &Shapes) -> Option<usize> {
        let dims = match self {
            Self::Boxes | Self::Keypoints => shapes.boxes.as_ref().map(|boxes| boxes.dims()),
            Self::RotatedBoxes => shapes.rotated.as_ref().map(|boxes| boxes.dims()),
            Self::Masks => None,
        };
        let [n, width] = dims?;
        (n > 0 && width != self.width()).then_some(width)
    }

    /// Adds the tensors in the order in which [`Outlines::read`] reads them.
    pub(super) fn register<R: 'static>(
        self,
        shapes: &Shapes,
        is_truth: bool,
        unread: Unread<R>,
    ) -> Unread<R> {
        match (self, shapes) {
            (
                Self::Boxes,
                Shapes {
                    boxes: Some(boxes), ..
                },
            ) => boxes.register(unread),
            (
                Self::Masks,
                Shapes {
                    masks: Some(masks), ..
                },
            ) => masks.register(unread),
            (
                Self::RotatedBoxes,
                Shapes {
                    rotated: Some(boxes),
                    ..
                },
            ) => boxes.register(unread),
            (
                Self::Keypoints,
                Shapes {
                    keypoints: Some(keypoints),
                    boxes,
                    ..
                },
            ) => {
                let unread = keypoints.numbers.register(unread);
                match boxes {
                    Some(boxes) if is_truth => boxes.register(unread),
                    _ => unread,
                }
            }
            _ => unread,
        }
    }
}

impl Shapes {
    /// Whether the objects have no form at all, as those of an image without any.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            boxes,
            masks,
            keypoints,
            rotated,
        } = self;
        boxes.is_none() && masks.is_none() && keypoints.is_none() && rotated.is_none()
    }
}

/// The objects of an image in host memory, in the form that is compared.
#[derive(Debug, Clone)]
pub(super) enum Outlines {
    /// Left and top edge, width and height.
    Boxes(Vec<[f64; 4]>),
    Masks(Vec<Mask>),
    Keypoints(Poses),
    /// Center, width, height and angle.
    RotatedBoxes(Vec<[f64; 5]>),
}

/// The keypoints of objects, and the boxes of true objects, if they were given.
#[derive(Debug, Clone)]
pub(super) struct Poses {
    pub numbers: Vec<f64>,
    /// The number of numbers per object.
    pub width: usize,
    pub boxes: Option<Vec<[f64; 4]>>,
}

impl Poses {
    pub(super) fn of(&self, object: usize) -> &[f64] {
        &self.numbers[object * self.width..(object + 1) * self.width]
    }
}

impl Outlines {
    pub(super) fn read(
        shapes: &Shapes,
        geometry: Geometry,
        is_truth: bool,
        tensors: &mut Read,
    ) -> Self {
        match geometry {
            Geometry::Boxes => {
                let boxes = shapes.boxes.as_ref();
                Self::Boxes(boxes.map_or_else(Vec::new, |boxes| boxes.read(tensors)))
            }
            Geometry::Masks => {
                let masks = shapes.masks.as_ref();
                Self::Masks(masks.map_or_else(Vec::new, |masks| masks.read(tensors)))
            }
            Geometry::RotatedBoxes => {
                let boxes = shapes.rotated.as_ref();
                Self::RotatedBoxes(boxes.map_or_else(Vec::new, |boxes| boxes.read(tensors)))
            }
            Geometry::Keypoints => {
                let keypoints = shapes.keypoints.as_ref();
                let width = keypoints.map_or(0, |keypoints: &Keypoints| 3 * keypoints.keypoints);
                let numbers = keypoints.map_or_else(Vec::new, |all| all.numbers.read(tensors));
                let boxes = shapes
                    .boxes
                    .as_ref()
                    .filter(|_| is_truth && keypoints.is_some());
                Self::Keypoints(Poses {
                    numbers,
                    width,
                    boxes: boxes.map(|boxes| boxes.read(tensors)),
                })
            }
        }
    }

    /// Checks that coordinates are finite and that no box has a negative size.
    pub(super) fn check(&self, what: &'static str) -> Result<(), Wrong> {
        let is_box = |[x, y, w, h]: [f64; 4]| (x + y + w + h).is_finite() && w >= 0.0 && h >= 0.0;
        let expected = "finite coordinates, and sizes that are not negative";
        match self {
            Self::Boxes(boxes) => match boxes.iter().find(|found| !is_box(**found)) {
                Some([x, y, w, h]) => {
                    let got = format!("a box at ({x}, {y}) of {w} x {h}");
                    Err(Wrong::new(what, expected, got))
                }
                None => Ok(()),
            },
            Self::RotatedBoxes(boxes) => {
                let is_rotated =
                    |[x, y, w, h, angle]: [f64; 5]| is_box([x, y, w, h]) && angle.is_finite();
                match boxes.iter().find(|found| !is_rotated(**found)) {
                    Some([x, y, w, h, angle]) => {
                        let got =
                            format!("a box around ({x}, {y}) of {w} x {h}, rotated by {angle}");
                        Err(Wrong::new(what, expected, got))
                    }
                    None => Ok(()),
                }
            }
            Self::Keypoints(poses) => {
                if let Some(number) = poses.numbers.iter().find(|number| !number.is_finite()) {
                    return Err(Wrong::new(what, "finite keypoints", number));
                }
                Self::Boxes(poses.boxes.clone().unwrap_or_default()).check(what)
            }
            Self::Masks(_) => Ok(()),
        }
    }

    /// The area of each object.
    pub(super) fn areas(&self) -> Vec<f64> {
        match self {
            Self::Boxes(boxes) => boxes.iter().map(|[_, _, w, h]| w * h).collect(),
            Self::RotatedBoxes(boxes) => boxes.iter().map(|[_, _, w, h, _]| w * h).collect(),
            Self::Masks(masks) => masks.iter().map(|mask| mask.area() as f64).collect(),
            Self::Keypoints(poses) => {
                let objects = poses.numbers.len() / poses.width.max(1);
                (0..objects)
                    .map(|object| pose_area(poses.of(object)))
                    .collect()
            }
        }
    }
}

/// How similar a detection and a true object are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Similarity {
    /// The intersection over union of boxes.
    Boxes,
    /// The intersection over union of masks.
    Masks,
    /// The object keypoint similarity, with the standard deviation of each keypoint relative to the size of an object.
    Keypoints {
        /// The standard deviations.
        sigmas: Cow<'static, [f64]>,
    },
    /// The intersection over union of rotated boxes.
    RotatedBoxes,
}

impl Similarity {
    pub(super) fn geometry(&self) -> Geometry {
        match self {
            Self::Boxes => Geometry::Boxes,
            Self::Masks => Geometry::Masks,
            Self::Keypoints { .. } => Geometry::Keypoints,
            Self::RotatedBoxes => Geometry::RotatedBoxes,
        }
    }

    /// The similarity of each pair of a detection and a true object of an image: `[found, truth]`.
    pub(super) fn matrix(
        &self,
        image: &super::input::Image,
        found: &[u32],
        truth: &[u32],
        matrix: &mut Vec<f64>,
    ) {
        matrix.clear();
        let pairs = found
            .iter()
            .flat_map(|d| truth.iter().map(|g| (*d as usize, *g as usize)));
        match (&image.found.outlines, &image.truth.outlines) {
            (Outlines::Boxes(a), Outlines::Boxes(b)) => {
                matrix.extend(pairs.map(|(d, g)| box_overlap(&a[d], &b[g], image.is_crowd[g])));
            }
            (Outlines::Masks(a), Outlines::Masks(b)) => {
                // The areas of true objects may have been given, and are then not those of the masks.
                let areas: Vec<f64> = b.iter().map(|mask| mask.area() as f64).collect();
                matrix.extend(pairs.map(|(d, g)| {
                    let areas = [image.found.areas[d], areas[g]];
                    mask_overlap(&a[d], &b[g], areas, image.is_crowd[g])
                }));
            }
            (Outlines::RotatedBoxes(a), Outlines::RotatedBoxes(b)) => {
                matrix.extend(pairs.map(|(d, g)| rotated_overlap(&a[d], &b[g], image.is_crowd[g])));
            }
            (Outlines::Keypoints(a), Outlines::Keypoints(b)) => {
                let Self::Keypoints { sigmas } = self else {
                    return;
                };
                matrix.extend(pairs.map(|(d, g)| {
                    let truth = PoseTruth {
                        keypoints: b.of(g),
                        area: image.truth.areas[g],
                        bounds: b.boxes.as_ref().map(|boxes| boxes[g]),
                    };
                    keypoint_similarity(a.of(d), &truth, sigmas)
                }));
            }
            // Both sides are read in the same form.
            _ => {}
        }
    }
}
