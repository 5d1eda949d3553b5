use serde::{Deserialize, Serialize};

use super::panoptic_segments::{PanopticSegments, SegmentTable};
use crate::{Bounds, Meta, Metric, MetricError, Result, Total, Value};

/// The panoptic quality: how well pixels are assigned to things and stuff.
///
/// Things are countable, such as cars, and each is a segment of its own; stuff, such as sky, is one segment per image.
/// A predicted and a true segment of the same category match if their intersection over union exceeds 0.5. A segment
/// matches at most one other. For each category, `PQ = Σ IoU / (TP + FP / 2 + FN / 2)`; the value is the mean over the
/// categories that occur. The PQ of a category is the product of its segmentation quality, `SQ = Σ IoU / TP`, and its
/// recognition quality, `RQ = TP / (TP + FP / 2 + FN / 2)`.
///
/// Pixels whose true category is neither a thing nor stuff are void. They belong to no union, and a predicted segment
/// is no error if more than half of it is void.
///
/// Options: [`allow_unknown_preds`](Self::allow_unknown_preds), [`modified`](Self::modified),
/// [`detailed`](Self::detailed). Inputs: [`PanopticInput`](super::PanopticInput): integers of shape `[images, ..., 2]`,
/// the category and the instance of each pixel. Errors: [`MetricError::Shape`]; [`MetricError::Sample`] for predicted
/// categories that are unknown, which names the image (on GPUs, [`MetricError::Values`] from `compute`);
/// [`MetricError::Config`] for a category that is both or if there is none; [`MetricError::Undefined`] if no category
/// occurs.
///
/// # When to use
///
/// It is the standard measure of panoptic segmentation. All categories count the same, however rare, and so do all
/// segments of a category, however small. An IoU of 0.49 counts as two errors, and one of 0.51 as half a success; if
/// that is too harsh for stuff, use [`ModifiedPanopticQuality`]. For pixels without instances, use
/// [`JaccardIndex`](crate::classification::JaccardIndex).
///
/// Source: Kirillov et al., Panoptic segmentation (2019); panopticapi. TorchMetrics agrees, except that it also treats
/// pixels that are predicted as unknown as void, so that an object for which a model predicts nothing is no error. Here
/// it is an error, as in panopticapi.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::detection::PanopticQuality;
/// use burn_metrics::prelude::*;
///
/// // Six pixels: two things of category 0, and stuff of category 6.
/// let device = Device::flex();
/// let preds = Tensor::<3, Int>::from_ints([[[0, 0], [0, 0], [0, 1], [6, 0], [6, 0], [6, 0]]], &device);
/// let target = Tensor::<3, Int>::from_ints([[[0, 0], [0, 0], [0, 1], [0, 1], [6, 0], [6, 0]]], &device);
/// let quality = PanopticQuality::new([0], [6]).detailed().evaluate((preds, target))?;
/// // The second thing has an IoU of 1/2, which is not enough, and the stuff one of 2/3.
/// assert_eq!(quality.classes[0].rq, 0.5);
/// assert_eq!(quality.classes[1].sq, 2.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "PQ")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PanopticQuality {
    segments: PanopticSegments,
}

/// The modified panoptic quality, in which stuff need not match: [`PanopticQuality`] with the option
/// [`modified`](PanopticQuality::modified).
///
/// For a category of stuff, the value is the mean of the intersection over union over the true segments.
///
/// # When to use
///
/// Use it if regions of stuff are often scattered or small, so that the threshold of 0.5 is arbitrary for them.
///
/// Source: Porzi et al., Seamless scene segmentation (2019); TorchMetrics' `ModifiedPanopticQuality`.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::detection::ModifiedPanopticQuality;
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<3, Int>::from_ints([[[0, 0], [0, 1], [6, 0], [7, 0], [0, 2], [1, 0]]], &device);
/// let target = Tensor::<3, Int>::from_ints([[[0, 1], [0, 0], [6, 0], [7, 0], [6, 0], [255, 0]]], &device);
/// let quality = ModifiedPanopticQuality::new([0, 1], [6, 7]).evaluate((preds, target))?;
/// assert!((quality - 0.7667).abs() < 1e-4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug)]
pub struct ModifiedPanopticQuality;

impl ModifiedPanopticQuality {
    /// Creates the metric of these categories of things and of stuff.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(
        things: impl IntoIterator<Item = i64>,
        stuffs: impl IntoIterator<Item = i64>,
    ) -> PanopticQuality {
        PanopticQuality::new(things, stuffs).modified()
    }
}

impl PanopticQuality {
    /// Creates the metric of these categories of things and of stuff.
    pub fn new(
        things: impl IntoIterator<Item = i64>,
        stuffs: impl IntoIterator<Item = i64>,
    ) -> Self {
        let sorted = |categories: Vec<i64>| {
            let mut categories = categories;
            categories.sort_unstable();
            categories.dedup();
            categories
        };
        Self {
            segments: PanopticSegments {
                things: sorted(things.into_iter().collect()),
                stuffs: sorted(stuffs.into_iter().collect()),
                allow_unknown_preds: false,
                modified: false,
            },
        }
    }

    /// Accepts predicted categories that are unknown. Their pixels belong to no predicted segment.
    pub fn allow_unknown_preds(mut self) -> Self {
        self.segments.allow_unknown_preds = true;
        self
    }

    /// Counts the overlap of stuff even if it does not match: see [`ModifiedPanopticQuality`].
    pub fn modified(mut self) -> Self {
        self.segments.modified = true;
        self
    }

    /// Returns the segmentation and the recognition quality as well, and all of them for each category.
    pub fn detailed(self) -> PanopticDetails {
        PanopticDetails(self)
    }

    fn scores(&self, table: &SegmentTable) -> Result<PanopticScores> {
        self.segments.check()?;
        if table.images == 0 {
            return Err(MetricError::empty(self.name()));
        }
        let categories = self.segments.categories().zip(&table.categories);
        let classes: Vec<_> = categories
            .map(|(label, counts)| counts.scores(label))
            .collect();
        let occurring = || classes.iter().filter(|class| !class.rq.is_nan());
        let mean = |of: fn(&CategoryQuality) -> f64| super::curve::mean(occurring().map(of));
        match occurring().count() {
            0 => Err(MetricError::Undefined {
                metric: self.name().into_owned(),
                expected: "at least one segment of a known category",
                got: format!("none in {} images", table.images),
            }),
            _ => Ok(PanopticScores {
                pq: mean(|class| class.pq),
                sq: mean(|class| class.sq),
                rq: mean(|class| class.rq),
                classes,
            }),
        }
    }
}

impl Metric for PanopticQuality {
    type Statistic = PanopticSegments;
    type Value = f64;

    fn statistic(&self) -> &PanopticSegments {
        &self.segments
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<f64> {
        Ok(self.scores(table)?.pq)
    }

    fn meta(&self) -> Meta {
        let meta = match self.segments.modified {
            true => Meta::new("Modified panoptic quality"),
            false => Meta::new("Panoptic quality"),
        };
        let meta = meta.higher_is_better().within(Bounds::UNIT);
        meta.with_if(self.segments.allow_unknown_preds, "unknown predictions")
    }
}

crate::combinator::arithmetic!([] PanopticQuality);

/// A [`PanopticQuality`] with all its parts, created by [`detailed`](PanopticQuality::detailed).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PanopticDetails(PanopticQuality);

impl Metric for PanopticDetails {
    type Statistic = PanopticSegments;
    type Value = PanopticScores;

    fn statistic(&self) -> &PanopticSegments {
        self.0.statistic()
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<PanopticScores> {
        self.0.scores(table)
    }

    fn meta(&self) -> Meta {
        self.0.meta().with("detailed")
    }
}

/// The value of [`PanopticDetails`]. The means are over the categories that occur.
#[derive(Debug, Clone, PartialEq)]
pub struct PanopticScores {
    /// The panoptic quality.
    pub pq: f64,
    /// The segmentation quality.
    pub sq: f64,
    /// The recognition quality.
    pub rq: f64,
    /// The qualities of each category: things by ascending label, and then stuff.
    pub classes: Vec<CategoryQuality>,
}

/// The qualities of a category. They are NaN if it does not occur.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CategoryQuality {
    /// The label.
    pub label: i64,
    /// The panoptic quality.
    pub pq: f64,
    /// The segmentation quality, or 0 if no segment matches.
    pub sq: f64,
    /// The recognition quality.
    pub rq: f64,
}

impl Value for PanopticScores {
    fn entries(&self) -> Vec<(String, f64)> {
        let mut entries = vec![
            ("pq".to_owned(), self.pq),
            ("sq".to_owned(), self.sq),
            ("rq".to_owned(), self.rq),
        ];
        for CategoryQuality { label, pq, sq, rq } in &self.classes {
            let numbers = [("pq", pq), ("sq", sq), ("rq", rq)];
            entries.extend(numbers.map(|(name, number)| (format!("{name}/{label}"), *number)));
        }
        entries
    }

    /// The panoptic quality.
    fn scalar(&self) -> Option<f64> {
        Some(self.pq)
    }
}
