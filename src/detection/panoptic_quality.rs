use std::collections::HashMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    PanopticInput,
    input::{ReadBatch, ReadImages},
};
use crate::{
    Bounds, Fault, Faults, Meta, Metric, MetricError, Result, Statistic, Total, Value,
    encoding::number,
    ops::HostTensor,
    state::{Deferred, Fold, parts::Unread},
};

/// The panoptic quality: how well every pixel was assigned to a thing or to stuff.
///
/// Things are countable, such as cars, and each is a segment of its own; stuff, such as sky, is one segment per image. A predicted and a
/// true segment of the same category match if their intersection over union exceeds 0.5, which each does with at most one other.
/// For each category, `PQ = Σ IoU / (TP + FP / 2 + FN / 2)`; the value is the mean over the categories that occur. It is the product of
/// the segmentation quality, `SQ = Σ IoU / TP`, and the recognition quality, `RQ = TP / (TP + FP / 2 + FN / 2)`, of each category.
///
/// Pixels of the ground truth whose category is neither a thing nor stuff are void: they belong to no union, and a predicted segment of
/// which more than half is void is no error.
///
/// Options: [`allow_unknown_preds`](Self::allow_unknown_preds), [`modified`](Self::modified), [`detailed`](Self::detailed). Inputs:
/// [`PanopticInput`]: integers of shape `[images, ..., 2]`, the category and the instance of each pixel. Errors:
/// [`MetricError::Shape`]; [`MetricError::Sample`] for predicted categories that are unknown, which names the image (on GPUs,
/// [`MetricError::Values`] from `compute`); [`MetricError::Config`] for a category that is both or if there is none;
/// [`MetricError::Undefined`] if no category occurs.
///
/// # When to use
///
/// It is the standard measure of panoptic segmentation. All categories count the same, however rare, and so do all segments of a
/// category, however small. An IoU of 0.49 counts as two errors, and one of 0.51 as half a success; if that is too harsh for
/// stuff, use [`ModifiedPanopticQuality`]. For pixels without instances, use
/// [`JaccardIndex`](crate::classification::JaccardIndex).
///
/// Source: Kirillov et al., Panoptic segmentation (2019); panopticapi. TorchMetrics agrees, except that it also treats pixels that are
/// predicted as unknown as void: a model that predicts nothing for an object is then not charged for it. Here it is, as in
/// panopticapi.
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

/// The statistic of [`PanopticQuality`]: for each category, the sum of the overlaps, and how many segments match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PanopticSegments {
    things: Vec<i64>,
    stuffs: Vec<i64>,
    allow_unknown_preds: bool,
    /// Whether stuff need not match.
    modified: bool,
}

/// The modified panoptic quality, in which stuff need not match: [`PanopticQuality`] with the option
/// [`modified`](PanopticQuality::modified).
///
/// For a category of stuff, the value is the mean of the intersection over union over the true segments.
///
/// # When to use
///
/// Use it if stuff is often split into many segments or is small in an image, so that an overlap of half of it is arbitrary.
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

/// A [`PanopticQuality`] with all its parts, made by [`detailed`](PanopticQuality::detailed).
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

/// The total of [`PanopticSegments`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SegmentTable {
    images: u64,
    categories: Vec<SegmentCounts>,
    faults: Faults,
}

/// How the segments of a category match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct SegmentCounts {
    #[serde(with = "number")]
    iou: f64,
    true_positives: u64,
    false_positives: u64,
    false_negatives: u64,
}

impl SegmentCounts {
    fn add(&mut self, other: &Self) {
        self.iou += other.iou;
        self.true_positives = self.true_positives.saturating_add(other.true_positives);
        self.false_positives = self.false_positives.saturating_add(other.false_positives);
        self.false_negatives = self.false_negatives.saturating_add(other.false_negatives);
    }

    fn scores(&self, label: i64) -> CategoryQuality {
        let [matched, wrong, missed] = [
            self.true_positives,
            self.false_positives,
            self.false_negatives,
        ]
        .map(|n| n as f64);
        let all = matched + 0.5 * wrong + 0.5 * missed;
        // Without any segment this is NaN.
        let rq = matched / all;
        let sq = if matched == 0.0 {
            0.0 * rq
        } else {
            self.iou / matched
        };
        CategoryQuality {
            label,
            pq: sq * rq,
            sq,
            rq,
        }
    }
}

impl PanopticSegments {
    fn categories(&self) -> impl Iterator<Item = i64> {
        self.things.iter().chain(&self.stuffs).copied()
    }

    fn check(&self) -> Result<()> {
        let both = self.things.iter().find(|thing| self.stuffs.contains(thing));
        if let Some(both) = both {
            let expected = "categories that are not things as well";
            return Err(MetricError::config("stuffs", expected, both));
        }
        let n = self.things.len() + self.stuffs.len();
        MetricError::check_option(
            "things",
            n,
            n > 0,
            "at least one category of things or stuff",
        )
    }

    /// What the images of a batch contain; those with unknown predictions are left out.
    fn read(
        &self,
        [images, pixels]: [usize; 2],
        tensors: &[HostTensor],
    ) -> ReadBatch<SegmentTable> {
        let mut read = ReadBatch {
            value: SegmentTable {
                categories: vec![SegmentCounts::default(); self.categories().count()],
                ..SegmentTable::default()
            },
            faults: Faults::default(),
            defect: None,
        };
        let [Some(preds), Some(target)] = [tensors.first(), tensors.get(1)] else {
            return read;
        };
        let (preds, target) = (preds.labels(), target.labels());
        let places: HashMap<i64, usize> = self.categories().zip(0..).collect();
        let counted = (0..images).into_par_iter().map(|image| {
            let of = 2 * image * pixels..2 * (image + 1) * pixels;
            self.image(&preds[of.clone()], &target[of], &places)
        });
        for (sample, counts) in counted.collect::<Vec<_>>().into_iter().enumerate() {
            match counts {
                Ok(counts) => {
                    read.value.images += 1;
                    let categories = read.value.categories.iter_mut().zip(counts);
                    categories.for_each(|(own, counts)| own.add(&counts));
                }
                Err(label) => {
                    read.faults.add(Fault::PredictedLabel, 1);
                    read.defect.get_or_insert_with(|| MetricError::Sample {
                        what: "predicted categories of image",
                        sample,
                        expected: "things or stuff (others need `allow_unknown_preds`)".to_owned(),
                        got: label.to_string(),
                    });
                }
            }
        }
        read
    }

    /// How the segments of an image match, or a predicted category that is unknown.
    fn image(
        &self,
        preds: &[i64],
        target: &[i64],
        places: &HashMap<i64, usize>,
    ) -> std::result::Result<Vec<SegmentCounts>, i64> {
        let shared = self.overlaps(preds, target, places)?;
        let (mut found, mut truth) = (HashMap::new(), HashMap::new());
        for ((a, b), pixels) in &shared {
            *found.entry(*a).or_insert(0u64) += pixels;
            *truth.entry(*b).or_insert(0u64) += pixels;
        }
        let void = |segment: Segment| shared.get(&(Some(segment), None)).copied().unwrap_or(0);
        let lenient = |place: usize| self.modified && place >= self.things.len();
        let mut counts = vec![SegmentCounts::default(); places.len()];
        let (mut matched, mut matched_truth) = (Vec::new(), Vec::new());
        // In a fixed order, so that the sum is the same each time.
        let mut pairs: Vec<_> = shared.iter().collect();
        pairs.sort_unstable();
        for ((a, b), pixels) in pairs {
            let (Some(a), Some(b)) = (a, b) else { continue };
            if a.place != b.place {
                continue;
            }
            let union = found[&Some(*a)] - void(*a) + truth[&Some(*b)] - pixels;
            let iou = *pixels as f64 / union as f64;
            if lenient(b.place) {
                counts[b.place].iou += iou;
            } else if iou > 0.5 {
                counts[b.place].iou += iou;
                counts[b.place].true_positives += 1;
                matched.push(*a);
                matched_truth.push(*b);
            }
        }
        for segment in truth.keys().flatten() {
            if lenient(segment.place) {
                // The mean is over the true segments.
                counts[segment.place].true_positives += 1;
            } else if !matched_truth.contains(segment) {
                counts[segment.place].false_negatives += 1;
            }
        }
        for (segment, pixels) in &found {
            let Some(segment) = segment else { continue };
            let is_void = void(*segment) as f64 / *pixels as f64 > 0.5;
            if !is_void && !lenient(segment.place) && !matched.contains(segment) {
                counts[segment.place].false_positives += 1;
            }
        }
        Ok(counts)
    }

    /// The number of pixels that each predicted segment shares with each true one.
    fn overlaps(
        &self,
        preds: &[i64],
        target: &[i64],
        places: &HashMap<i64, usize>,
    ) -> std::result::Result<Overlaps, i64> {
        let segment = |pixel: &[i64]| {
            let place = *places.get(&pixel[0])?;
            // Stuff has no instances.
            let instance = if place < self.things.len() {
                pixel[1]
            } else {
                0
            };
            Some(Segment { place, instance })
        };
        let mut overlaps = Overlaps::new();
        let mut pixels = preds.chunks_exact(2).zip(target.chunks_exact(2)).peekable();
        // Neighbours are mostly of the same segments.
        while let Some(pixel) = pixels.next() {
            let mut run = 1;
            while pixels.next_if_eq(&pixel).is_some() {
                run += 1;
            }
            let pair = (segment(pixel.0), segment(pixel.1));
            if pair.0.is_none() && !self.allow_unknown_preds {
                return Err(pixel.0[0]);
            }
            *overlaps.entry(pair).or_insert(0) += run;
        }
        Ok(overlaps)
    }
}

/// The category, by its place among all, and the instance of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Segment {
    place: usize,
    instance: i64,
}

/// The number of pixels of each pair of a predicted and a true segment, of which either may be none.
type Overlaps = HashMap<(Option<Segment>, Option<Segment>), u64>;

impl Statistic for PanopticSegments {
    type Input = PanopticInput;
    type State = Deferred<SegmentTable>;

    fn check_state(&self, state: &Self::State) -> Result<()> {
        let (got, expected) = (state.settled().categories.len(), self.categories().count());
        match got == expected || got == 0 {
            true => Ok(()),
            false => Err(MetricError::State {
                expected: format!("segments of {expected} categories"),
                got: got.to_string(),
            }),
        }
    }

    fn update(&self, state: &mut Self::State, input: PanopticInput) -> Result<()> {
        self.check()?;
        let dims = input.check()?;
        let statistic = self.clone();
        let unread = Unread::new(move |tensors: Vec<HostTensor>| statistic.read(dims, &tensors));
        state.add_result(ReadImages(
            unread.with_ints(input.preds).with_ints(input.target),
        ))
    }
}

impl SegmentTable {
    fn append(&mut self, other: Self) {
        self.images = self.images.saturating_add(other.images);
        self.faults += other.faults;
        match self.categories.is_empty() {
            true => self.categories = other.categories,
            false => {
                let categories = self.categories.iter_mut().zip(&other.categories);
                categories.for_each(|(own, counts)| own.add(counts));
            }
        }
    }
}

impl Fold for SegmentTable {
    type Pending = ReadImages<Self>;
    type View<'a> = &'a Self;

    fn add(&mut self, read: ReadBatch<Self>) {
        self.append(read.value);
        self.faults += read.faults;
    }

    fn try_add(&mut self, read: ReadBatch<Self>) -> Result<()> {
        self.append(read.whole()?);
        Ok(())
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        crate::state::same_width("categories", self.categories.len(), other.categories.len())
    }

    fn is_consistent(&self) -> bool {
        self.images == 0 || !self.categories.is_empty()
    }

    fn merge(&mut self, other: Self) {
        self.append(other);
    }

    fn view(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}
