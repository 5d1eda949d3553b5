use std::sync::Arc;

use super::{
    Detections, GroundTruth, Integers, Numbers,
    columns::Read,
    geometry::{Geometry, Outlines, Similarity},
    objects::Shapes,
};
use crate::{Fault, Faults, MetricError, Result, state::parts::Unread};

/// A batch of images, each with the detected objects and the true ones.
///
/// It is created from a pair of [`Detections`] and [`GroundTruth`], from a list of such pairs, or, as in TorchMetrics,
/// from a list of detections and a list of ground truths of the same length. With the feature `coco`, `CocoDataset`
/// reads COCO's files.
///
/// ```
/// use burn_metrics::detection::{DetectionInput, Detections, GroundTruth};
///
/// let found = Detections::new([[10.0, 20.0, 40.0, 60.0]], [0.9], [3]);
/// let truth = GroundTruth::new([[10.0, 20.0, 40.0, 60.0]], [3]);
/// let one = DetectionInput::from((found.clone(), truth.clone()));
/// let pairs = DetectionInput::from(vec![(found.clone(), truth.clone())]);
/// let lists = DetectionInput::from((vec![found], vec![truth]));
/// assert_eq!([one.len(), pairs.len(), lists.len()], [1, 1, 1]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct DetectionInput {
    images: Arc<Vec<(Detections, GroundTruth)>>,
    /// Why the lists are not a batch.
    defect: Option<MetricError>,
}

impl DetectionInput {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    #[cfg(feature = "coco")]
    pub(super) fn images(&self) -> &[(Detections, GroundTruth)] {
        &self.images
    }

    /// Checks the shapes, and prepares to read what a metric needs. `finish` gets the images that are well formed, and
    /// is called once the tensors are in host memory.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`], which names the image.
    pub(super) fn unread<R: 'static>(
        &self,
        similarity: &Similarity,
        scored: bool,
        finish: impl Fn(Vec<Image>) -> R + Send + Sync + 'static,
    ) -> Result<Unread<ReadBatch<R>>> {
        if let Some(defect) = &self.defect {
            return Err(defect.clone());
        }
        for (sample, image) in self.images.iter().enumerate() {
            check(sample, image, similarity, scored)?;
        }
        let geometry = similarity.geometry();
        let images = self.images.clone();
        let mut unread = Unread::new(move |tensors| {
            let mut tensors = tensors.into_iter();
            let (mut read, mut faults, mut defect) = (Vec::new(), Faults::default(), None);
            for (sample, image) in images.iter().enumerate() {
                match Image::read(image, geometry, scored, &mut tensors) {
                    Ok(image) => read.push(image),
                    Err(wrong) => {
                        faults.add(wrong.fault, 1);
                        defect.get_or_insert_with(|| wrong.of(sample));
                    }
                }
            }
            ReadBatch {
                value: finish(read),
                faults,
                defect,
            }
        });
        for (found, truth) in self.images.iter() {
            unread = register(unread, found, truth, geometry, scored);
        }
        Ok(unread)
    }
}

impl DetectionInput {
    /// Waits for the tensors of the images, and returns the result of `finish`.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`] and [`MetricError::Device`].
    pub(super) fn read_now<R: 'static>(
        &self,
        similarity: &Similarity,
        scored: bool,
        finish: impl Fn(Vec<Image>) -> R + Send + Sync + 'static,
    ) -> Result<R> {
        self.unread(similarity, scored, finish)?.read_now()?.whole()
    }
}

/// The result of the valid images of a batch, and the faults of the others.
#[derive(Debug)]
pub struct ReadBatch<R> {
    pub(super) value: R,
    pub(super) faults: Faults,
    /// The error of the first image that is not valid.
    pub(super) defect: Option<MetricError>,
}

impl<R> ReadBatch<R> {
    /// The result, if all images are valid.
    pub(super) fn whole(self) -> Result<R> {
        self.defect.map_or(Ok(self.value), Err)
    }
}

impl<R> ReadBatch<ReadBatch<R>> {
    /// Combines the faults of both steps.
    pub(super) fn flattened(self) -> ReadBatch<R> {
        let mut faults = self.faults;
        faults += self.value.faults;
        ReadBatch {
            value: self.value.value,
            faults,
            defect: self.defect.or(self.value.defect),
        }
    }
}

/// A batch of one image.
impl From<(Detections, GroundTruth)> for DetectionInput {
    fn from(image: (Detections, GroundTruth)) -> Self {
        vec![image].into()
    }
}

impl From<Vec<(Detections, GroundTruth)>> for DetectionInput {
    fn from(images: Vec<(Detections, GroundTruth)>) -> Self {
        Self {
            images: Arc::new(images),
            defect: None,
        }
    }
}

impl FromIterator<(Detections, GroundTruth)> for DetectionInput {
    fn from_iter<I: IntoIterator<Item = (Detections, GroundTruth)>>(images: I) -> Self {
        images.into_iter().collect::<Vec<_>>().into()
    }
}

/// The detections and the ground truths of the same images. Lists of different lengths are an error of the metric.
impl From<(Vec<Detections>, Vec<GroundTruth>)> for DetectionInput {
    fn from((found, truth): (Vec<Detections>, Vec<GroundTruth>)) -> Self {
        let lengths = [found.len(), truth.len()];
        let mut input: Self = found.into_iter().zip(truth).collect();
        if lengths[0] != lengths[1] {
            input.defect = Some(MetricError::Sample {
                what: "ground truth of image",
                sample: input.len(),
                expected: format!("as many as the detections of {} images", lengths[0]),
                got: lengths[1].to_string(),
            });
        }
        input
    }
}

/// An image in host memory.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub id: Option<i64>,
    pub found: Side,
    /// One per detection, or none if the metric does not need them.
    pub scores: Vec<f64>,
    pub truth: Side,
    pub is_crowd: Vec<bool>,
    /// The classes that are known to be absent, if not all classes were searched for.
    pub negative: Option<Vec<i64>>,
    pub not_exhaustive: Vec<i64>,
}

/// The detected or the true objects of an image.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub outlines: Outlines,
    pub areas: Vec<f64>,
    pub labels: Vec<i64>,
}

/// A value of an image that cannot be scored.
pub(super) struct Wrong {
    fault: Fault,
    what: &'static str,
    expected: &'static str,
    got: String,
}

impl Wrong {
    pub(super) fn new(what: &'static str, expected: &'static str, got: impl ToString) -> Self {
        Self {
            fault: Fault::Domain,
            what,
            expected,
            got: got.to_string(),
        }
    }

    fn of(self, sample: usize) -> MetricError {
        MetricError::Sample {
            what: self.what,
            sample,
            expected: self.expected.to_owned(),
            got: self.got,
        }
    }
}

impl Image {
    fn read(
        (found, truth): &(Detections, GroundTruth),
        geometry: Geometry,
        scored: bool,
        tensors: &mut Read,
    ) -> Result<Self, Wrong> {
        // Everything is read before it is checked, so that the tensors of the next image are next.
        let outlines = Outlines::read(&found.shapes, geometry, false, tensors);
        let scores = found.scores.as_ref().filter(|_| scored);
        let scores = scores.map_or_else(Vec::new, |scores| scores.read(tensors));
        let labels = read_labels(found.labels.as_ref(), tensors);
        let true_outlines = Outlines::read(&truth.shapes, geometry, true, tensors);
        let true_labels = read_labels(truth.labels.as_ref(), tensors);
        let n = true_labels.len();
        let crowd = truth.crowd.as_ref().map(|crowd| crowd.read(tensors));
        let given = truth.area.as_ref().map(|areas| areas.read(tensors));

        outlines.check("detections of image")?;
        true_outlines.check("ground truth of image")?;
        if let Some(score) = scores.iter().find(|score| score.is_nan()) {
            return Err(Wrong::new("scores of image", "numbers", score));
        }
        let mut true_areas = true_outlines.areas();
        for (area, given) in true_areas.iter_mut().zip(given.into_iter().flatten()) {
            if !given.is_finite() || given < 0.0 {
                let expected = "finite numbers that are not negative";
                return Err(Wrong::new("areas of image", expected, given));
            }
            if given > 0.0 {
                *area = given;
            }
        }
        Ok(Self {
            id: truth.image_id,
            scores: scores.into_iter().map(|score| score + 0.0).collect(),
            found: Side {
                areas: outlines.areas(),
                outlines,
                labels,
            },
            truth: Side {
                areas: true_areas,
                outlines: true_outlines,
                labels: true_labels,
            },
            is_crowd: crowd.map_or_else(
                || vec![false; n],
                |crowd| crowd.into_iter().map(|crowd| crowd != 0).collect(),
            ),
            negative: truth.negative.clone(),
            not_exhaustive: truth.not_exhaustive.clone(),
        })
    }
}

fn read_labels(labels: Option<&Integers>, tensors: &mut Read) -> Vec<i64> {
    labels.map_or_else(Vec::new, |labels| labels.read(tensors))
}

/// Adds the tensors of an image, in the order in which [`Image::read`] reads them.
fn register<R: 'static>(
    mut unread: Unread<R>,
    found: &Detections,
    truth: &GroundTruth,
    geometry: Geometry,
    scored: bool,
) -> Unread<R> {
    unread = geometry.register(&found.shapes, false, unread);
    if let Some(scores) = found.scores.as_ref().filter(|_| scored) {
        unread = scores.register(unread);
    }
    if let Some(labels) = &found.labels {
        unread = labels.register(unread);
    }
    unread = geometry.register(&truth.shapes, true, unread);
    if let Some(labels) = &truth.labels {
        unread = labels.register(unread);
    }
    if let Some(crowd) = &truth.crowd {
        unread = crowd.register(unread);
    }
    if let Some(area) = &truth.area {
        unread = area.register(unread);
    }
    unread
}

/// Checks everything that is known before tensors are read.
fn check(
    sample: usize,
    (found, truth): &(Detections, GroundTruth),
    similarity: &Similarity,
    scored: bool,
) -> Result<()> {
    let geometry = similarity.geometry();
    let error = |what, expected: String, got: String| {
        Err(MetricError::Sample {
            what,
            sample,
            expected,
            got,
        })
    };
    let mut size = None;
    let sides: [(&Shapes, Option<&Integers>, &'static str); 2] = [
        (&found.shapes, found.labels.as_ref(), "detections of image"),
        (
            &truth.shapes,
            truth.labels.as_ref(),
            "ground truth of image",
        ),
    ];
    for (shapes, labels, what) in sides {
        let n = match geometry.count(shapes) {
            Some(n) => n,
            None if shapes.is_empty() && labels.is_none() => 0,
            None => {
                return error(
                    what,
                    format!("{} of the objects", geometry.name()),
                    "none".into(),
                );
            }
        };
        if let Some(width) = geometry.wrong_width(shapes) {
            let expected = format!("{} of shape [{n}, {}]", geometry.name(), geometry.width());
            return error(what, expected, format!("[{n}, {width}]"));
        }
        if geometry == Geometry::Masks {
            for next in shapes.masks.iter().flat_map(super::Masks::sizes) {
                let size = *size.get_or_insert(next);
                if next != size {
                    let expected =
                        format!("masks of {} x {} pixels, as the first", size[0], size[1]);
                    return error(what, expected, format!("{} x {}", next[0], next[1]));
                }
            }
        }
        if let (Similarity::Keypoints { sigmas }, Some(points)) = (similarity, &shapes.keypoints) {
            let (expected, got) = (sigmas.len(), points.keypoints);
            if got != expected && n > 0 {
                return error(
                    what,
                    format!("{expected} keypoints per object"),
                    got.to_string(),
                );
            }
            let all = n * points.keypoints;
            if points.numbers.len() != 3 * all {
                let expected = "3 numbers per keypoint: two coordinates and the visibility";
                let got = points.numbers.len() / all.max(1);
                return error(what, expected.to_owned(), got.to_string());
            }
            if let Some(boxes) = shapes.boxes.as_ref().filter(|boxes| boxes.len() != n) {
                let expected = format!("{n} boxes, one per object");
                return error(what, expected, boxes.len().to_string());
            }
        }
        let labeled = labels.map_or(0, Integers::len);
        if labeled != n {
            let expected = format!("{n} labels, one per object");
            return error(what, expected, labeled.to_string());
        }
    }
    let n = found.labels.as_ref().map_or(0, Integers::len);
    match found.scores.as_ref().map(Numbers::len) {
        _ if !scored => {}
        None if n == 0 => {}
        Some(scores) if scores == n => {}
        scores => {
            let got = scores.map_or("none".to_owned(), |scores| scores.to_string());
            return error("scores of image", format!("{n}, one per object"), got);
        }
    }
    let n = truth.labels.as_ref().map_or(0, Integers::len);
    let crowd = truth.crowd.as_ref().map(Integers::len);
    let area = truth.area.as_ref().map(Numbers::len);
    for (what, length) in [("crowd flags of image", crowd), ("areas of image", area)] {
        if let Some(length) = length.filter(|length| *length != n) {
            return error(what, format!("{n}, one per object"), length.to_string());
        }
    }
    Ok(())
}
