use super::{Boxes, Integers, Masks, Numbers, Rows};

/// The objects that a model detected in an image: boxes, masks or keypoints, each with a score and a label.
///
/// Scores and labels may be left out where a metric does not need them. Everything may be a tensor on any device or a
/// list in host memory.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::detection::{Boxes, Detections};
///
/// let from_lists = Detections::new([[10.0, 20.0, 40.0, 60.0]], [0.9], [3]);
/// let device = Device::flex();
/// let from_tensors = Detections::new(
///     Boxes::xywh(Tensor::<2>::from_floats([[10.0, 20.0, 30.0, 40.0]], &device)),
///     Tensor::<1>::from_floats([0.9], &device),
///     Tensor::<1, Int>::from_ints([3], &device),
/// );
/// # let _ = (from_lists, from_tensors);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Detections {
    pub(super) shapes: Shapes,
    pub(super) scores: Option<Numbers>,
    pub(super) labels: Option<Integers>,
}

/// The true objects of an image: boxes, masks or keypoints, each with a label.
///
/// ```
/// use burn_metrics::detection::GroundTruth;
///
/// let truth = GroundTruth::new([[10.0, 20.0, 40.0, 60.0], [0.0, 0.0, 99.0, 99.0]], [3, 3])
///     .crowd([false, true])
///     .image_id(17);
/// # let _ = truth;
/// ```
#[derive(Debug, Clone, Default)]
pub struct GroundTruth {
    pub(super) shapes: Shapes,
    pub(super) labels: Option<Integers>,
    pub(super) crowd: Option<Integers>,
    pub(super) area: Option<Numbers>,
    pub(super) image_id: Option<i64>,
    pub(super) negative: Option<Vec<i64>>,
    pub(super) not_exhaustive: Vec<i64>,
}

/// Where objects are, in one or several forms.
#[derive(Debug, Clone, Default)]
pub(super) struct Shapes {
    pub boxes: Option<Boxes>,
    pub masks: Option<Masks>,
    /// The coordinates and the visibility of each keypoint: `3 * keypoints` numbers per object.
    pub keypoints: Option<Keypoints>,
    pub rotated: Option<Rows<5>>,
}

/// The keypoints of the objects of an image: for each keypoint of an object, its coordinates and its visibility.
#[derive(Debug, Clone)]
pub struct Keypoints {
    pub(super) numbers: Numbers,
    pub(super) objects: usize,
    pub(super) keypoints: usize,
}

impl Keypoints {
    /// Creates the keypoints of a list of objects. All objects must have the same number of keypoints.
    ///
    /// The visibility is that of COCO: 0 if a keypoint is not labeled, 1 if it is hidden, and 2 if it is visible.
    pub fn new<const K: usize>(objects: Vec<[[f64; 3]; K]>) -> Self {
        let n = objects.len();
        let numbers: Vec<f64> = objects.into_iter().flatten().flatten().collect();
        Self {
            numbers: numbers.into(),
            objects: n,
            keypoints: K,
        }
    }

    /// Creates them from numbers in COCO's order: the keypoints of the first object, each with two coordinates and its
    /// visibility, then those of the next.
    #[cfg(feature = "coco")]
    pub(super) fn flat(numbers: Vec<f64>, objects: usize) -> Self {
        let keypoints = numbers.len() / 3 / objects.max(1);
        Self {
            numbers: numbers.into(),
            objects,
            keypoints,
        }
    }
}

/// Keypoints from a tensor `[objects, keypoints, 3]`: the two coordinates and the visibility.
impl From<burn::tensor::Tensor<3>> for Keypoints {
    fn from(tensor: burn::tensor::Tensor<3>) -> Self {
        let [objects, keypoints, _] = tensor.dims();
        Self {
            numbers: tensor.flatten::<1>(0, 2).into(),
            objects,
            keypoints,
        }
    }
}

impl Detections {
    /// Creates detections from boxes, with the score and the label of each.
    pub fn new(
        boxes: impl Into<Boxes>,
        scores: impl Into<Numbers>,
        labels: impl Into<Integers>,
    ) -> Self {
        Self::unscored(boxes, labels).scores(scores)
    }

    /// Creates detections from boxes with labels but without scores, which is enough for metrics of overlap.
    pub fn unscored(boxes: impl Into<Boxes>, labels: impl Into<Integers>) -> Self {
        let shapes = Shapes {
            boxes: Some(boxes.into()),
            ..Shapes::default()
        };
        Self {
            shapes,
            scores: None,
            labels: Some(labels.into()),
        }
    }

    /// Creates detections from masks, with the score and the label of each.
    pub fn of_masks(
        masks: impl Into<Masks>,
        scores: impl Into<Numbers>,
        labels: impl Into<Integers>,
    ) -> Self {
        Self::labeled(labels).masks(masks).scores(scores)
    }

    /// Creates detections from keypoints, with the score and the label of each.
    pub fn of_keypoints(
        keypoints: impl Into<Keypoints>,
        scores: impl Into<Numbers>,
        labels: impl Into<Integers>,
    ) -> Self {
        let mut without = Self::labeled(labels);
        without.shapes.keypoints = Some(keypoints.into());
        without.scores(scores)
    }

    /// Creates detections from rotated boxes: center, width, height, and the angle in radians.
    pub fn of_rotated_boxes(
        boxes: impl Into<Rows<5>>,
        scores: impl Into<Numbers>,
        labels: impl Into<Integers>,
    ) -> Self {
        let mut without = Self::labeled(labels);
        without.shapes.rotated = Some(boxes.into());
        without.scores(scores)
    }

    /// Adds the masks of the objects.
    pub fn masks(mut self, masks: impl Into<Masks>) -> Self {
        self.shapes.masks = Some(masks.into());
        self
    }

    fn labeled(labels: impl Into<Integers>) -> Self {
        Self {
            labels: Some(labels.into()),
            ..Self::default()
        }
    }

    fn scores(mut self, scores: impl Into<Numbers>) -> Self {
        self.scores = Some(scores.into());
        self
    }
}

impl GroundTruth {
    /// Creates the ground truth of an image from boxes, with the label of each.
    pub fn new(boxes: impl Into<Boxes>, labels: impl Into<Integers>) -> Self {
        Self::labeled(labels).boxes(boxes)
    }

    /// Creates the ground truth of an image from masks, with the label of each.
    pub fn of_masks(masks: impl Into<Masks>, labels: impl Into<Integers>) -> Self {
        Self::labeled(labels).masks(masks)
    }

    /// Creates the ground truth of an image from keypoints, with the label and the area of each object.
    ///
    /// Objects without a labeled keypoint are ignored. If the [`boxes`](Self::boxes) of the objects are given,
    /// detections near an ignored object are ignored, too.
    pub fn of_keypoints(
        keypoints: impl Into<Keypoints>,
        area: impl Into<Numbers>,
        labels: impl Into<Integers>,
    ) -> Self {
        let mut truth = Self::labeled(labels);
        truth.shapes.keypoints = Some(keypoints.into());
        truth.area(area)
    }

    /// Creates the ground truth of an image from rotated boxes: center, width, height, and the angle in radians.
    pub fn of_rotated_boxes(boxes: impl Into<Rows<5>>, labels: impl Into<Integers>) -> Self {
        let mut truth = Self::labeled(labels);
        truth.shapes.rotated = Some(boxes.into());
        truth
    }

    /// Adds the boxes of the objects.
    pub fn boxes(mut self, boxes: impl Into<Boxes>) -> Self {
        self.shapes.boxes = Some(boxes.into());
        self
    }

    /// Adds the masks of the objects.
    pub fn masks(mut self, masks: impl Into<Masks>) -> Self {
        self.shapes.masks = Some(masks.into());
        self
    }

    /// Sets which objects are crowds: regions with so many objects that they were not labeled one by one. Any number of
    /// detections may lie in a crowd; they count neither as right nor as wrong.
    pub fn crowd(mut self, crowd: impl Into<Integers>) -> Self {
        self.crowd = Some(crowd.into());
        self
    }

    /// Sets the areas of the objects, which decide whether they are small, medium or large.
    ///
    /// By default, and where the given area is 0, it is the area of the mask or of the box. In COCO's files it is the
    /// area of the mask, even if boxes are evaluated.
    pub fn area(mut self, area: impl Into<Numbers>) -> Self {
        self.area = Some(area.into());
        self
    }

    /// Sets the number that identifies the image.
    ///
    /// Detections of equal score are ranked by their images: those without an id in the order of the updates and
    /// merges, and then the others by their ids. With ids, a value does not depend on the order in which images come,
    /// even if scores are equal.
    pub fn image_id(mut self, id: i64) -> Self {
        self.image_id = Some(id);
        self
    }

    /// Declares that the image was not searched for all classes, as in LVIS.
    ///
    /// `negative` classes were verified to be absent. Objects of `not_exhaustive` classes may be missing from the
    /// ground truth, so that detections of such a class that match nothing are not counted. Detections of all other
    /// classes without an object in the image are not counted either.
    pub fn federated(
        mut self,
        negative: impl IntoIterator<Item = i64>,
        not_exhaustive: impl IntoIterator<Item = i64>,
    ) -> Self {
        self.negative = Some(negative.into_iter().collect());
        self.not_exhaustive = not_exhaustive.into_iter().collect();
        self
    }

    fn labeled(labels: impl Into<Integers>) -> Self {
        Self {
            labels: Some(labels.into()),
            ..Self::default()
        }
    }
}
