use std::borrow::Cow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    AreaRange, DetectionMatches, DetectionScores, MatchTable, ScoresOfClass, Similarity,
    curve::{RankedClass, mean, ranked_classes},
    matches::{Classes, POOLED, Thresholds},
};
use crate::{Bounds, Meta, Metric, MetricError, Result, Total};

/// The mean average precision of detected objects, as COCO defines it.
///
/// A detection is right if it is assigned to a true object of its class whose overlap reaches a threshold. For each
/// class and threshold, the precision is averaged over 101 thresholds of recall; the mean over the classes and over ten
/// thresholds of overlap, 0.5 to 0.95, is the value `map`. See [`DetectionScores`] for the other numbers of the value.
///
/// Options: [`iou_thresholds`](Self::iou_thresholds), [`recall_thresholds`](Self::recall_thresholds),
/// [`max_detections`](Self::max_detections), [`micro`](Self::micro), [`class_metrics`](Self::class_metrics). Boxes are
/// compared by default; [`masks`](Self::masks), [`keypoints`](Self::keypoints) and
/// [`rotated_boxes`](Self::rotated_boxes) create metrics of the other forms. For several forms, add a metric of each to
/// a [`Collection`](crate::Collection). Inputs: [`DetectionInput`](super::DetectionInput).
///
/// Images are matched in the updates. By default, a state has 18 bytes per detection, 32 per class of an image and 8
/// per image, and no boxes. Images without detections, without objects, or without both count. A number for which there
/// is no true object, such as `map_large` without large objects, is NaN.
///
/// Errors: [`MetricError::Sample`], which names the image, for boxes that are not finite or have a negative size,
/// scores that are NaN or missing, and lists of different lengths. On GPUs the values of boxes and scores are checked
/// when they are read; `compute` then returns [`MetricError::Values`]. [`MetricError::Undefined`] if no image has an
/// object.
///
/// # When to use
///
/// It is the standard measure of detectors. It depends only on the order of the scores, and rewards detections with low
/// scores, so it says nothing about a detector at the threshold at which it is used. For that, use
/// [`DetectionF1`](super::DetectionF1). It is noisy if there are few images: report an interval with
/// [`bootstrap`](crate::MetricExt::bootstrap), which draws images. If `map` is only slightly better, compare `map_50`
/// and `map_75` to see whether more objects are found or boxes fit better.
///
/// Source: pycocotools 2.0.11, with which it agrees on every number, equal scores included; TorchMetrics'
/// `MeanAveragePrecision` calls it. TorchMetrics and pycocotools report -1 for `map` unless 100 is one of the maximum
/// numbers of detections. Here `map` is computed for the largest number.
///
/// # Example
///
/// ```
/// use burn_metrics::detection::{Detections, GroundTruth};
/// use burn_metrics::prelude::*;
///
/// let found = Detections::new([[258.0, 41.0, 606.0, 285.0]], [0.536], [0]);
/// let truth = GroundTruth::new([[214.0, 41.0, 562.0, 285.0]], [0]);
/// let scores = MeanAveragePrecision::new().evaluate((found, truth))?;
/// assert!((scores.map - 0.6).abs() < 1e-12);
/// assert!((scores.map_50 - 1.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "mAP")]
#[doc(alias = "COCO")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeanAveragePrecision {
    matches: DetectionMatches,
    recall_thresholds: Thresholds,
    max_detections: Vec<usize>,
    class_metrics: bool,
}

/// The ranges of areas of COCO: all, small, medium and large.
fn coco_areas() -> Vec<AreaRange> {
    vec![
        AreaRange::new("all", 0.0, 1e10),
        AreaRange::new("small", 0.0, 1024.0),
        AreaRange::new("medium", 1024.0, 9216.0),
        AreaRange::new("large", 9216.0, 1e10),
    ]
}

impl Default for MeanAveragePrecision {
    fn default() -> Self {
        Self::new()
    }
}

impl MeanAveragePrecision {
    /// Creates the metric of boxes.
    pub fn new() -> Self {
        Self::of(Similarity::Boxes)
    }

    /// Creates the metric of masks.
    pub fn masks() -> Self {
        Self::of(Similarity::Masks)
    }

    /// Creates the metric of keypoints, with the standard deviation of each keypoint relative to the size of an object,
    /// such as [`COCO_PERSON_SIGMAS`](super::COCO_PERSON_SIGMAS). It considers 20 detections per image.
    pub fn keypoints(sigmas: impl Into<Vec<f64>>) -> Self {
        let sigmas = Cow::Owned(sigmas.into());
        Self::of(Similarity::Keypoints { sigmas }).max_detections([20])
    }

    /// Creates the metric of rotated boxes.
    pub fn rotated_boxes() -> Self {
        Self::of(Similarity::RotatedBoxes)
    }

    fn of(similarity: Similarity) -> Self {
        let matches = DetectionMatches {
            similarity,
            thresholds: Thresholds::Coco,
            areas: coco_areas(),
            max_detections: 100,
            max_per_image: None,
            classes: Classes::Separate,
        };
        Self {
            matches,
            recall_thresholds: Thresholds::Coco,
            max_detections: vec![1, 10, 100],
            class_metrics: false,
        }
    }

    /// Sets the thresholds of the overlap, by default 0.5, 0.55, ..., 0.95.
    pub fn iou_thresholds(mut self, thresholds: impl Into<Vec<f64>>) -> Self {
        self.matches.thresholds = Thresholds::These(thresholds.into());
        self
    }

    /// Sets the thresholds of recall in ascending order, by default 0, 0.01, ..., 1.
    pub fn recall_thresholds(mut self, thresholds: impl Into<Vec<f64>>) -> Self {
        self.recall_thresholds = Thresholds::These(thresholds.into());
        self
    }

    /// Sets the numbers of detections, per class and image, for which recall is computed, by default 1, 10 and 100.
    /// Everything else is computed for the largest.
    pub fn max_detections(mut self, numbers: impl Into<Vec<usize>>) -> Self {
        self.max_detections = numbers.into();
        self.max_detections.sort_unstable();
        self.matches.max_detections = self.max_detections.last().copied().unwrap_or(0);
        self
    }

    /// Matches detections with objects of any class, and ranks all detections together: the average precision of a
    /// detector that does not have to distinguish classes.
    pub fn micro(mut self) -> Self {
        self.matches.classes = match self.class_metrics {
            true => Classes::Both,
            false => Classes::Pooled,
        };
        self
    }

    /// Adds the scores of each class.
    pub fn class_metrics(mut self) -> Self {
        self.class_metrics = true;
        if self.matches.classes == Classes::Pooled {
            self.matches.classes = Classes::Both;
        }
        self
    }

    /// Considers only this number of detections of each image, of all classes together.
    pub(super) fn max_per_image(mut self, number: usize) -> Self {
        self.matches.max_per_image = Some(number);
        self
    }

    /// Returns the precision, the recall and the score at every threshold instead of means of them.
    pub fn extended_summary(self) -> super::ExtendedSummary {
        super::ExtendedSummary::of(self)
    }

    pub(super) fn matches(&self) -> &DetectionMatches {
        &self.matches
    }

    pub(super) fn axes(&self) -> (Cow<'_, [f64]>, &[usize]) {
        (self.recall_thresholds.of_recall(), &self.max_detections)
    }

    fn is_micro(&self) -> bool {
        self.matches.classes != Classes::Separate
    }

    /// Checks the options and that there is an object, and ranks the detections of each class.
    pub(super) fn ranked(&self, table: &MatchTable) -> Result<Vec<RankedClass>> {
        self.matches.check()?;
        let recalls = self.recall_thresholds.of_recall();
        let is_ascending = recalls.windows(2).all(|pair| pair[0] <= pair[1]);
        MetricError::check_option(
            "recall_thresholds",
            format!("{recalls:?}"),
            !recalls.is_empty() && is_ascending && !recalls.iter().any(|recall| recall.is_nan()),
            "one or more numbers in ascending order",
        )?;
        // A description can set one without the other.
        let most = self.matches.max_detections;
        MetricError::check_option(
            "max_detections",
            format!("{:?}", self.max_detections),
            self.max_detections.is_sorted() && self.max_detections.last() == Some(&most),
            format!("numbers in ascending order, up to {most} as in `matches`"),
        )?;
        let areas = self.matches.areas.len();
        MetricError::check_option("areas", areas, areas == 4, "all, small, medium and large")?;
        if table.images() == 0 {
            return Err(MetricError::empty(self.name()));
        }
        let classes = ranked_classes(table);
        match classes
            .iter()
            .any(|class| class.truths.iter().any(|n| *n > 0))
        {
            true => Ok(classes),
            false => Err(MetricError::Undefined {
                metric: self.name().into_owned(),
                expected: "at least one object that is not a crowd",
                got: format!("none in {} images", table.images()),
            }),
        }
    }
}

/// For each range of areas, the precision of each threshold of overlap, averaged over recall, and the recall.
struct Summary {
    label: i64,
    truths: u64,
    /// `[areas]` of `[thresholds]`, empty without objects.
    precision: Vec<Vec<f64>>,
    recall: Vec<Vec<f64>>,
    /// For each maximum number of detections, the recall of each threshold.
    recall_at: Vec<Vec<f64>>,
}

impl MeanAveragePrecision {
    fn summary(&self, table: &MatchTable, class: &RankedClass) -> Summary {
        let [thresholds, areas] = table.layout();
        let recalls = self.recall_thresholds.of_recall();
        let mut summary = Summary {
            label: class.label,
            truths: class.truths[0],
            precision: vec![Vec::new(); areas],
            recall: vec![Vec::new(); areas],
            recall_at: vec![Vec::new(); self.max_detections.len()],
        };
        for area in (0..areas).filter(|area| class.truths[*area] > 0) {
            for t in 0..thresholds {
                let max = self.matches.max_detections;
                let curve = class.curve(table, [area, t], max, &recalls);
                summary.precision[area].push(mean(curve.precision.into_iter()));
                summary.recall[area].push(curve.recall);
            }
        }
        if class.truths[0] > 0 {
            for (recall, max) in summary.recall_at.iter_mut().zip(&self.max_detections) {
                recall.extend((0..thresholds).map(|t| class.recall(table, [0, t], *max)));
            }
        }
        summary
    }
}

impl Metric for MeanAveragePrecision {
    type Statistic = DetectionMatches;
    type Value = DetectionScores;

    fn statistic(&self) -> &DetectionMatches {
        &self.matches
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<DetectionScores> {
        let classes = self.ranked(table)?;
        let summaries = classes.par_iter().map(|class| self.summary(table, class));
        let (pooled, separate): (Vec<_>, Vec<_>) = summaries
            .collect::<Vec<_>>()
            .into_iter()
            .partition(|summary| self.is_micro() && summary.label == POOLED);
        let counted = if self.is_micro() { &pooled } else { &separate };
        let over = |of: &dyn Fn(&Summary) -> &[f64]| mean(counted.iter().flat_map(of).copied());
        let at = |threshold: f64| {
            let thresholds = self.matches.thresholds.of_overlap();
            let place = thresholds.iter().position(|t| (t - threshold).abs() < 1e-9);
            place.map_or(f64::NAN, |t| {
                mean(
                    counted
                        .iter()
                        .filter_map(|summary| summary.precision[0].get(t).copied()),
                )
            })
        };
        let precision = |area: usize| over(&|summary| &summary.precision[area]);
        let recall = |area: usize| over(&|summary| &summary.recall[area]);
        let maxima = self.max_detections.iter().enumerate();
        let of_class = |summary: &Summary| ScoresOfClass {
            label: summary.label,
            objects: summary.truths,
            map: mean(summary.precision[0].iter().copied()),
            mar: mean(summary.recall[0].iter().copied()),
        };
        Ok(DetectionScores {
            map: precision(0),
            map_50: at(0.5),
            map_75: at(0.75),
            map_small: precision(1),
            map_medium: precision(2),
            map_large: precision(3),
            mar: maxima
                .map(|(m, max)| (*max, over(&|summary| &summary.recall_at[m])))
                .collect(),
            mar_small: recall(1),
            mar_medium: recall(2),
            mar_large: recall(3),
            classes: self
                .class_metrics
                .then(|| separate.iter().map(of_class).collect()),
        })
    }

    fn meta(&self) -> Meta {
        let name = match &self.matches.similarity {
            Similarity::Boxes => Meta::new("mAP"),
            Similarity::Masks => Meta::new("mAP (masks)"),
            Similarity::Keypoints { .. } => Meta::new("mAP (keypoints)"),
            Similarity::RotatedBoxes => Meta::new("mAP (rotated boxes)"),
        };
        let listed = |name: &str, numbers: &[f64]| {
            let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
            format!("{name} {}", numbers.join(", "))
        };
        let mut meta = name.higher_is_better().within(Bounds::UNIT);
        if let Thresholds::These(thresholds) = &self.matches.thresholds {
            meta = meta.with(listed("IoU", thresholds));
        }
        if let Thresholds::These(thresholds) = &self.recall_thresholds {
            meta = meta.with(format!("{} recalls", thresholds.len()));
        }
        let usual = match self.matches.similarity {
            Similarity::Keypoints { .. } => vec![20],
            _ => vec![1, 10, 100],
        };
        if self.max_detections != usual {
            let numbers: Vec<String> = self.max_detections.iter().map(usize::to_string).collect();
            meta = meta.with(format!("up to {} detections", numbers.join(", ")));
        }
        meta.with_if(self.is_micro(), "micro")
            .with_if(self.class_metrics, "per class")
    }
}
