use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DetectionMatches, MeanAveragePrecision, Similarity, curve::mean};
use crate::{Bounds, Meta, Metric, Result, Total, Value};

/// How many training images of LVIS have an object of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Up to 10 images.
    Rare,
    /// Up to 100 images.
    Common,
    /// More than 100 images.
    Frequent,
}

/// The mean average precision of LVIS, for many classes that were not searched for in every image.
///
/// It is the [`MeanAveragePrecision`] of the best 300 detections of each image, of all classes together. The value also
/// has the means over the rare, the common and the frequent classes. Images say with
/// [`federated`](super::GroundTruth::federated) which classes were searched for: detections of other classes are not
/// counted.
///
/// Options: [`masks`](Self::masks), [`max_detections`](Self::max_detections). Inputs and errors: as of
/// [`MeanAveragePrecision`]; `CocoDataset` reads LVIS' files, with the feature `coco`.
///
/// # When to use
///
/// Use it for LVIS and other data with many classes and incomplete labels. Because detections compete across classes
/// for the 300 places of an image, scores must be comparable between classes.
///
/// Source: Gupta, Dollár and Girshick, LVIS (2019); lvis-api 0.5.3.
///
/// # Example
///
/// ```
/// use burn_metrics::detection::{Detections, Frequency, GroundTruth, LvisAveragePrecision};
/// use burn_metrics::prelude::*;
///
/// let boxes = [[0.0, 0.0, 50.0, 50.0], [60.0, 60.0, 90.0, 90.0]];
/// let found = Detections::new(boxes, [0.9, 0.8], [1, 7]);
/// // Nobody looked for class 7 in this image.
/// let truth = GroundTruth::new([[0.0, 0.0, 50.0, 50.0]], [1]).federated([2, 3], []);
/// let map = LvisAveragePrecision::new([(1, Frequency::Rare), (7, Frequency::Common)]);
/// let scores = map.evaluate((found, truth))?;
/// assert!((scores.map_rare - 1.0).abs() < 1e-12);
/// assert!(scores.map_common.is_nan());
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "LVIS")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LvisAveragePrecision {
    map: MeanAveragePrecision,
    frequencies: BTreeMap<i64, Frequency>,
}

impl LvisAveragePrecision {
    /// Creates the metric of boxes. Classes whose frequency is not given belong to no group.
    pub fn new(frequencies: impl IntoIterator<Item = (i64, Frequency)>) -> Self {
        Self::of(MeanAveragePrecision::new(), frequencies)
    }

    /// Creates the metric of masks.
    pub fn masks(frequencies: impl IntoIterator<Item = (i64, Frequency)>) -> Self {
        Self::of(MeanAveragePrecision::masks(), frequencies)
    }

    fn of(
        map: MeanAveragePrecision,
        frequencies: impl IntoIterator<Item = (i64, Frequency)>,
    ) -> Self {
        Self {
            map: map.max_detections([300]).max_per_image(300).class_metrics(),
            frequencies: frequencies.into_iter().collect(),
        }
    }

    /// Sets how many detections per image are considered, of all classes together, by default 300.
    pub fn max_detections(mut self, number: usize) -> Self {
        self.map = self.map.max_detections([number]).max_per_image(number);
        self
    }
}

/// The value of [`LvisAveragePrecision`]. A number without an object is NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LvisScores {
    /// The average precision: the mean over classes and thresholds of overlap.
    pub map: f64,
    /// The average precision at an overlap of 0.5.
    pub map_50: f64,
    /// The average precision at an overlap of 0.75.
    pub map_75: f64,
    /// The average precision of objects of up to 32 x 32 pixels.
    pub map_small: f64,
    /// The average precision of objects between 32 x 32 and 96 x 96 pixels.
    pub map_medium: f64,
    /// The average precision of objects of 96 x 96 pixels and more.
    pub map_large: f64,
    /// The average precision of rare classes.
    pub map_rare: f64,
    /// The average precision of common classes.
    pub map_common: f64,
    /// The average precision of frequent classes.
    pub map_frequent: f64,
    /// The average recall: the mean over classes and thresholds of overlap.
    pub mar: f64,
    /// The average recall of small objects.
    pub mar_small: f64,
    /// The average recall of medium objects.
    pub mar_medium: f64,
    /// The average recall of large objects.
    pub mar_large: f64,
}

impl Value for LvisScores {
    fn entries(&self) -> Vec<(String, f64)> {
        let entries = [
            ("map", self.map),
            ("map_50", self.map_50),
            ("map_75", self.map_75),
            ("map_small", self.map_small),
            ("map_medium", self.map_medium),
            ("map_large", self.map_large),
            ("map_rare", self.map_rare),
            ("map_common", self.map_common),
            ("map_frequent", self.map_frequent),
            ("mar", self.mar),
            ("mar_small", self.mar_small),
            ("mar_medium", self.mar_medium),
            ("mar_large", self.mar_large),
        ];
        entries
            .map(|(name, number)| (name.to_owned(), number))
            .into()
    }

    /// `map`.
    fn scalar(&self) -> Option<f64> {
        Some(self.map)
    }
}

impl Metric for LvisAveragePrecision {
    type Statistic = DetectionMatches;
    type Value = LvisScores;

    fn statistic(&self) -> &DetectionMatches {
        self.map.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<LvisScores> {
        let scores = self.map.compute(total)?;
        let group = |frequency: Frequency| {
            let classes = scores.classes.iter().flatten();
            let classes =
                classes.filter(|class| self.frequencies.get(&class.label) == Some(&frequency));
            mean(classes.map(|class| class.map).filter(|map| !map.is_nan()))
        };
        Ok(LvisScores {
            map: scores.map,
            map_50: scores.map_50,
            map_75: scores.map_75,
            map_small: scores.map_small,
            map_medium: scores.map_medium,
            map_large: scores.map_large,
            map_rare: group(Frequency::Rare),
            map_common: group(Frequency::Common),
            map_frequent: group(Frequency::Frequent),
            mar: scores.mar_of_all(),
            mar_small: scores.mar_small,
            mar_medium: scores.mar_medium,
            mar_large: scores.mar_large,
        })
    }

    fn meta(&self) -> Meta {
        let is_masks = self.statistic().similarity == Similarity::Masks;
        let max = self.statistic().max_detections;
        let meta = Meta::new("LVIS mAP")
            .higher_is_better()
            .within(Bounds::UNIT);
        let meta = meta.with_if(is_masks, "masks");
        meta.with_if(max != 300, &format!("up to {max} detections"))
    }
}
