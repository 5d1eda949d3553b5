use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    CategoryQuality, PanopticInput,
    image_total::{ImageTable, ImageTotal},
    input::ReadBatch,
};
use crate::{
    Fault, Faults, MetricError, Result, Statistic,
    encoding::number,
    ops::HostTensor,
    state::{Deferred, parts::Unread},
};

/// The statistic of [`PanopticQuality`](super::PanopticQuality): for each category, the sum of the overlaps, and how
/// many segments match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PanopticSegments {
    pub(super) things: Vec<i64>,
    pub(super) stuffs: Vec<i64>,
    pub(super) allow_unknown_preds: bool,
    /// Whether stuff need not match.
    pub(super) modified: bool,
}

/// The total of [`PanopticSegments`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SegmentTable {
    pub(super) images: u64,
    pub(super) categories: Vec<SegmentCounts>,
}

/// How the segments of a category match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SegmentCounts {
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

    pub(super) fn scores(&self, label: i64) -> CategoryQuality {
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
    pub(super) fn categories(&self) -> impl Iterator<Item = i64> {
        self.things.iter().chain(&self.stuffs).copied()
    }

    pub(super) fn check(&self) -> Result<()> {
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

    /// Counts the segments of the images of a batch. Images with unknown predictions are left out.
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
        let (mut matched, mut matched_truth) = (HashSet::new(), HashSet::new());
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
                matched.insert(*a);
                matched_truth.insert(*b);
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
    type State = Deferred<ImageTotal<SegmentTable>>;

    fn check_state(&self, state: &Self::State) -> Result<()> {
        let (got, expected) = (
            state.settled().table.categories.len(),
            self.categories().count(),
        );
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
        // Some devices cannot read nothing.
        if dims.contains(&0) {
            return Ok(());
        }
        let statistic = self.clone();
        let unread = Unread::new(move |tensors: Vec<HostTensor>| statistic.read(dims, &tensors));
        state.add_result(unread.with_ints(input.preds).with_ints(input.target))
    }
}

impl ImageTable for SegmentTable {
    fn append(&mut self, other: Self) {
        self.images = self.images.saturating_add(other.images);
        match self.categories.is_empty() {
            true => self.categories = other.categories,
            false => {
                let categories = self.categories.iter_mut().zip(&other.categories);
                categories.for_each(|(own, counts)| own.add(counts));
            }
        }
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        crate::state::same_width("categories", self.categories.len(), other.categories.len())
    }

    fn is_consistent(&self) -> bool {
        self.images == 0 || !self.categories.is_empty()
    }
}
