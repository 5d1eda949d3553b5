use std::{collections::BTreeMap, marker::PhantomData};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    DetectionInput, Similarity,
    geometry::Outlines,
    image_total::{ImageTable, ImageTotal},
    input::Image,
    overlap::{CompleteIou, DistanceIou, GeneralizedIou, Overlap, PlainIou},
};
use crate::{
    Meta, Metric, MetricError, Result, Statistic, Total, Value,
    combinator::{Draw, NoOutcomes, Resample},
    encoding::number,
    state::Deferred,
};

/// The mean intersection over union of the detected and the true boxes of the same class.
///
/// The mean is over all pairs of a detection and a true object of the same image and label. An object in an image
/// without detections, and a detection in an image without objects, count as a pair with an overlap of 0.
///
/// Options: [`threshold`](Self::threshold), [`any_label`](Self::any_label), [`per_class`](Self::per_class). Inputs:
/// [`DetectionInput`], for which scores are not needed. Errors: [`MetricError::Sample`], which names the image, for
/// boxes that are not finite or have a negative size, and lists of different lengths; [`MetricError::Config`] for a
/// threshold that is NaN; [`MetricError::Undefined`] if there is no box at all.
///
/// # When to use
///
/// Use it where each image has one object per class, as in localization. With several it misleads, because every pair
/// counts: two objects that do not overlap and are both detected exactly have a mean of 0.5. A threshold leaves out
/// pairs that are far apart, but then missed objects are left out, too. To judge a detector, use
/// [`MeanAveragePrecision`](super::MeanAveragePrecision).
///
/// Source: TorchMetrics' `IntersectionOverUnion`. With `respect_labels=False`, an image of `n` lone boxes counts there
/// as `n²` pairs. Its class metrics raise an error if an image has no object; here the detections in such an image
/// count for their own class.
///
/// # Example
///
/// ```
/// use burn_metrics::detection::{Detections, GroundTruth, IntersectionOverUnion};
/// use burn_metrics::prelude::*;
///
/// let found = Detections::unscored([[296.55, 93.96, 314.97, 152.79], [298.55, 98.96, 314.97, 151.79]], [4, 5]);
/// let truth = GroundTruth::new([[300.00, 100.00, 315.00, 150.00]], [5]);
/// let iou = IntersectionOverUnion::new().evaluate((found, truth))?;
/// assert!((iou - 0.8614).abs() < 1e-4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "IoU")]
pub type IntersectionOverUnion = BoxOverlap<PlainIou>;

/// The mean generalized intersection over union, which also depends on how far apart boxes are: see
/// [`generalized_box_iou`](super::generalized_box_iou) for the formula and [`IntersectionOverUnion`] for everything
/// else.
///
/// # When to use
///
/// Use it beside a loss of this kind. See [`IntersectionOverUnion`] for how it misleads.
#[doc(alias = "GIoU")]
pub type GeneralizedIntersectionOverUnion = BoxOverlap<GeneralizedIou>;

/// The mean distance intersection over union, which decreases with the distance between the centers of the boxes: see
/// [`distance_box_iou`](super::distance_box_iou) for the formula and [`IntersectionOverUnion`] for everything else.
///
/// # When to use
///
/// Use it beside a loss of this kind. See [`IntersectionOverUnion`] for how it misleads.
#[doc(alias = "DIoU")]
pub type DistanceIntersectionOverUnion = BoxOverlap<DistanceIou>;

/// The mean complete intersection over union, which also compares the shapes of boxes: see
/// [`complete_box_iou`](super::complete_box_iou) for the formula and [`IntersectionOverUnion`] for everything else.
///
/// # When to use
///
/// Use it beside a loss of this kind. See [`IntersectionOverUnion`] for how it misleads.
#[doc(alias = "CIoU")]
pub type CompleteIntersectionOverUnion = BoxOverlap<CompleteIou>;

/// The mean of an [`Overlap`] over pairs of boxes: see [`IntersectionOverUnion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct BoxOverlap<O: Overlap> {
    pairs: BoxPairs<O>,
}

/// The statistic of [`BoxOverlap`]: for each class, the sum of the overlaps and the number of pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct BoxPairs<O: Overlap> {
    #[serde(skip)]
    overlap: PhantomData<O>,
    #[serde(with = "number_or_none")]
    threshold: Option<f64>,
    any_label: bool,
}

/// A number that may be missing.
mod number_or_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::encoding::number::Number;

    pub fn serialize<S: Serializer>(number: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        number.map(Number).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Number>::deserialize(from)?.map(f64::from))
    }
}

impl<O: Overlap> Default for BoxOverlap<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O: Overlap> BoxOverlap<O> {
    /// Creates the metric of all pairs of the same label.
    pub fn new() -> Self {
        let pairs = BoxPairs {
            overlap: PhantomData,
            threshold: None,
            any_label: false,
        };
        Self { pairs }
    }

    /// Leaves out pairs with a smaller overlap.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.pairs.threshold = Some(threshold);
        self
    }

    /// Counts pairs of different labels, too. They count for the class of the true object.
    pub fn any_label(mut self) -> Self {
        self.pairs.any_label = true;
        self
    }

    /// Returns the mean of each class as well.
    pub fn per_class(self) -> BoxOverlapPerClass<O> {
        BoxOverlapPerClass(self)
    }

    fn check(&self, table: &OverlapTable) -> Result<()> {
        if table.images == 0 {
            return Err(MetricError::empty(self.name()));
        }
        match table.classes.is_empty() {
            false => Ok(()),
            true => Err(MetricError::Undefined {
                metric: self.name().into_owned(),
                expected: "at least one box",
                got: format!("none in {} images", table.images),
            }),
        }
    }
}

impl<O: Overlap> Metric for BoxOverlap<O> {
    type Statistic = BoxPairs<O>;
    type Value = f64;

    fn statistic(&self) -> &BoxPairs<O> {
        &self.pairs
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<f64> {
        self.check(table)?;
        Ok(table.all().mean())
    }

    fn meta(&self) -> Meta {
        let meta = match self.pairs.threshold {
            Some(threshold) => O::META.with(format!("threshold {threshold}")),
            None => O::META,
        };
        meta.with_if(self.pairs.any_label, "any label")
    }
}

crate::combinator::arithmetic!([O: Overlap] BoxOverlap<O>);

/// A [`BoxOverlap`] with the mean of each class, created by [`per_class`](BoxOverlap::per_class).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct BoxOverlapPerClass<O: Overlap>(BoxOverlap<O>);

/// The value of [`BoxOverlapPerClass`].
#[derive(Debug, Clone, PartialEq)]
pub struct ClassOverlaps {
    /// The mean over all pairs.
    pub mean: f64,
    /// The mean over the pairs of each label, in ascending order. The mean of a class without pairs is 0.
    pub classes: Vec<(i64, f64)>,
}

impl Value for ClassOverlaps {
    fn entries(&self) -> Vec<(String, f64)> {
        let classes = self.classes.iter();
        let classes = classes.map(|(label, mean)| (format!("class {label}"), *mean));
        std::iter::once(("mean".to_owned(), self.mean))
            .chain(classes)
            .collect()
    }

    /// The mean over all pairs.
    fn scalar(&self) -> Option<f64> {
        Some(self.mean)
    }
}

impl<O: Overlap> Metric for BoxOverlapPerClass<O> {
    type Statistic = BoxPairs<O>;
    type Value = ClassOverlaps;

    fn statistic(&self) -> &BoxPairs<O> {
        self.0.statistic()
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<ClassOverlaps> {
        self.0.check(table)?;
        Ok(ClassOverlaps {
            mean: table.all().mean(),
            classes: table
                .classes
                .iter()
                .map(|class| (class.label, class.mean()))
                .collect(),
        })
    }

    fn meta(&self) -> Meta {
        self.0.meta().with("per class")
    }
}

/// The total of [`BoxPairs`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OverlapTable {
    images: u64,
    /// By ascending label.
    classes: Vec<ClassSum>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct ClassSum {
    label: i64,
    #[serde(with = "number")]
    sum: f64,
    /// The number of pairs, or in a replicate of a bootstrap the sum of their weights.
    pairs: u64,
}

impl ClassSum {
    fn mean(&self) -> f64 {
        if self.pairs == 0 {
            0.0
        } else {
            self.sum / self.pairs as f64
        }
    }

    fn add(&mut self, sum: f64, pairs: u64) {
        self.sum += sum;
        self.pairs = self.pairs.saturating_add(pairs);
    }
}

impl OverlapTable {
    fn all(&self) -> ClassSum {
        let mut all = ClassSum::default();
        self.classes
            .iter()
            .for_each(|class| all.add(class.sum, class.pairs));
        all
    }

    fn of(images: u64, classes: BTreeMap<i64, ClassSum>) -> Self {
        Self {
            images,
            classes: classes.into_values().collect(),
        }
    }

    /// Adds another table `times` times.
    fn add_times(&mut self, other: &Self, times: u64) {
        self.images = self
            .images
            .saturating_add(other.images.saturating_mul(times));
        for class in &other.classes {
            let (sum, pairs) = (class.sum * times as f64, class.pairs.saturating_mul(times));
            match self
                .classes
                .binary_search_by_key(&class.label, |own| own.label)
            {
                Ok(at) => self.classes[at].add(sum, pairs),
                Err(at) => self.classes.insert(
                    at,
                    ClassSum {
                        sum,
                        pairs,
                        ..*class
                    },
                ),
            }
        }
    }
}

impl<O: Overlap> BoxPairs<O> {
    fn check(&self) -> Result<()> {
        let Some(threshold) = self.threshold else {
            return Ok(());
        };
        MetricError::check_option("threshold", threshold, !threshold.is_nan(), "a number")
    }

    fn image(&self, image: &Image) -> OverlapTable {
        let mut classes: BTreeMap<i64, ClassSum> = BTreeMap::new();
        let mut add = |label: i64, sum: f64, pairs: u64| {
            let class = classes.entry(label).or_insert(ClassSum {
                label,
                ..ClassSum::default()
            });
            class.add(sum, pairs);
        };
        let (found, truth) = (&image.found, &image.truth);
        // Every class that occurs is in the table.
        let alone = found.labels.is_empty() || truth.labels.is_empty();
        for label in found.labels.iter().chain(&truth.labels) {
            add(*label, 0.0, u64::from(alone));
        }
        let (Outlines::Boxes(a), Outlines::Boxes(b)) = (&found.outlines, &truth.outlines) else {
            return OverlapTable::of(1, classes);
        };
        let edges = |boxes: &[[f64; 4]]| -> Vec<[f64; 4]> {
            boxes
                .iter()
                .map(|[x, y, w, h]| [*x, *y, x + w, y + h])
                .collect()
        };
        let (a, b) = (edges(a), edges(b));
        for (true_box, true_label) in b.iter().zip(&truth.labels) {
            for (found_box, found_label) in a.iter().zip(&found.labels) {
                if !self.any_label && found_label != true_label {
                    continue;
                }
                let overlap = O::of(found_box, true_box);
                if self.threshold.is_none_or(|threshold| overlap >= threshold) {
                    add(*true_label, overlap, 1);
                }
            }
        }
        OverlapTable::of(1, classes)
    }

    /// The table of each image.
    fn images(&self, images: &[Image]) -> Vec<OverlapTable> {
        let images = images.par_iter().with_min_len(16);
        images.map(|image| self.image(image)).collect()
    }
}

/// The sum of tables.
fn total(tables: &[OverlapTable]) -> OverlapTable {
    let mut total = OverlapTable::default();
    tables.iter().for_each(|table| total.add_times(table, 1));
    total
}

impl<O: Overlap> Statistic for BoxPairs<O> {
    type Input = DetectionInput;
    type State = Deferred<ImageTotal<OverlapTable>>;

    fn update(&self, state: &mut Self::State, input: DetectionInput) -> Result<()> {
        self.check()?;
        let pairs = self.clone();
        let tables = input.unread(&Similarity::Boxes, false, move |images| {
            total(&pairs.images(&images))
        });
        state.add_result(tables?)
    }
}

/// Images are measured once, and replicates repeat them.
impl<O: Overlap> Resample for BoxPairs<O> {
    type Outcomes = NoOutcomes;
    type Batch = Vec<OverlapTable>;

    fn prepare(&self, input: DetectionInput) -> Result<Vec<OverlapTable>> {
        self.check()?;
        let pairs = self.clone();
        input.read_now(&Similarity::Boxes, false, move |images| {
            pairs.images(&images)
        })
    }

    fn update_drawn(
        &self,
        state: &mut Self::State,
        batch: &Vec<OverlapTable>,
        draw: &Draw,
    ) -> Result<()> {
        let times = draw
            .times(batch.len())
            .unwrap_or_else(|| vec![1.0; batch.len()]);
        for (table, times) in batch.iter().zip(times) {
            if times > 0.0 {
                state.total_mut().table.add_times(table, times as u64);
            }
        }
        Ok(())
    }
}

impl ImageTable for OverlapTable {
    fn append(&mut self, other: Self) {
        self.add_times(&other, 1);
    }

    fn is_consistent(&self) -> bool {
        self.classes
            .windows(2)
            .all(|pair| pair[0].label < pair[1].label)
    }
}
