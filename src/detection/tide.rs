use serde::{Deserialize, Serialize};

use super::{Similarity, tide_table::ERRORS};
use crate::{Bounds, Meta, Metric, MetricError, Result, Total, Value};

/// The average precision that a detector loses to each kind of error: TIDE.
///
/// A detection is right if it is assigned to a true object of its class with an overlap of at least 0.5. Every other
/// detection is an error of one kind. For each kind, the value says how much the mean average precision at this
/// threshold rises if all its errors are corrected:
///
/// * *classification*: it would be right for an object of another class. Corrected, it has that class.
/// * *localization*: it overlaps an object of its class by 0.1 to 0.5. Corrected, it has that object's box.
/// * *duplicate*: its object is taken by a detection with a better score. Corrected, it is removed.
/// * *background*: it overlaps no object by more than 0.1. Corrected, it is removed.
/// * *both*: any other error, mostly of a wrong class and badly localized. Corrected, it is removed.
/// * *missed*: an object that no correction of a detection finds. Corrected, it is not counted.
///
/// If several detections could be corrected to the same object, the one with the best score is corrected and the others
/// are removed. The numbers do not add up to `1 - map`, because corrections depend on each other.
///
/// Options: [`masks`](Self::masks), [`iou_threshold`](Self::iou_threshold),
/// [`background_threshold`](Self::background_threshold). Up to 100 detections of an image are considered, of all
/// classes together. Among detections of equal score, wrong ones are ranked first. Inputs and errors: as of
/// [`MeanAveragePrecision`](super::MeanAveragePrecision).
///
/// # When to use
///
/// Use it to find out what to improve: the classes, the boxes, or the number of objects found. Like the average
/// precision, the numbers depend on the scores: background errors with low scores cost little.
///
/// Source: Bolya et al., TIDE (2020); tidecv 1.0.1. There the numbers are percentages, and a class with detections but
/// without objects has an average precision of 0. Here it is left out.
///
/// # Example
///
/// ```
/// use burn_metrics::detection::{Detections, GroundTruth, Tide};
/// use burn_metrics::prelude::*;
///
/// // One box is in the right place, but has the wrong class.
/// let found = Detections::new([[0.0, 0.0, 50.0, 50.0], [60.0, 60.0, 90.0, 90.0]], [0.9, 0.8], [1, 2]);
/// let truth = GroundTruth::new([[0.0, 0.0, 50.0, 50.0], [60.0, 60.0, 90.0, 90.0]], [1, 1]);
/// let errors = Tide::new().evaluate((found, truth))?;
/// assert!((errors.map - 51.0 / 101.0).abs() < 1e-12);
/// assert!((errors.classification - 50.0 / 101.0).abs() < 1e-12);
/// assert_eq!(errors.background, 0.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "error analysis")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tide {
    pub(super) similarity: Similarity,
    pub(super) iou_threshold: f64,
    pub(super) background_threshold: f64,
}

impl Default for Tide {
    fn default() -> Self {
        Self::new()
    }
}

impl Tide {
    /// Creates the metric of boxes.
    pub fn new() -> Self {
        Self {
            similarity: Similarity::Boxes,
            iou_threshold: 0.5,
            background_threshold: 0.1,
        }
    }

    /// Creates the metric of masks.
    pub fn masks() -> Self {
        Self {
            similarity: Similarity::Masks,
            ..Self::new()
        }
    }

    /// Sets the overlap that a detection needs to be right.
    pub fn iou_threshold(mut self, threshold: f64) -> Self {
        self.iou_threshold = threshold;
        self
    }

    /// Sets the overlap up to which a detection is an error of the background.
    pub fn background_threshold(mut self, threshold: f64) -> Self {
        self.background_threshold = threshold;
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        let threshold = self.iou_threshold;
        let positive = threshold > 0.0 && threshold <= 1.0;
        MetricError::check_option("iou_threshold", threshold, positive, "above 0 and up to 1")?;
        let background = self.background_threshold;
        let below = (0.0..=threshold).contains(&background);
        let expected = format!("from 0 to {threshold}, the threshold of the overlap");
        MetricError::check_option("background_threshold", background, below, expected)
    }
}

/// The value of [`Tide`]: the rise of the average precision if all errors of a kind were corrected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TideErrors {
    /// The mean average precision as it is.
    pub map: f64,
    /// Detections of a wrong class.
    pub classification: f64,
    /// Detections that are badly localized.
    pub localization: f64,
    /// Detections of a wrong class that are badly localized as well.
    pub both: f64,
    /// Detections of an object that was found already.
    pub duplicate: f64,
    /// Detections where there is no object.
    pub background: f64,
    /// Objects that were not found.
    pub missed: f64,
    /// All wrong detections, if they had the lowest scores.
    pub false_positives: f64,
    /// All objects that were not found, whether another correction would find them or not.
    pub false_negatives: f64,
}

impl Value for TideErrors {
    fn entries(&self) -> Vec<(String, f64)> {
        let entries = [
            ("map", self.map),
            ("classification", self.classification),
            ("localization", self.localization),
            ("both", self.both),
            ("duplicate", self.duplicate),
            ("background", self.background),
            ("missed", self.missed),
            ("false_positives", self.false_positives),
            ("false_negatives", self.false_negatives),
        ];
        entries
            .map(|(name, number)| (name.to_owned(), number))
            .into()
    }
}

impl Metric for Tide {
    type Statistic = Self;
    type Value = TideErrors;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<TideErrors> {
        self.check()?;
        if table.images == 0 {
            return Err(MetricError::empty(self.name()));
        }
        if table.objects.is_empty() {
            return Err(MetricError::Undefined {
                metric: self.name().into_owned(),
                expected: "at least one object that is not a crowd",
                got: format!("none in {} images", table.images),
            });
        }
        let all = |counts: &[u64; 3]| counts[0];
        let map = table.map(None, false, all);
        let rise = |corrected: f64| (corrected - map).max(0.0);
        let [classification, localization, both, duplicate, background] =
            ERRORS.map(|kind| rise(table.map(Some(kind), false, all)));
        let without = |lost: usize| {
            rise(table.map(None, false, |counts| counts[0].saturating_sub(counts[lost])))
        };
        Ok(TideErrors {
            map,
            classification,
            localization,
            both,
            duplicate,
            background,
            missed: without(2),
            false_positives: table.map(None, true, all) - map,
            false_negatives: without(1),
        })
    }

    fn meta(&self) -> Meta {
        Meta::new("TIDE")
            .within(Bounds::UNIT)
            .with_if(self.similarity == Similarity::Masks, "masks")
            .with_if(
                self.iou_threshold != 0.5,
                &format!("IoU {}", self.iou_threshold),
            )
            .with_if(
                self.background_threshold != 0.1,
                &format!("background {}", self.background_threshold),
            )
    }
}
