use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    DetectionInput, Tide,
    curve::mean,
    image_total::{ImageTable, ImageTotal},
    input::Image,
    matches::sort_by_score,
};
use crate::{
    Result, Statistic,
    encoding::{number::list, packed},
    state::Deferred,
};

/// How many detections of an image are considered.
const MAX_DETECTIONS: usize = 100;

/// What is wrong with a detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Right,
    Classification,
    Localization,
    Both,
    Duplicate,
    Background,
}

/// The kinds of errors, in the order of their numbers.
pub(super) const ERRORS: [Kind; 5] = [
    Kind::Classification,
    Kind::Localization,
    Kind::Both,
    Kind::Duplicate,
    Kind::Background,
];

/// Marks a detection that is not counted, because it is in a crowd, but could be corrected.
const UNCOUNTED: u8 = 128;
/// The class of a detection that cannot be corrected.
const NO_CLASS: i64 = i64::MIN;

/// The total of [`Tide`]: for each detection its score, its class and what is wrong with it, and for each class the
/// number of objects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TideTable {
    pub(super) images: u64,
    #[serde(with = "list")]
    scores: Vec<f64>,
    #[serde(with = "packed")]
    labels: Vec<i64>,
    #[serde(with = "packed")]
    kinds: Vec<u8>,
    /// The class that a detection has once it is corrected.
    #[serde(with = "packed")]
    corrected: Vec<i64>,
    /// For each class with objects, how many there are, how many were not found, and how many of those no correction
    /// finds.
    pub(super) objects: BTreeMap<i64, [u64; 3]>,
}

impl TideTable {
    fn push(&mut self, score: f64, label: i64, kind: u8, corrected: i64) {
        self.scores.push(score);
        self.labels.push(label);
        self.kinds.push(kind);
        self.corrected.push(corrected);
    }

    fn count(&mut self, label: i64, counts: [u64; 3]) {
        let own = self.objects.entry(label).or_default();
        for (own, count) in own.iter_mut().zip(counts) {
            *own = own.saturating_add(count);
        }
    }

    /// The mean average precision with the errors of one kind corrected. `objects` gives the number of objects of a
    /// class.
    pub(super) fn map(
        &self,
        correct: Option<Kind>,
        perfect: bool,
        objects: impl Fn(&[u64; 3]) -> u64,
    ) -> f64 {
        let mut classes: BTreeMap<i64, Vec<(f64, bool)>> = BTreeMap::new();
        let mut push = |label: i64, score: f64, is_right: bool| {
            let score = match (perfect, is_right) {
                (false, _) => score,
                (true, true) => 1.0,
                (true, false) => 0.0,
            };
            classes.entry(label).or_default().push((score, is_right));
        };
        let detections = self
            .scores
            .iter()
            .zip(&self.labels)
            .zip(&self.kinds)
            .zip(&self.corrected);
        for (((score, label), kind), corrected) in detections {
            let is_right = *kind == Kind::Right as u8;
            if correct.is_some_and(|correct| kind & !UNCOUNTED == correct as u8) {
                if *corrected != NO_CLASS {
                    push(*corrected, *score, true);
                }
            } else if kind & UNCOUNTED == 0 {
                push(*label, *score, is_right);
            }
        }
        let precisions = self.objects.iter().map(|(label, counts)| {
            let points = classes.remove(label).unwrap_or_default();
            average_precision(points, objects(counts))
        });
        mean(precisions)
    }
}

/// The mean of the precision over 101 thresholds of recall, given the score of each detection and whether it is right.
fn average_precision(mut points: Vec<(f64, bool)>, objects: u64) -> f64 {
    if objects == 0 {
        return 0.0;
    }
    // At equal scores, wrong ones are first.
    points.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut right = Vec::new();
    for (i, (_, is_right)) in points.iter().enumerate() {
        if *is_right {
            right.push((right.len() + 1) as f64 / (i + 1) as f64);
        }
    }
    let mut best = 0.0f64;
    for precision in right.iter_mut().rev() {
        best = best.max(*precision);
        *precision = best;
    }
    let (mut hit, mut sum) = (0, 0.0);
    for threshold in (0..=100).map(|i| f64::from(i) / 100.0) {
        while hit < right.len() && ((hit + 1) as f64 / objects as f64) < threshold {
            hit += 1;
        }
        sum += right.get(hit).copied().unwrap_or(0.0);
    }
    sum / 101.0
}

/// The place of the largest of some numbers, the first of several, and the number.
fn largest(numbers: impl Iterator<Item = (usize, f64)>) -> Option<(usize, f64)> {
    numbers.fold(None, |best, (at, number)| match best {
        Some((_, other)) if other >= number => best,
        _ => Some((at, number)),
    })
}

impl Tide {
    fn image(&self, image: &Image, table: &mut TideTable) {
        table.images += 1;
        let mut found: Vec<u32> = (0..image.scores.len() as u32).collect();
        sort_by_score(&mut found, &image.scores);
        found.truncate(MAX_DETECTIONS);
        let all: Vec<u32> = (0..image.truth.labels.len() as u32).collect();
        let mut overlaps = Vec::new();
        self.similarity.matrix(image, &found, &all, &mut overlaps);
        let n = all.len();
        let overlap = |d: usize, g: usize| overlaps[d * n + g];
        let label = |d: usize| image.found.labels[found[d] as usize];
        let true_label = |g: usize| image.truth.labels[g];
        let objects = || (0..n).filter(|g| !image.is_crowd[*g]);
        let of = |d: usize, same: bool| {
            objects().filter(move |g| (image.truth.labels[*g] == label(d)) == same)
        };

        let mut taken = vec![false; n];
        let mut right = vec![false; found.len()];
        for (d, is_right) in right.iter_mut().enumerate() {
            let free = of(d, true).filter(|g| !taken[*g]);
            match largest(free.map(|g| (g, overlap(d, g)))) {
                Some((g, best)) if best >= self.iou_threshold => {
                    (taken[g], *is_right) = (true, true)
                }
                _ => {}
            }
        }
        // The objects that a detection could be corrected to.
        let mut usable = vec![false; n];
        for (d, is_right) in right.into_iter().enumerate() {
            let score = image.scores[found[d] as usize];
            if is_right {
                table.push(score, label(d), Kind::Right as u8, NO_CLASS);
                continue;
            }
            let (kind, object) = self.error(d, &overlap, &of, &taken);
            let corrected = match object.filter(|g| !taken[*g] && !usable[*g]) {
                Some(g) => {
                    usable[g] = true;
                    true_label(g)
                }
                None => NO_CLASS,
            };
            let in_crowd = |g: usize| {
                image.is_crowd[g] && true_label(g) == label(d) && overlap(d, g) > self.iou_threshold
            };
            let uncounted = if (0..n).any(in_crowd) { UNCOUNTED } else { 0 };
            table.push(score, label(d), kind as u8 | uncounted, corrected);
        }
        for g in objects() {
            let lost = !taken[g];
            table.count(
                true_label(g),
                [1, u64::from(lost), u64::from(lost && !usable[g])],
            );
        }
    }

    /// What is wrong with a detection, and the object that it could be corrected to.
    fn error<I: Iterator<Item = usize>>(
        &self,
        d: usize,
        overlap: &impl Fn(usize, usize) -> f64,
        of: &impl Fn(usize, bool) -> I,
        taken: &[bool],
    ) -> (Kind, Option<usize>) {
        let range = self.background_threshold..=self.iou_threshold;
        let own = largest(of(d, true).map(|g| (g, overlap(d, g))));
        let other = largest(of(d, false).map(|g| (g, overlap(d, g))));
        let best = |of: Option<(usize, f64)>| of.map_or(0.0, |(_, best)| best);
        if let Some((g, _)) = own.filter(|(_, best)| range.contains(best)) {
            return (Kind::Localization, Some(g));
        }
        if let Some((g, _)) = other.filter(|(_, best)| *best >= self.iou_threshold) {
            return (Kind::Classification, Some(g));
        }
        let mut used = of(d, true).filter(|g| taken[*g]);
        if used.any(|g| overlap(d, g) >= self.iou_threshold) {
            return (Kind::Duplicate, None);
        }
        match best(own).max(best(other)) <= self.background_threshold {
            true => (Kind::Background, None),
            false => (Kind::Both, None),
        }
    }

    fn table(&self, images: &[Image]) -> TideTable {
        let tables = images.par_chunks(16).map(|images| {
            let mut table = TideTable::default();
            images
                .iter()
                .for_each(|image| self.image(image, &mut table));
            table
        });
        let mut table = TideTable::default();
        tables
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|other| table.append(other));
        table
    }
}

impl Statistic for Tide {
    type Input = DetectionInput;
    type State = Deferred<ImageTotal<TideTable>>;

    fn update(&self, state: &mut Self::State, input: DetectionInput) -> Result<()> {
        self.check()?;
        let metric = self.clone();
        let unread = input.unread(&self.similarity, true, move |images| metric.table(&images))?;
        state.add_result(unread)
    }
}

impl ImageTable for TideTable {
    fn append(&mut self, other: Self) {
        self.images = self.images.saturating_add(other.images);
        self.scores.extend(other.scores);
        self.labels.extend(other.labels);
        self.kinds.extend(other.kinds);
        self.corrected.extend(other.corrected);
        for (label, counts) in other.objects {
            self.count(label, counts);
        }
    }

    fn is_consistent(&self) -> bool {
        let n = self.scores.len();
        [self.labels.len(), self.kinds.len(), self.corrected.len()] == [n; 3]
            && !self.scores.iter().any(|score| score.is_nan())
    }
}
