use std::borrow::Cow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    DetectionInput, Similarity,
    assignment::{Assignment, by_class},
    geometry::Outlines,
    image_total::{ImageTable, ImageTotal},
    input::Image,
    keypoints::labeled_keypoints,
    match_table::MatchTable,
};
use crate::{
    MetricError, Result, Statistic,
    combinator::{Draw, NoOutcomes, Resample},
    encoding::number,
    state::Deferred,
};

/// A range of areas: objects of at least `from` and at most `to` pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaRange {
    /// The name, such as `small`.
    pub name: String,
    /// The minimum area.
    #[serde(with = "number")]
    pub from: f64,
    /// The maximum area.
    #[serde(with = "number")]
    pub to: f64,
}

impl AreaRange {
    /// Creates a range.
    pub fn new(name: impl Into<String>, from: f64, to: f64) -> Self {
        Self {
            name: name.into(),
            from,
            to,
        }
    }

    fn contains(&self, area: f64) -> bool {
        // As pycocotools has it: an area on the border of two ranges belongs to both.
        !(area < self.from || area > self.to)
    }
}

/// Thresholds: those of COCO, or others.
///
/// COCO's are named, not listed, because their last digits would not survive every format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Thresholds {
    Coco,
    These(Vec<f64>),
}

impl Thresholds {
    /// The thresholds of the overlap.
    pub(super) fn of_overlap(&self) -> Cow<'_, [f64]> {
        self.or((0.5, 0.95, 10))
    }

    /// The thresholds of recall.
    pub(super) fn of_recall(&self) -> Cow<'_, [f64]> {
        self.or((0.0, 1.0, 101))
    }

    /// These thresholds, or `n` numbers from the first to the last, as numpy's `linspace` computes them.
    fn or(&self, (first, last, n): (f64, f64, u32)) -> Cow<'_, [f64]> {
        match self {
            Self::These(thresholds) => thresholds.into(),
            Self::Coco => {
                let step = (last - first) / f64::from(n - 1);
                let mut numbers: Vec<f64> = (0..n).map(|i| f64::from(i) * step + first).collect();
                numbers[n as usize - 1] = last;
                numbers.into()
            }
        }
    }
}

/// The statistic of detections: which of them match a true object.
///
/// Each image is matched in its update. The state keeps the score of each detection, two bits for each threshold and
/// range of areas, and the number of true objects. It keeps no boxes and no masks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectionMatches {
    pub(super) similarity: Similarity,
    pub(super) thresholds: Thresholds,
    pub(super) areas: Vec<AreaRange>,
    /// How many detections per class and image are considered.
    pub(super) max_detections: usize,
    /// How many detections per image are considered, of all classes, or any number.
    pub(super) max_per_image: Option<usize>,
    pub(super) classes: Classes,
}

/// Which detections can match which objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Classes {
    /// Those of the same class.
    Separate,
    /// All: there is one class.
    Pooled,
    /// Both ways.
    Both,
}

/// The class under which detections are kept that were matched without regard to their classes.
pub(super) const POOLED: i64 = i64::MIN;

impl DetectionMatches {
    pub(super) fn check(&self) -> Result<()> {
        const MAX: usize = MAX_CELLS;
        let within = |x: &f64| (0.0..=1.0).contains(x);
        let thresholds = self.thresholds.of_overlap();
        MetricError::check_option(
            "iou_thresholds",
            format!("{thresholds:?}"),
            !thresholds.is_empty() && thresholds.iter().all(within),
            "one or more numbers from 0 to 1",
        )?;
        MetricError::check_option(
            "iou_thresholds",
            format!(
                "{} for {} ranges of areas",
                thresholds.len(),
                self.areas.len()
            ),
            !self.areas.is_empty() && thresholds.len().saturating_mul(self.areas.len()) <= MAX,
            format!("at most {MAX} thresholds times ranges of areas"),
        )?;
        MetricError::check_option(
            "max_detections",
            self.max_detections,
            self.max_detections > 0,
            "a positive number",
        )?;
        if let Similarity::Keypoints { sigmas } = &self.similarity {
            MetricError::check_option(
                "sigmas",
                format!("{sigmas:?}"),
                !sigmas.is_empty() && sigmas.iter().all(|sigma| *sigma > 0.0),
                "one or more positive numbers",
            )?;
        }
        Ok(())
    }

    /// Matches the images of a batch.
    fn tables(&self, images: &[Image]) -> MatchTable {
        const IMAGES: usize = 16;
        let chunks = images.par_chunks(IMAGES).map(|images| {
            let mut table = MatchTable::of(self);
            let mut memory = Memory::default();
            images
                .iter()
                .for_each(|image| self.image(image, &mut table, &mut memory));
            table
        });
        let mut table = MatchTable::of(self);
        chunks
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|other| table.append(other));
        table
    }

    fn image(&self, image: &Image, table: &mut MatchTable, memory: &mut Memory) {
        table.add_image(image.id);
        if matches!(self.classes, Classes::Separate | Classes::Both) {
            let found = self.kept(image);
            let truth = by_class(&image.truth.labels);
            let (mut found, mut truth) = (found.as_slice(), truth.as_slice());
            loop {
                let label = |order: &[u32], of: &[i64]| order.first().map(|at| of[*at as usize]);
                let labels = [
                    label(found, &image.found.labels),
                    label(truth, &image.truth.labels),
                ];
                let Some(label) = labels.into_iter().flatten().min() else {
                    break;
                };
                let run = |order: &[u32], of: &[i64]| {
                    order
                        .iter()
                        .take_while(|at| of[**at as usize] == label)
                        .count()
                };
                let (these, others) = found.split_at(run(found, &image.found.labels));
                let (objects, rest) = truth.split_at(run(truth, &image.truth.labels));
                (found, truth) = (others, rest);
                if image.counts(label, objects.len()) {
                    self.class(image, label, these, objects, table, memory);
                }
            }
        }
        if matches!(self.classes, Classes::Pooled | Classes::Both) {
            let found: Vec<u32> = (0..image.found.labels.len() as u32).collect();
            let truth: Vec<u32> = (0..image.truth.labels.len() as u32).collect();
            if !found.is_empty() || !truth.is_empty() {
                self.class(image, POOLED, &found, &truth, table, memory);
            }
        }
    }

    /// The detections that are considered, by class.
    fn kept(&self, image: &Image) -> Vec<u32> {
        let order = by_class(&image.found.labels);
        match self.max_per_image {
            Some(limit) if order.len() > limit => {
                let mut best: Vec<u32> = (0..order.len() as u32).collect();
                sort_by_score(&mut best, &image.scores);
                best.truncate(limit);
                best.sort_unstable();
                best.sort_by_key(|at| image.found.labels[*at as usize]);
                best
            }
            _ => order,
        }
    }

    /// Matches the detections and objects of a class.
    fn class(
        &self,
        image: &Image,
        label: i64,
        found: &[u32],
        truth: &[u32],
        table: &mut MatchTable,
        memory: &mut Memory,
    ) {
        let Memory {
            ranked,
            similarity,
            crowd,
            ignored,
            order,
            taken,
        } = memory;
        ranked.clear();
        ranked.extend_from_slice(found);
        sort_by_score(ranked, &image.scores);
        ranked.truncate(self.max_detections);
        self.similarity.matrix(image, ranked, truth, similarity);
        crowd.clear();
        crowd.extend(truth.iter().map(|at| image.is_crowd[*at as usize]));
        let thresholds = self.thresholds.of_overlap();
        let forgiving = image.not_exhaustive.contains(&label);

        let scores = ranked.iter().map(|at| image.scores[*at as usize]);
        let mut cell = table.add_cell(label, scores);
        for (a, area) in self.areas.iter().enumerate() {
            ignored.clear();
            ignored.extend(truth.iter().map(|at| {
                image.is_ignored(*at as usize) || !area.contains(image.truth.areas[*at as usize])
            }));
            cell.count_truth(ignored.iter().filter(|ignored| !**ignored).count());
            order.clear();
            order.extend(0..truth.len() as u32);
            order.sort_by_key(|truth| ignored[*truth as usize]);
            let assignment = Assignment {
                similarity,
                truths: truth.len(),
                is_crowd: crowd,
                is_ignored: ignored,
                order,
            };
            for (t, threshold) in thresholds.iter().enumerate() {
                let at = a * thresholds.len() + t;
                if !truth.is_empty() {
                    assignment.run(*threshold, taken, |found, truth| {
                        cell.set_matched(found, at, ignored[truth]);
                    });
                }
            }
            for (d, at) in ranked.iter().enumerate() {
                if forgiving || !area.contains(image.found.areas[*at as usize]) {
                    let first = a * thresholds.len();
                    cell.ignore_unmatched(d, first..first + thresholds.len());
                }
            }
        }
    }
}

/// How many combinations of a threshold and a range of areas there may be.
const MAX_CELLS: usize = 4096;

/// Working memory of the images of a thread.
#[derive(Default)]
struct Memory {
    ranked: Vec<u32>,
    similarity: Vec<f64>,
    crowd: Vec<bool>,
    ignored: Vec<bool>,
    order: Vec<u32>,
    taken: Vec<bool>,
}

impl Image {
    /// Whether an object is ignored at every area.
    fn is_ignored(&self, object: usize) -> bool {
        let unlabeled = match &self.truth.outlines {
            Outlines::Keypoints(poses) => labeled_keypoints(poses.of(object)) == 0,
            _ => false,
        };
        unlabeled || self.is_crowd[object]
    }

    /// Whether detections of this class count in the image, which has this number of objects of the class.
    fn counts(&self, label: i64, objects: usize) -> bool {
        match &self.negative {
            Some(negative) => objects > 0 || negative.contains(&label),
            None => true,
        }
    }
}

/// Sorts detections by descending score. Those of equal score stay in their order.
pub(super) fn sort_by_score(order: &mut [u32], scores: &[f64]) {
    order.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
}

impl Statistic for DetectionMatches {
    type Input = DetectionInput;
    type State = Deferred<ImageTotal<MatchTable>>;

    fn check_state(&self, state: &Self::State) -> Result<()> {
        state
            .settled()
            .table
            .check_layout(self.thresholds.of_overlap().len(), self.areas.len())
    }

    fn update(&self, state: &mut Self::State, input: DetectionInput) -> Result<()> {
        self.check()?;
        let statistic = self.clone();
        let matched = input.unread(&self.similarity, true, move |images| {
            statistic.tables(&images)
        });
        state.add_result(matched?)
    }
}

/// Images are matched once, and replicates repeat them.
impl Resample for DetectionMatches {
    type Outcomes = NoOutcomes;
    type Batch = MatchTable;

    fn prepare(&self, input: DetectionInput) -> Result<MatchTable> {
        self.check()?;
        let statistic = self.clone();
        input.read_now(&self.similarity, true, move |images| {
            statistic.tables(&images)
        })
    }

    fn update_drawn(&self, state: &mut Self::State, batch: &MatchTable, draw: &Draw) -> Result<()> {
        match draw.times(batch.images()) {
            None => state.total_mut().table.append(batch.clone()),
            Some(times) => state.total_mut().table.append(batch.repeated(&times)),
        }
        Ok(())
    }
}
