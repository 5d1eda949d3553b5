use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    DetectionInput, Similarity,
    image_total::{ImageTable, ImageTotal},
    input::{Image, ReadBatch},
};
use crate::{
    Fault, Faults, Meta, Metric, MetricError, Result, Statistic, Total, Value, encoding::packed,
    state::Deferred,
};

/// The confusion matrix of a detector: how often objects of each class were detected as each class or missed, and how
/// often each class was detected where there is no object.
///
/// Detections whose score reaches a threshold are paired with true objects of any class, by descending overlap. The
/// overlap of a pair must reach another threshold, and each detection and each object is in at most one pair. Objects
/// without a pair are missed and detections without a pair are false; both are counted with the background as the other
/// class. A detection without a pair is not counted if more than half of it lies in a crowd.
///
/// Options: [`score_threshold`](Self::score_threshold), 0.25 by default, and [`iou_threshold`](Self::iou_threshold),
/// 0.5 by default. Inputs: [`DetectionInput`]. Errors: those of [`MeanAveragePrecision`](super::MeanAveragePrecision),
/// and [`MetricError::Sample`] for labels that are not below the number of classes.
///
/// # When to use
///
/// Use it to see which classes are confused with each other, and which are missed; the average precision of a class
/// tells neither. It depends on the threshold of the score: choose the threshold at which the detector will be used,
/// such as that of [`DetectionF1`](super::DetectionF1).
///
/// # Example
///
/// ```
/// use burn_metrics::detection::{DetectionConfusionMatrix, Detections, GroundTruth};
/// use burn_metrics::prelude::*;
///
/// let found = Detections::new([[0.0, 0.0, 50.0, 50.0], [60.0, 60.0, 90.0, 90.0]], [0.9, 0.8], [1, 0]);
/// let truth = GroundTruth::new([[0.0, 0.0, 50.0, 40.0]], [0]);
/// let confusion = DetectionConfusionMatrix::new(2).evaluate((found, truth))?;
/// assert_eq!(confusion.count(Some(0), Some(1)), 1);
/// assert_eq!(confusion.count(None, Some(0)), 1);
/// assert_eq!(confusion.count(Some(0), None), 0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectionConfusionMatrix {
    classes: usize,
    score_threshold: f64,
    iou_threshold: f64,
}

/// More classes would not fit into memory.
const MAX_CLASSES: usize = 1 << 14;

impl DetectionConfusionMatrix {
    /// Creates the metric for this number of classes.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            score_threshold: 0.25,
            iou_threshold: 0.5,
        }
    }

    /// Sets the score that a detection needs to be counted.
    pub fn score_threshold(mut self, threshold: f64) -> Self {
        self.score_threshold = threshold;
        self
    }

    /// Sets the overlap that a pair needs.
    pub fn iou_threshold(mut self, threshold: f64) -> Self {
        self.iou_threshold = threshold;
        self
    }

    fn check(&self) -> Result<()> {
        let classes = self.classes;
        let expected = format!("from 1 to {MAX_CLASSES}");
        let known = (1..=MAX_CLASSES).contains(&classes);
        MetricError::check_option("classes", classes, known, expected)?;
        let threshold = self.iou_threshold;
        let positive = threshold > 0.0 && threshold <= 1.0;
        MetricError::check_option("iou_threshold", threshold, positive, "above 0 and up to 1")?;
        let threshold = self.score_threshold;
        MetricError::check_option(
            "score_threshold",
            threshold,
            !threshold.is_nan(),
            "a number",
        )
    }

    /// The counts of an image are added as cells of the table.
    fn image(&self, image: &Image, cells: &mut Vec<usize>) {
        let width = self.classes + 1;
        let mut add = |truth: Option<i64>, found: Option<i64>| {
            let place = |label: Option<i64>| label.map_or(self.classes, |label| label as usize);
            cells.push(place(truth) * width + place(found));
        };
        let scores = &image.scores;
        let found: Vec<u32> = (0..scores.len() as u32)
            .filter(|at| scores[*at as usize] >= self.score_threshold)
            .collect();
        let truth: Vec<u32> = (0..image.truth.labels.len() as u32).collect();
        let mut overlaps = Vec::new();
        Similarity::Boxes.matrix(image, &found, &truth, &mut overlaps);
        let pairs = overlaps.iter().enumerate().filter(|(at, overlap)| {
            **overlap >= self.iou_threshold && !image.is_crowd[at % truth.len()]
        });
        let mut pairs: Vec<(usize, f64)> = pairs.map(|(at, overlap)| (at, *overlap)).collect();
        let score = |at: usize| scores[found[at / truth.len()] as usize];
        // Of equal overlaps, the better score is first.
        pairs.sort_by(|a, b| b.1.total_cmp(&a.1).then(score(b.0).total_cmp(&score(a.0))));
        let (mut used, mut taken) = (vec![false; found.len()], vec![false; truth.len()]);
        for (at, _) in pairs {
            let (d, g) = (at / truth.len(), at % truth.len());
            if !used[d] && !taken[g] {
                (used[d], taken[g]) = (true, true);
                add(
                    Some(image.truth.labels[g]),
                    Some(image.found.labels[found[d] as usize]),
                );
            }
        }
        for (g, is_taken) in taken.iter().enumerate() {
            if !is_taken && !image.is_crowd[g] {
                add(Some(image.truth.labels[g]), None);
            }
        }
        for (d, is_used) in used.iter().enumerate() {
            let in_crowd = |g: usize| image.is_crowd[g] && overlaps[d * truth.len() + g] > 0.5;
            if !is_used && !(0..truth.len()).any(in_crowd) {
                add(None, Some(image.found.labels[found[d] as usize]));
            }
        }
    }

    /// A label that is not a class.
    fn unknown(&self, labels: &[i64]) -> Option<i64> {
        let is_class =
            |label: &i64| usize::try_from(*label).is_ok_and(|label| label < self.classes);
        labels.iter().copied().find(|label| !is_class(label))
    }

    fn table(&self, images: &[Image]) -> ReadBatch<ConfusionTable> {
        let mut faults = Faults::default();
        let mut defect = None;
        let mut table = ConfusionTable {
            counts: vec![0; (self.classes + 1).pow(2)],
            ..ConfusionTable::default()
        };
        let cells = images.par_iter().map(|image| {
            let unknown = [
                (
                    Fault::TargetLabel,
                    "labels of the objects of image",
                    self.unknown(&image.truth.labels),
                ),
                (
                    Fault::PredictedLabel,
                    "labels of the detections of image",
                    self.unknown(&image.found.labels),
                ),
            ];
            if let Some((fault, what, Some(label))) =
                unknown.into_iter().find(|(.., label)| label.is_some())
            {
                return Err((fault, what, label));
            }
            let mut cells = Vec::new();
            self.image(image, &mut cells);
            Ok(cells)
        });
        for (sample, cells) in cells.collect::<Vec<_>>().into_iter().enumerate() {
            match cells {
                Ok(cells) => {
                    table.images += 1;
                    cells.into_iter().for_each(|cell| table.counts[cell] += 1);
                }
                Err((fault, what, label)) => {
                    faults.add(fault, 1);
                    defect.get_or_insert_with(|| MetricError::Sample {
                        what,
                        sample,
                        expected: format!("labels below {}", self.classes),
                        got: label.to_string(),
                    });
                }
            }
        }
        ReadBatch {
            value: table,
            faults,
            defect,
        }
    }
}

/// The value of [`DetectionConfusionMatrix`]. Rows are the true classes and columns the predicted ones; the last of
/// each is the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectionConfusion {
    classes: usize,
    counts: Vec<u64>,
}

impl DetectionConfusion {
    /// The number of classes, without the background.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How often an object of class `truth` was detected as class `found`. With `None` as `truth`, it is the number of
    /// detections where there is no object, and with `None` as `found`, the number of missed objects.
    ///
    /// # Panics
    ///
    /// If a class is out of range.
    pub fn count(&self, truth: Option<usize>, found: Option<usize>) -> u64 {
        for class in [truth, found].into_iter().flatten() {
            assert!(class < self.classes, "class {class} of {}", self.classes);
        }
        let place = |class: Option<usize>| class.unwrap_or(self.classes);
        self.counts[place(truth) * (self.classes + 1) + place(found)]
    }

    /// The rows of the matrix.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes + 1)
    }
}

impl Value for DetectionConfusion {
    fn entries(&self) -> Vec<(String, f64)> {
        let name = |class: usize| match class == self.classes {
            true => "background".to_owned(),
            false => class.to_string(),
        };
        let width = self.classes + 1;
        let cells = self.counts.iter().enumerate();
        cells
            .map(|(at, count)| {
                (
                    format!("{} as {}", name(at / width), name(at % width)),
                    *count as f64,
                )
            })
            .collect()
    }

    fn report(&self) -> String {
        let rows = self.rows().map(|row| {
            let cells: Vec<String> = row.iter().map(u64::to_string).collect();
            cells.join(" ")
        });
        rows.collect::<Vec<_>>().join("\n")
    }
}

impl Metric for DetectionConfusionMatrix {
    type Statistic = Self;
    type Value = DetectionConfusion;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, table: Total<'_, Self>) -> Result<DetectionConfusion> {
        self.check()?;
        match table.images {
            0 => Err(MetricError::empty(self.name())),
            _ => Ok(DetectionConfusion {
                classes: self.classes,
                counts: table.counts.clone(),
            }),
        }
    }

    fn meta(&self) -> Meta {
        Meta::new("Detection confusion matrix")
            .with_if(
                self.score_threshold != 0.25,
                &format!("score {}", self.score_threshold),
            )
            .with_if(
                self.iou_threshold != 0.5,
                &format!("IoU {}", self.iou_threshold),
            )
    }
}

impl Statistic for DetectionConfusionMatrix {
    type Input = DetectionInput;
    type State = Deferred<ImageTotal<ConfusionTable>>;

    fn check_state(&self, state: &Self::State) -> Result<()> {
        let (got, expected) = (
            state.settled().table.counts.len(),
            self.classes.saturating_add(1).saturating_pow(2),
        );
        match got == expected || got == 0 {
            true => Ok(()),
            false => Err(MetricError::State {
                expected: format!("{expected} counts"),
                got: got.to_string(),
            }),
        }
    }

    fn update(&self, state: &mut Self::State, input: DetectionInput) -> Result<()> {
        self.check()?;
        let metric = self.clone();
        let unread = input.unread(&Similarity::Boxes, true, move |images| {
            metric.table(&images)
        })?;
        let flat = unread.map(|batch: ReadBatch<ReadBatch<ConfusionTable>>| batch.flattened());
        state.add_result(flat)
    }
}

/// The total of [`DetectionConfusionMatrix`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConfusionTable {
    images: u64,
    #[serde(with = "packed")]
    counts: Vec<u64>,
}

impl ImageTable for ConfusionTable {
    fn append(&mut self, other: Self) {
        self.images = self.images.saturating_add(other.images);
        match self.counts.is_empty() {
            true => self.counts = other.counts,
            false => {
                let counts = self.counts.iter_mut().zip(other.counts);
                counts.for_each(|(own, count)| *own = own.saturating_add(count));
            }
        }
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        crate::state::same_width("counts", self.counts.len(), other.counts.len())
    }

    fn is_consistent(&self) -> bool {
        self.images == 0 || !self.counts.is_empty()
    }
}
