use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    AreaRange, DetectionMatches, MeanAveragePrecision,
    curve::RankedClass,
    matches::{Classes, POOLED},
};
use crate::{Meta, Metric, Result, Total, Value};

/// The precision, recall and score at every threshold, class, range of areas and maximum number of detections, which
/// [`MeanAveragePrecision`] averages. It is created by [`extended_summary`](MeanAveragePrecision::extended_summary),
/// and shares the statistic with it.
///
/// # When to use
///
/// Use it to draw curves of precision over recall, and to compute other averages. TorchMetrics' extended summary also
/// has the overlaps of all pairs; here they are not kept, and [`box_iou`](super::box_iou) computes those of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExtendedSummary(MeanAveragePrecision);

/// The value of [`ExtendedSummary`]: arrays with named axes.
///
/// A number is NaN if the class has no object in the range of areas.
#[derive(Debug, Clone, PartialEq)]
pub struct PrecisionArrays {
    /// The axis of thresholds of overlap.
    pub iou_thresholds: Vec<f64>,
    /// The axis of thresholds of recall.
    pub recall_thresholds: Vec<f64>,
    /// The axis of classes: labels in ascending order. With the option `micro` there is one class, 0.
    pub classes: Vec<i64>,
    /// The axis of ranges of areas.
    pub areas: Vec<AreaRange>,
    /// The axis of maximum numbers of detections.
    pub max_detections: Vec<usize>,
    /// The precisions, `[iou_thresholds, recall_thresholds, classes, areas, max_detections]` in row-major order.
    pub precision: Vec<f64>,
    /// The scores at which a recall is reached, with the axes of the precisions.
    pub scores: Vec<f64>,
    /// The recalls, `[iou_thresholds, classes, areas, max_detections]` in row-major order.
    pub recall: Vec<f64>,
}

impl PrecisionArrays {
    fn at(&self, [t, k, a, m]: [usize; 4]) -> usize {
        ((t * self.classes.len() + k) * self.areas.len() + a) * self.max_detections.len() + m
    }

    fn place(&self, [t, r, k, a, m]: [usize; 5]) -> usize {
        self.at([t * self.recall_thresholds.len() + r, k, a, m])
    }

    /// The precision at an index of each axis: overlap, recall, class, area, maximum number of detections.
    ///
    /// # Panics
    ///
    /// If an index is out of range.
    pub fn precision_at(&self, place: [usize; 5]) -> f64 {
        self.precision[self.place(place)]
    }

    /// The score at an index of each axis.
    ///
    /// # Panics
    ///
    /// If an index is out of range.
    pub fn score_at(&self, place: [usize; 5]) -> f64 {
        self.scores[self.place(place)]
    }

    /// The recall at an index of each axis but that of the recall.
    ///
    /// # Panics
    ///
    /// If an index is out of range.
    pub fn recall_at(&self, place: [usize; 4]) -> f64 {
        self.recall[self.at(place)]
    }
}

/// All precisions, recalls and scores, by the names of the arrays and their indices.
impl Value for PrecisionArrays {
    fn entries(&self) -> Vec<(String, f64)> {
        let arrays = [
            ("precision", &self.precision),
            ("recall", &self.recall),
            ("scores", &self.scores),
        ];
        let arrays = arrays.into_iter().flat_map(|(name, numbers)| {
            let numbers = numbers.iter().enumerate();
            numbers.map(move |(i, number)| (format!("{name}/{i}"), *number))
        });
        arrays.collect()
    }

    fn report(&self) -> String {
        format!(
            "precision over recall at {} overlaps, of {} classes, {} ranges of areas and {} numbers of detections",
            self.iou_thresholds.len(),
            self.classes.len(),
            self.areas.len(),
            self.max_detections.len(),
        )
    }
}

impl ExtendedSummary {
    pub(super) fn of(metric: MeanAveragePrecision) -> Self {
        Self(metric)
    }
}

impl Metric for ExtendedSummary {
    type Statistic = DetectionMatches;
    type Value = PrecisionArrays;

    fn statistic(&self) -> &DetectionMatches {
        self.0.matches()
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<PrecisionArrays> {
        let matches = self.0.matches();
        let pooled = matches.classes != Classes::Separate;
        let mut classes = self.0.ranked(table)?;
        classes.retain(|class| !pooled || class.label == POOLED);
        let (recalls, maxima) = self.0.axes();
        let recalls = recalls.as_ref();
        let thresholds = matches.thresholds.of_overlap();
        let label = |class: &RankedClass| if pooled { 0 } else { class.label };
        let mut arrays = PrecisionArrays {
            iou_thresholds: thresholds.to_vec(),
            recall_thresholds: recalls.to_vec(),
            classes: classes.iter().map(label).collect(),
            areas: matches.areas.clone(),
            max_detections: maxima.to_vec(),
            precision: Vec::new(),
            scores: Vec::new(),
            recall: Vec::new(),
        };
        let curves = thresholds.len() * classes.len() * matches.areas.len() * maxima.len();
        arrays.recall = vec![f64::NAN; curves];
        arrays.precision = vec![f64::NAN; curves * recalls.len()];
        arrays.scores = arrays.precision.clone();
        let places = (0..classes.len()).into_par_iter().flat_map_iter(|k| {
            let (class, areas, thresholds) = (&classes[k], matches.areas.len(), thresholds.len());
            let areas = (0..areas).filter(|a| class.truths[*a] > 0);
            areas.flat_map(move |a| {
                (0..thresholds).flat_map(move |t| {
                    maxima.iter().enumerate().map(move |(m, max)| {
                        ([t, k, a, m], class.curve(table, [a, t], *max, recalls))
                    })
                })
            })
        });
        for ([t, k, a, m], curve) in places.collect::<Vec<_>>() {
            let at = arrays.at([t, k, a, m]);
            arrays.recall[at] = curve.recall;
            for (r, (precision, score)) in curve.precision.into_iter().zip(curve.scores).enumerate()
            {
                let at = arrays.place([t, r, k, a, m]);
                (arrays.precision[at], arrays.scores[at]) = (precision, score);
            }
        }
        Ok(arrays)
    }

    fn meta(&self) -> Meta {
        let meta = self.0.meta().with("extended");
        Meta::new("").named(meta.name)
    }
}
