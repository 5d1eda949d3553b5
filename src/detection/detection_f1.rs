use serde::{Deserialize, Serialize};

use super::{
    AreaRange, DetectionMatches, MatchTable, Similarity,
    curve::{RankedClass, ranked_classes},
    match_table::{IGNORED, MATCHED},
    matches::{Classes, Thresholds},
};
use crate::{Bounds, Meta, Metric, MetricError, Result, Total, Value};

/// The best F1 score of a detector over all thresholds of its scores, and the threshold that reaches it.
///
/// At a threshold, only the detections with at least this score count. They are right if they match a true object of
/// their class with an overlap of at least 0.5. `F1 = 2 TP / (2 TP + FP + FN)`, over the detections of all classes, and
/// of each class on its own. If several thresholds have the same F1, the highest is returned. The best 100 detections
/// per class and image are considered.
///
/// Options: [`iou_threshold`](Self::iou_threshold), [`masks`](Self::masks). Inputs and errors: as of
/// [`MeanAveragePrecision`](super::MeanAveragePrecision).
///
/// # When to use
///
/// Use it to choose the threshold at which a detector is used, and to compare detectors as they are used. Choose the
/// threshold on other data than you report the score for. Look at the thresholds of the classes: if they differ a lot,
/// a single threshold for all classes costs precision or recall.
///
/// # Example
///
/// ```
/// use burn_metrics::detection::{DetectionF1, Detections, GroundTruth};
/// use burn_metrics::prelude::*;
///
/// let boxes = [[0.0, 0.0, 50.0, 50.0], [60.0, 60.0, 90.0, 90.0]];
/// let found = Detections::new(boxes, [0.9, 0.3], [1, 1]);
/// let truth = GroundTruth::new([[0.0, 0.0, 50.0, 50.0]], [1]);
/// let best = DetectionF1::new().evaluate((found, truth))?.best;
/// assert_eq!((best.f1, best.threshold), (1.0, 0.9));
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DetectionF1 {
    matches: DetectionMatches,
}

impl Default for DetectionF1 {
    fn default() -> Self {
        Self::new()
    }
}

impl DetectionF1 {
    /// Creates the metric of boxes.
    pub fn new() -> Self {
        Self::of(Similarity::Boxes)
    }

    /// Creates the metric of masks.
    pub fn masks() -> Self {
        Self::of(Similarity::Masks)
    }

    fn of(similarity: Similarity) -> Self {
        let matches = DetectionMatches {
            similarity,
            thresholds: Thresholds::These(vec![0.5]),
            areas: vec![AreaRange::new("all", 0.0, f64::INFINITY)],
            max_detections: 100,
            max_per_image: None,
            classes: Classes::Separate,
        };
        Self { matches }
    }

    /// Sets the overlap that a detection needs.
    pub fn iou_threshold(mut self, threshold: f64) -> Self {
        self.matches.thresholds = Thresholds::These(vec![threshold]);
        self
    }
}

/// The value of [`DetectionF1`].
#[derive(Debug, Clone, PartialEq)]
pub struct BestF1 {
    /// The best point over the detections of all classes.
    pub best: F1Point,
    /// The best point of each class that has objects, by ascending label.
    pub classes: Vec<(i64, F1Point)>,
    /// The points of all thresholds, by descending threshold.
    pub curve: Vec<F1Point>,
}

/// The scores of the detections with at least a certain score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct F1Point {
    /// The minimum score of a detection. It is NaN for the best point if no detection is right.
    pub threshold: f64,
    /// The F1 score.
    pub f1: f64,
    /// The share of the detections that are right, or 0 without any.
    pub precision: f64,
    /// The share of the objects that were found.
    pub recall: f64,
}

impl Value for BestF1 {
    fn entries(&self) -> Vec<(String, f64)> {
        let F1Point {
            threshold,
            f1,
            precision,
            recall,
        } = self.best;
        let best = [
            ("f1", f1),
            ("threshold", threshold),
            ("precision", precision),
            ("recall", recall),
        ];
        let mut entries: Vec<_> = best
            .into_iter()
            .map(|(name, number)| (name.to_owned(), number))
            .collect();
        for (label, best) in &self.classes {
            entries.push((format!("f1/{label}"), best.f1));
            entries.push((format!("threshold/{label}"), best.threshold));
        }
        entries
    }

    /// The best F1.
    fn scalar(&self) -> Option<f64> {
        Some(self.best.f1)
    }
}

/// The points of all thresholds, given the score of each detection that counts and whether it is right.
fn curve(mut detections: Vec<(f64, bool)>, objects: u64) -> Vec<F1Point> {
    detections.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut points) = (0u64, Vec::new());
    for (i, (score, is_right)) in detections.iter().enumerate() {
        right += u64::from(*is_right);
        if detections.get(i + 1).is_some_and(|next| next.0 == *score) {
            continue;
        }
        let found = i as f64 + 1.0;
        points.push(F1Point {
            threshold: *score,
            f1: 2.0 * right as f64 / (found + objects as f64),
            precision: right as f64 / found,
            recall: right as f64 / objects as f64,
        });
    }
    points
}

/// The best point of a curve.
fn best(curve: &[F1Point]) -> F1Point {
    let none = F1Point {
        threshold: f64::NAN,
        f1: 0.0,
        precision: 0.0,
        recall: 0.0,
    };
    curve.iter().fold(
        none,
        |best, point| if point.f1 > best.f1 { *point } else { best },
    )
}

/// The score of each detection of a class that counts, and whether it is right.
fn counted(table: &MatchTable, class: &RankedClass) -> Vec<(f64, bool)> {
    let flags = |detection: u32| table.flags(table.stride(), detection as usize, 0);
    let detections = class.detections.iter().map(|(detection, _)| *detection);
    let counted = detections.filter(|detection| flags(*detection) & IGNORED == 0);
    counted
        .map(|detection| {
            (
                table.scores()[detection as usize],
                flags(detection) == MATCHED,
            )
        })
        .collect()
}

impl Metric for DetectionF1 {
    type Statistic = DetectionMatches;
    type Value = BestF1;

    fn statistic(&self) -> &DetectionMatches {
        &self.matches
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<BestF1> {
        self.matches.check()?;
        if table.images() == 0 {
            return Err(MetricError::empty(self.name()));
        }
        let classes = ranked_classes(table);
        let objects: u64 = classes.iter().map(|class| class.truths[0]).sum();
        if objects == 0 {
            return Err(MetricError::Undefined {
                metric: self.name().into_owned(),
                expected: "at least one object that is not a crowd",
                got: format!("none in {} images", table.images()),
            });
        }
        let with_objects = classes.iter().filter(|class| class.truths[0] > 0);
        let of_class = |class: &RankedClass| {
            (
                class.label,
                best(&curve(counted(table, class), class.truths[0])),
            )
        };
        let all = classes.iter().flat_map(|class| counted(table, class));
        let curve = curve(all.collect(), objects);
        Ok(BestF1 {
            best: best(&curve),
            classes: with_objects.map(of_class).collect(),
            curve,
        })
    }

    fn meta(&self) -> Meta {
        let meta = Meta::new("Detection F1")
            .higher_is_better()
            .within(Bounds::UNIT);
        let meta = meta.with_if(self.matches.similarity == Similarity::Masks, "masks");
        match self.matches.thresholds.of_overlap()[..] {
            [threshold] if threshold != 0.5 => meta.with(format!("IoU {threshold}")),
            _ => meta,
        }
    }
}
