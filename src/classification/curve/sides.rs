use std::cmp::Ordering;

use burn::tensor::{DType, Int, Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser};

use super::{
    one_vs_rest::AllCurves,
    points::{Point, Points},
};
use crate::{
    Faults, Result, State,
    ops::{ScoreSpec, is_host},
    state::{self, Readings, Reads},
};

/// A batch of scores with their targets, on its device.
#[derive(Debug, Clone)]
pub struct ScoredBatch {
    /// `[samples * width * inner]`.
    pub(crate) scores: Tensor<1>,
    /// One a score; of a task with exclusive classes, `[samples * inner]`.
    pub(crate) target: Tensor<1, Int>,
    /// `[samples]`.
    pub(crate) weights: Option<Tensor<1>>,
    pub(crate) spec: ScoreSpec,
}

/// All scores: those of the positives and those of the negatives of each class, apart, so that no label
/// need be kept.
///
/// 4 bytes a score (8 for `f64` scores, 16 with weights) and at most an eighth of that for growth. Scores on
/// a GPU stay there, with their targets, until they are read, once.
#[derive(Debug, Clone, Default)]
pub struct AllScores {
    total: SidesTotal,
    pending: Vec<ScoredBatch>,
}

/// The host form of [`AllScores`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SidesTotal {
    seen: u64,
    faults: Faults,
    classes: Classes,
    #[serde(skip)]
    sorted: bool,
}

/// The scores of each class, in the least type that holds all of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Classes {
    Single(Vec<Sides<f32>>),
    Double(Vec<Sides<f64>>),
    Weighted(Vec<Sides<(f64, f64)>>),
}

impl Default for Classes {
    fn default() -> Self {
        Self::Single(Vec::new())
    }
}

/// The scores of a class: of what is of it and of what is not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Sides<S> {
    positive: Vec<S>,
    negative: Vec<S>,
}

/// A score, perhaps with a weight.
trait Sample: Copy + Default + Send + Sync + Serialize + DeserializeOwned {
    fn new(score: f64, weight: f64) -> Self;

    fn score(self) -> f64;

    fn weight(self) -> f64;

    fn order(&self, other: &Self) -> Ordering;
}

impl Sample for f32 {
    // Zeros are equal, whatever their sign.
    fn new(score: f64, _weight: f64) -> Self {
        score as f32 + 0.0
    }

    fn score(self) -> f64 {
        self.into()
    }

    fn weight(self) -> f64 {
        1.0
    }

    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }
}

impl Sample for f64 {
    fn new(score: f64, _weight: f64) -> Self {
        score + 0.0
    }

    fn score(self) -> f64 {
        self
    }

    fn weight(self) -> f64 {
        1.0
    }

    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }
}

impl Sample for (f64, f64) {
    fn new(score: f64, weight: f64) -> Self {
        (score + 0.0, weight)
    }

    fn score(self) -> f64 {
        self.0
    }

    fn weight(self) -> f64 {
        self.1
    }

    // By weight too, so that sums do not depend on the order of updates.
    fn order(&self, other: &Self) -> Ordering {
        (self.0.total_cmp(&other.0)).then(self.1.total_cmp(&other.1))
    }
}

/// Scores are sorted out in blocks of so many, which stay in the first-level cache.
const BLOCK: usize = 1024;

impl<S: Sample> Sides<S> {
    fn append(&mut self, other: Self) {
        for (mine, others) in [
            (&mut self.positive, other.positive),
            (&mut self.negative, other.negative),
        ] {
            if mine.is_empty() {
                *mine = others;
            } else {
                extend(mine, &others);
            }
        }
    }

    fn into<T: Sample>(self) -> Sides<T> {
        let convert = |samples: Vec<S>| {
            let samples = samples.into_iter();
            samples.map(|s| T::new(s.score(), s.weight())).collect()
        };
        Sides {
            positive: convert(self.positive),
            negative: convert(self.negative),
        }
    }

    /// Adds up to [`BLOCK`] samples, each of which is positive, negative or left out, without branches.
    #[inline(always)]
    fn partition(&mut self, samples: impl Iterator<Item = (S, bool, bool)>) {
        let (mut positive, mut negative) = ([S::default(); BLOCK], [S::default(); BLOCK]);
        let (mut p, mut n) = (0, 0);
        for (sample, is_positive, is_negative) in samples {
            positive[p % BLOCK] = sample;
            negative[n % BLOCK] = sample;
            p += usize::from(is_positive);
            n += usize::from(is_negative);
        }
        extend(&mut self.positive, &positive[..p]);
        extend(&mut self.negative, &negative[..n]);
    }

    fn sort(&mut self) {
        let sort = |samples: &mut Vec<S>| {
            if !samples.is_sorted_by(|a, b| a.order(b).is_le()) {
                samples.par_sort_unstable_by(S::order);
            }
        };
        rayon::join(|| sort(&mut self.positive), || sort(&mut self.negative));
    }

    fn truncate(&mut self, (positive, negative): (usize, usize)) {
        self.positive.truncate(positive);
        self.negative.truncate(negative);
    }

    fn len(&self) -> (usize, usize) {
        (self.positive.len(), self.negative.len())
    }

    /// Merges both sides, which are sorted, into one point a distinct score.
    fn points(&self, exclusive: bool) -> Points {
        let (mut positive, mut negative) = (&self.positive[..], &self.negative[..]);
        let mut points = Vec::with_capacity(positive.len() + negative.len());
        let (mut tp, mut fp) = (0.0, 0.0);
        loop {
            let threshold = match (positive.last(), negative.last()) {
                (Some(a), Some(b)) => a.score().max(b.score()),
                (Some(a), None) | (None, Some(a)) => a.score(),
                (None, None) => return Points::exact(points, exclusive),
            };
            tp += take(&mut positive, threshold);
            fp += take(&mut negative, threshold);
            points.push(Point { threshold, tp, fp });
        }
    }
}

/// The weight of the samples at the end that have this score, which are taken away.
#[inline(always)]
fn take<S: Sample>(samples: &mut &[S], score: f64) -> f64 {
    let mut weight = 0.0;
    while let [rest @ .., last] = *samples
        && last.score() == score
    {
        weight += last.weight();
        *samples = rest;
    }
    weight
}

/// Appends without doubling, so that little memory is unused.
fn extend<S: Copy>(to: &mut Vec<S>, from: &[S]) {
    if to.capacity() - to.len() < from.len() {
        to.reserve_exact(from.len().max(to.len() / 8));
    }
    to.extend_from_slice(from);
}

impl Classes {
    fn len(&self) -> usize {
        match self {
            Self::Single(classes) => classes.len(),
            Self::Double(classes) => classes.len(),
            Self::Weighted(classes) => classes.len(),
        }
    }

    fn into_double(self) -> Vec<Sides<f64>> {
        match self {
            Self::Single(classes) => classes.into_iter().map(Sides::into).collect(),
            Self::Double(classes) => classes,
            Self::Weighted(classes) => classes.into_iter().map(Sides::into).collect(),
        }
    }

    fn into_weighted(self) -> Vec<Sides<(f64, f64)>> {
        match self {
            Self::Single(classes) => classes.into_iter().map(Sides::into).collect(),
            Self::Double(classes) => classes.into_iter().map(Sides::into).collect(),
            Self::Weighted(classes) => classes,
        }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Single(a), Self::Single(b)) => Self::Single(append(a, b)),
            (a @ Self::Weighted(_), b) | (a, b @ Self::Weighted(_)) => {
                Self::Weighted(append(a.into_weighted(), b.into_weighted()))
            }
            (a, b) => Self::Double(append(a.into_double(), b.into_double())),
        }
    }

    /// Adds a batch; what is at fault is left out.
    fn add(&mut self, batch: &Read) -> Faults {
        let single = matches!(self, Self::Single(_)) && batch.scores.dtype() != DType::F64;
        let plain = !matches!(self, Self::Weighted(_)) && batch.weights.is_none();
        *self = match std::mem::take(self) {
            Self::Single(classes) if single && plain => Self::Single(classes),
            classes if plain => Self::Double(classes.into_double()),
            classes => Self::Weighted(classes.into_weighted()),
        };
        match self {
            Self::Single(classes) => add(classes, batch),
            Self::Double(classes) => add(classes, batch),
            Self::Weighted(classes) => add(classes, batch),
        }
    }

    fn sort(&mut self) {
        match self {
            Self::Single(classes) => classes.par_iter_mut().for_each(Sides::sort),
            Self::Double(classes) => classes.par_iter_mut().for_each(Sides::sort),
            Self::Weighted(classes) => classes.par_iter_mut().for_each(Sides::sort),
        }
    }

    fn points(&self, exclusive: bool) -> Vec<Points> {
        fn points<S: Sample>(classes: &[Sides<S>], exclusive: bool) -> Vec<Points> {
            let classes = classes.par_iter();
            classes.map(|sides| sides.points(exclusive)).collect()
        }
        match self {
            Self::Single(classes) => points(classes, exclusive),
            Self::Double(classes) => points(classes, exclusive),
            Self::Weighted(classes) => points(classes, exclusive),
        }
    }

    fn pooled(&self, exclusive: bool) -> Points {
        match self {
            Self::Single(classes) => pool(classes).points(exclusive),
            Self::Double(classes) => pool(classes).points(exclusive),
            Self::Weighted(classes) => pool(classes).points(exclusive),
        }
    }
}

fn append<S: Sample>(mut a: Vec<Sides<S>>, b: Vec<Sides<S>>) -> Vec<Sides<S>> {
    a.resize_with(a.len().max(b.len()), Sides::default);
    a.iter_mut().zip(b).for_each(|(a, b)| a.append(b));
    a
}

/// The scores of all classes as those of one.
fn pool<S: Sample>(classes: &[Sides<S>]) -> Sides<S> {
    let side = |side: fn(&Sides<S>) -> &Vec<S>| classes.iter().flat_map(side).copied().collect();
    let mut pooled = Sides {
        positive: side(|class| &class.positive),
        negative: side(|class| &class.negative),
    };
    pooled.sort();
    pooled
}

/// A batch in host memory.
struct Read {
    scores: TensorData,
    target: Vec<i64>,
    weights: Option<Vec<f64>>,
    spec: ScoreSpec,
}

impl Read {
    fn new(
        scores: TensorData,
        target: TensorData,
        weights: Option<TensorData>,
        spec: ScoreSpec,
    ) -> Self {
        let target = match target.dtype() {
            DType::I64 => target.try_into_vec().unwrap_or_default(),
            _ => target.iter().collect(),
        };
        let weights = weights.map(|weights| weights.iter().collect());
        // Half precision is single precision from here on.
        let scores = match scores.dtype() {
            DType::F32 | DType::F64 => scores,
            _ => scores.convert::<f32>(),
        };
        Self {
            scores,
            target,
            weights,
            spec,
        }
    }
}

/// Adds the scores of a batch to their sides.
fn add<S: Sample>(classes: &mut Vec<Sides<S>>, batch: &Read) -> Faults {
    classes.resize_with(batch.spec.width.max(classes.len()), Sides::default);
    match batch.scores.as_slice::<f32>() {
        Ok(scores) => add_scores(classes, scores, batch),
        Err(_) => add_scores(
            classes,
            batch.scores.as_slice::<f64>().unwrap_or_default(),
            batch,
        ),
    }
}

fn add_scores<S: Sample, N: Copy + Into<f64>>(
    classes: &mut [Sides<S>],
    scores: &[N],
    batch: &Read,
) -> Faults {
    let ScoreSpec { width, .. } = batch.spec;
    let (samples, inner) = (batch.spec.extent.samples, batch.spec.extent.inner);
    let weight_of = |sample: usize| batch.weights.as_ref().map_or(1.0, |w| w[sample]);
    let ignored = |label: i64| batch.spec.ignore_index == Some(label);
    let mut faults = Faults::default();

    if !batch.spec.exclusive {
        // Scores in a row that are of one class.
        let run = if width == 1 { samples * inner } else { inner };
        for (row, scores) in scores.chunks(run.max(1)).enumerate() {
            let first = row * run;
            for (block, scores) in scores.chunks(BLOCK).enumerate() {
                let first = first + block * BLOCK;
                let items = scores.iter().enumerate().map(|(i, score)| {
                    let (at, score) = (first + i, (*score).into());
                    let label = batch.target[at];
                    let weight = weight_of(at / (width * inner));
                    let (counts, is_label) = (!ignored(label), label == 0 || label == 1);
                    let nan = f64::is_nan(score) | weight.is_nan();
                    faults.labels += u64::from(counts & !is_label);
                    faults.nans += u64::from(counts & is_label & nan);
                    // What weighs nothing is no point of a curve.
                    let good = counts & !nan & (weight != 0.0);
                    let sample = S::new(score, weight);
                    (sample, good & (label == 1), good & (label == 0))
                });
                classes[row % width].partition(items);
            }
        }
        return faults;
    }

    // Elements in blocks: first what is wrong with them, then their scores, class by class.
    let mut labels = [-1; BLOCK];
    for start in (0..samples * inner).step_by(BLOCK) {
        let block = start..(start + BLOCK).min(samples * inner);
        let first = |at: usize| at / inner * width * inner + at % inner;
        for (label, at) in labels.iter_mut().zip(block.clone()) {
            let row = scores[first(at)..].iter().step_by(inner).take(width);
            let weight = weight_of(at / inner);
            let nan =
                weight.is_nan() || row.fold(false, |nan, score| nan | f64::is_nan((*score).into()));
            *label = batch.target[at];
            if ignored(*label) {
                *label = -1;
            } else if !(0..width as i64).contains(label) {
                faults.labels += 1;
                *label = -1;
            } else if nan {
                faults.nans += 1;
                *label = -1;
            } else if weight == 0.0 {
                *label = -1;
            }
        }
        for (class, sides) in classes.iter_mut().enumerate() {
            let items = labels.iter().zip(block.clone()).map(|(label, at)| {
                let score = scores[first(at) + class * inner].into();
                let positive = *label == class as i64;
                let sample = S::new(score, weight_of(at / inner));
                (sample, positive, !positive & (*label >= 0))
            });
            sides.partition(items);
        }
    }
    faults
}

impl AllScores {
    /// Adds a batch. On a host device it is sorted out at once; on others it stays where it is.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`](crate::MetricError::Values) if the batch is on a host device and has values
    /// that are at fault; it is then left out. [`MetricError::Device`](crate::MetricError::Device).
    pub(crate) fn add(&mut self, batch: ScoredBatch) -> Result<()> {
        if !is_host(&batch.scores.device()) {
            self.pending.push(batch);
            return Ok(());
        }
        let mut reads = Reads::default();
        batch.register(&mut reads);
        let batch = batch.read(&mut reads.execute()?);
        let before = self.total.len();
        let faults = self.total.classes.add(&batch);
        if faults != Faults::default() {
            self.total.truncate(&before);
        }
        faults.check()?;
        self.total.sorted = false;
        self.total.seen += batch.spec.scores() as u64;
        Ok(())
    }

    /// The number of classes that have scores; 0 before the first.
    pub(crate) fn width(&self) -> usize {
        self.total.classes.len()
    }
}

impl ScoredBatch {
    fn register(&self, reads: &mut Reads) {
        reads.add(self.scores.clone());
        reads.add(self.target.clone());
        if let Some(weights) = &self.weights {
            reads.add(weights.clone());
        }
    }

    fn read(&self, readings: &mut Readings) -> Read {
        let (scores, target) = (readings.take(), readings.take());
        let weights = self.weights.as_ref().map(|_| readings.take());
        Read::new(scores, target, weights, self.spec)
    }
}

impl SidesTotal {
    /// Whether no score came.
    pub(super) fn is_empty(&self) -> bool {
        self.seen == 0
    }

    /// The number of classes.
    pub(super) fn width(&self) -> usize {
        self.classes.len()
    }

    /// The points of each class.
    pub(super) fn points(&self, exclusive: bool) -> Vec<Points> {
        self.classes.points(exclusive)
    }

    /// The points of all classes as one.
    pub(super) fn pooled(&self, exclusive: bool) -> Points {
        self.classes.pooled(exclusive)
    }

    fn len(&self) -> Vec<(usize, usize)> {
        match &self.classes {
            Classes::Single(classes) => classes.iter().map(Sides::len).collect(),
            Classes::Double(classes) => classes.iter().map(Sides::len).collect(),
            Classes::Weighted(classes) => classes.iter().map(Sides::len).collect(),
        }
    }

    fn truncate(&mut self, lengths: &[(usize, usize)]) {
        fn truncate<S: Sample>(classes: &mut Vec<Sides<S>>, lengths: &[(usize, usize)]) {
            classes.truncate(lengths.len());
            let classes = classes.iter_mut().zip(lengths);
            classes.for_each(|(sides, length)| sides.truncate(*length));
        }
        match &mut self.classes {
            Classes::Single(classes) => truncate(classes, lengths),
            Classes::Double(classes) => truncate(classes, lengths),
            Classes::Weighted(classes) => truncate(classes, lengths),
        }
    }
}

impl State for AllScores {
    type Total<'a> = AllCurves<'a>;

    fn merge(&mut self, other: Self) {
        let total = &mut self.total;
        total.seen += other.total.seen;
        total.faults += other.total.faults;
        total.sorted = false;
        total.classes = std::mem::take(&mut total.classes).merge(other.total.classes);
        self.pending.extend(other.pending);
    }

    fn pending(&self, reads: &mut Reads) {
        self.pending.iter().for_each(|batch| batch.register(reads));
    }

    /// Sorts the scores, too: once, however many metrics read them.
    fn absorb(&mut self, readings: &mut Readings) {
        for batch in std::mem::take(&mut self.pending) {
            let batch = batch.read(readings);
            self.total.faults += self.total.classes.add(&batch);
            self.total.seen += batch.spec.scores() as u64;
            self.total.sorted = false;
        }
        if !self.total.sorted {
            self.total.classes.sort();
            self.total.sorted = true;
        }
    }

    fn total(&self) -> AllCurves<'_> {
        AllCurves::new(&self.total)
    }

    fn faults(&self) -> Faults {
        self.total.faults
    }
}

impl Serialize for AllScores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut settled = self.clone();
        state::settle(&mut settled).map_err(ser::Error::custom)?;
        settled.total.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AllScores {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            total: SidesTotal::deserialize(deserializer)?,
            pending: Vec::new(),
        })
    }
}
