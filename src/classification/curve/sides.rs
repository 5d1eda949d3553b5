use std::{cmp::Ordering, ops::AddAssign, sync::Arc};

use burn::tensor::{DType, Int, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    one_vs_rest::AllCurves,
    points::{Points, Store},
};
use crate::{
    Faults, Result,
    encoding::packed::{self, Packed},
    ops::{HostTensor, ScoreSpec, is_host},
    state::{Deferred, Fold, Pending, Readings, Reads},
};

/// A batch of scores with their targets, on its device.
#[derive(Debug, Clone)]
pub struct ScoredBatch {
    /// `[samples * width * inner]`.
    pub(crate) scores: Tensor<1>,
    /// One per score; of a task with exclusive classes, `[samples * inner]`.
    pub(crate) target: Tensor<1, Int>,
    /// `[samples]`.
    pub(crate) weights: Option<Tensor<1>>,
    pub(crate) spec: ScoreSpec,
}

/// All scores: those of the positives and those of the negatives of each class, apart, so that no label
/// need be kept.
///
/// 4 bytes per score (8 for `f64` scores, 16 with weights) and at most an eighth of that for growth. Scores on
/// a GPU stay there, with their targets, until they are read, once.
pub type AllScores = Deferred<SidesTotal>;

/// The host form of [`AllScores`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SidesTotal {
    faults: Faults,
    classes: Classes,
    #[serde(skip)]
    sorted: bool,
}

/// The scores of each class, in the least type that holds all of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Classes {
    Single(Vec<Sides<Single>>),
    Double(Vec<Sides<Double>>),
    Weighted(Vec<Sides<Weighted>>),
}

impl Default for Classes {
    fn default() -> Self {
        Self::Single(Vec::new())
    }
}

/// The scores of a class: of what is of it and of what is not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(bound = "S: Sample")]
struct Sides<S> {
    #[serde(with = "packed")]
    positive: Vec<S>,
    #[serde(with = "packed")]
    negative: Vec<S>,
}

/// A score, perhaps with a weight.
trait Sample: Packed + Default + Send + Sync + Serialize + DeserializeOwned {
    /// Orders scores as integers, which sort faster than floats.
    type Key: Ord + Copy;
    /// A score.
    type Float: Copy + Default + Into<f64>;
    /// A number of samples, or the sum of their weights.
    type Sum: Copy + Default + AddAssign;

    fn new(score: f64, weight: f64) -> Self;

    fn key(self) -> Self::Key;

    fn score(key: Self::Key) -> Self::Float;

    /// Whether samples have weights.
    const WEIGHTED: bool = false;

    /// What a sample counts.
    fn count(self) -> Self::Sum;

    fn weight(self) -> f64 {
        1.0
    }

    /// By key, and so that sums do not depend on the order of updates.
    fn order(&self, other: &Self) -> Ordering;

    /// Sorts on this thread.
    fn sort(samples: &mut [Self]) {
        samples.sort_unstable_by(Self::order);
    }

    fn store(thresholds: Vec<Self::Float>, sums: Vec<[Self::Sum; 2]>) -> Store;
}

/// A score as an integer of the same order. Zeros are equal, whatever their sign.
macro_rules! ordered {
    (
        $Ordered:ident, $Float:ty, $Bits:ty, $Signed:ty, $Sum:ty, $one:literal, $Store:ident
        $(, $sort:item)?
    ) => {
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        struct $Ordered($Bits);

        impl From<f64> for $Ordered {
            #[inline(always)]
            fn from(score: f64) -> Self {
                let bits = (score as $Float + 0.0).to_bits();
                // All bits of negative numbers are flipped, the sign of the others.
                let sign = 1 << (<$Bits>::BITS - 1);
                Self(bits ^ ((bits as $Signed >> (<$Bits>::BITS - 1)) as $Bits | sign))
            }
        }

        impl From<$Ordered> for f64 {
            #[inline(always)]
            fn from(ordered: $Ordered) -> Self {
                let sign = 1 << (<$Bits>::BITS - 1);
                let bits = match ordered.0 & sign {
                    0 => !ordered.0,
                    _ => ordered.0 ^ sign,
                };
                <$Float>::from_bits(bits).into()
            }
        }

        impl Packed for $Ordered {
            const BYTES: usize = <$Bits>::BYTES;

            fn pack(self, bytes: &mut Vec<u8>) {
                self.0.pack(bytes);
            }

            fn unpack(bytes: &[u8]) -> Self {
                Self(Packed::unpack(bytes))
            }
        }

        impl Sample for $Ordered {
            type Key = Self;
            type Float = $Float;
            type Sum = $Sum;

            #[inline(always)]
            fn new(score: f64, _weight: f64) -> Self {
                score.into()
            }

            #[inline(always)]
            fn key(self) -> Self {
                self
            }

            #[inline(always)]
            fn score(key: Self) -> $Float {
                f64::from(key) as $Float
            }

            #[inline(always)]
            fn count(self) -> $Sum {
                $one
            }

            #[inline(always)]
            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }

            $($sort)?

            fn store(thresholds: Vec<$Float>, sums: Vec<[$Sum; 2]>) -> Store {
                Store::$Store(thresholds, sums)
            }
        }
    };
}

ordered!(
    Single,
    f32,
    u32,
    i32,
    u32,
    1,
    Counts,
    // For integers so short, twice as fast as comparing them.
    fn sort(samples: &mut [Self]) {
        match samples.len() {
            0..BLOCK => samples.sort_unstable(),
            _ => radsort::sort_by_key(samples, |sample| sample.0),
        }
    }
);
ordered!(Double, f64, u64, i64, f64, 1.0, Sums);

/// A score and its weight.
type Weighted = (Double, f64);

impl Packed for Weighted {
    const BYTES: usize = Double::BYTES + f64::BYTES;

    fn pack(self, bytes: &mut Vec<u8>) {
        self.0.pack(bytes);
        self.1.pack(bytes);
    }

    fn unpack(bytes: &[u8]) -> Self {
        let (score, weight) = bytes.split_at(Double::BYTES);
        (Packed::unpack(score), Packed::unpack(weight))
    }
}

impl Sample for Weighted {
    const WEIGHTED: bool = true;

    type Key = Double;
    type Float = f64;
    type Sum = f64;

    fn new(score: f64, weight: f64) -> Self {
        (score.into(), weight)
    }

    fn key(self) -> Double {
        self.0
    }

    fn score(key: Double) -> f64 {
        key.into()
    }

    fn count(self) -> f64 {
        self.1
    }

    fn weight(self) -> f64 {
        self.1
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.0.cmp(&other.0)).then(self.1.total_cmp(&other.1))
    }

    fn store(thresholds: Vec<f64>, sums: Vec<[f64; 2]>) -> Store {
        Store::Sums(thresholds, sums)
    }
}

/// Scores are sorted out in blocks of so many, which stay in the first-level cache.
const BLOCK: usize = 1024;
/// Scores that the second-level cache holds.
const CHUNK: usize = 1 << 18;
/// Fewer scores are not worth a thread.
const PARALLEL: usize = 1 << 15;

/// Sorts on so many threads.
fn sort<S: Sample>(samples: &mut [S], threads: usize) {
    if threads < 2 || samples.len() < PARALLEL {
        return S::sort(samples);
    }
    let of_first = threads / 2;
    let middle = samples.len() / threads * of_first;
    samples.select_nth_unstable_by(middle, S::order);
    let (first, second) = samples.split_at_mut(middle);
    rayon::join(
        || sort(first, of_first),
        || sort(second, threads - of_first),
    );
}

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
            samples
                .map(|s| T::new(S::score(s.key()).into(), s.weight()))
                .collect()
        };
        Sides {
            positive: convert(self.positive),
            negative: convert(self.negative),
        }
    }

    /// Makes room for so many more.
    fn reserve(&mut self, positives: usize, negatives: usize) {
        reserve(&mut self.positive, positives);
        reserve(&mut self.negative, negatives);
    }

    /// Adds up to [`BLOCK`] samples, each of which is positive, negative or left out, without branches.
    #[inline(always)]
    fn partition(
        &mut self,
        samples: impl Iterator<Item = S>,
        sides: impl Iterator<Item = (bool, bool)>,
    ) {
        let mut all = [S::default(); BLOCK];
        let (mut positive, mut negative) = (all, all);
        // On its own, so that it is vectorized.
        all.iter_mut()
            .zip(samples)
            .for_each(|(to, sample)| *to = sample);
        let (mut p, mut n) = (0, 0);
        for (sample, (is_positive, is_negative)) in all.iter().zip(sides) {
            positive[p % BLOCK] = *sample;
            negative[n % BLOCK] = *sample;
            p += usize::from(is_positive);
            n += usize::from(is_negative);
        }
        extend(&mut self.positive, &positive[..p]);
        extend(&mut self.negative, &negative[..n]);
    }

    fn sort(&mut self, threads: usize) {
        let all = self.positive.len() + self.negative.len();
        let share = |samples: &[S]| (threads * samples.len()).div_ceil(all.max(1));
        let (positive, negative) = (&mut self.positive, &mut self.negative);
        let threads = match threads {
            0 | 1 => (1, 1),
            _ => (share(positive), share(negative)),
        };
        rayon::join(|| sort(positive, threads.0), || sort(negative, threads.1));
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
        let (positive, negative) = (&self.positive[..], &self.negative[..]);
        let (mut p, mut n) = (positive.len(), negative.len());
        let mut thresholds = vec![S::Float::default(); p + n];
        let mut sums = vec![[S::Sum::default(); 2]; p + n];
        let highest = [positive.last(), negative.last()];
        let Some(mut last) = highest.into_iter().flatten().map(|s| s.key()).max() else {
            return Points::exact(S::store(thresholds, sums), exclusive, S::WEIGHTED);
        };
        let (mut at, mut tp, mut fp) = (0, S::Sum::default(), S::Sum::default());
        // One sample a round, without branches that depend on scores: a point is overwritten as long as its score lasts.
        let mut add = |key: S::Key, sum: [S::Sum; 2]| {
            at += usize::from(key != last);
            last = key;
            thresholds[at] = S::score(key);
            sums[at] = sum;
        };
        while p > 0 && n > 0 {
            let (a, b) = (positive[p - 1], negative[n - 1]);
            let is_negative = b.key() > a.key();
            let none = S::Sum::default();
            p -= usize::from(!is_negative);
            n -= usize::from(is_negative);
            tp += if is_negative { none } else { a.count() };
            fp += if is_negative { b.count() } else { none };
            add(if is_negative { b.key() } else { a.key() }, [tp, fp]);
        }
        for sample in positive[..p].iter().rev() {
            tp += sample.count();
            add(sample.key(), [tp, fp]);
        }
        for sample in negative[..n].iter().rev() {
            fp += sample.count();
            add(sample.key(), [tp, fp]);
        }
        thresholds.truncate(at + 1);
        sums.truncate(at + 1);
        if at < (positive.len() + negative.len()) / 2 {
            thresholds.shrink_to_fit();
            sums.shrink_to_fit();
        }
        Points::exact(S::store(thresholds, sums), exclusive, S::WEIGHTED)
    }
}

/// Appends without doubling, so that little memory is unused.
fn extend<S: Copy>(to: &mut Vec<S>, from: &[S]) {
    reserve(to, from.len());
    to.extend_from_slice(from);
}

fn reserve<S>(samples: &mut Vec<S>, more: usize) {
    if samples.capacity() - samples.len() < more {
        samples.reserve_exact(more.max(samples.len() / 8));
    }
}

impl Classes {
    fn len(&self) -> usize {
        match self {
            Self::Single(classes) => classes.len(),
            Self::Double(classes) => classes.len(),
            Self::Weighted(classes) => classes.len(),
        }
    }

    fn into_double(self) -> Vec<Sides<Double>> {
        match self {
            Self::Single(classes) => classes.into_iter().map(Sides::into).collect(),
            Self::Double(classes) => classes,
            Self::Weighted(_) => unreachable!("weights are kept"),
        }
    }

    fn into_weighted(self) -> Vec<Sides<Weighted>> {
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

    /// Whether the type holds a batch.
    fn fits(&self, batch: &ReadScores) -> bool {
        match self {
            Self::Single(_) => batch.weights.is_none() && batch.scores.dtype() != DType::F64,
            Self::Double(_) => batch.weights.is_none(),
            Self::Weighted(_) => true,
        }
    }

    /// Adds a batch; what is at fault is left out.
    fn add(&mut self, batch: &ReadScores) -> Faults {
        if !self.fits(batch) {
            let classes = std::mem::take(self);
            *self = match batch.weights {
                None => Self::Double(classes.into_double()),
                Some(_) => Self::Weighted(classes.into_weighted()),
            };
        }
        match self {
            Self::Single(classes) => add(classes, batch),
            Self::Double(classes) => add(classes, batch),
            Self::Weighted(classes) => add(classes, batch),
        }
    }

    fn sort(&mut self) {
        fn sort<S: Sample>(classes: &mut [Sides<S>]) {
            // Many classes are sorted side by side, few on several threads each.
            let threads = rayon::current_num_threads().div_ceil(classes.len().max(1));
            classes.par_iter_mut().for_each(|sides| sides.sort(threads));
        }
        match self {
            Self::Single(classes) => sort(classes),
            Self::Double(classes) => sort(classes),
            Self::Weighted(classes) => sort(classes),
        }
    }

    fn points(&self, exclusive: bool) -> Vec<Arc<Points>> {
        fn points<S: Sample>(classes: &[Sides<S>], exclusive: bool) -> Vec<Arc<Points>> {
            let classes = classes.par_iter();
            let points = |sides: &Sides<S>| Arc::new(sides.points(exclusive));
            classes.map(points).collect()
        }
        match self {
            Self::Single(classes) if classes.iter().any(beyond_32_bits) => {
                points(&self.clone().into_double(), exclusive)
            }
            Self::Single(classes) => points(classes, exclusive),
            Self::Double(classes) => points(classes, exclusive),
            Self::Weighted(classes) => points(classes, exclusive),
        }
    }

    /// The points of the scores of all classes together.
    fn pooled(&self, exclusive: bool) -> Arc<Points> {
        let pooled = match self {
            Self::Single(classes) => Self::Single(vec![pool(classes)]),
            Self::Double(classes) => Self::Double(vec![pool(classes)]),
            Self::Weighted(classes) => Self::Weighted(vec![pool(classes)]),
        };
        pooled.points(exclusive).swap_remove(0)
    }
}

/// Whether there are more samples than a `u32` can count.
fn beyond_32_bits(sides: &Sides<Single>) -> bool {
    let (positives, negatives) = sides.len();
    positives.max(negatives) > u32::MAX as usize
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
    pooled.sort(rayon::current_num_threads());
    pooled
}

/// A [`ScoredBatch`] in host memory.
#[derive(Debug)]
pub struct ReadScores {
    scores: HostTensor,
    target: HostTensor,
    weights: Option<Vec<f64>>,
    spec: ScoreSpec,
}

/// Adds the scores of a batch to their sides.
fn add<S: Sample>(classes: &mut Vec<Sides<S>>, batch: &ReadScores) -> Faults {
    classes.resize_with(batch.spec.width.max(classes.len()), Sides::default);
    match batch.scores.dtype() {
        DType::F64 => add_scores(classes, &batch.scores.read::<f64>(), batch),
        // Half precision is single precision from here on.
        _ => add_scores(classes, &batch.scores.read::<f32>(), batch),
    }
}

fn add_scores<S: Sample, N: Copy + Into<f64> + Sync>(
    classes: &mut [Sides<S>],
    scores: &[N],
    batch: &ReadScores,
) -> Faults {
    let (spec, target) = (batch.spec, batch.target.read());
    // A loop of its own for each, so that weights cost nothing where there are none.
    match (&batch.weights, spec.exclusive) {
        (None, false) => add_labels(classes, scores, &target, spec, false, |_| 1.0),
        (None, true) => add_classes(classes, scores, &target, spec, |_| 1.0),
        (Some(w), false) => add_labels(classes, scores, &target, spec, true, |sample| w[sample]),
        (Some(w), true) => add_classes(classes, scores, &target, spec, |sample| w[sample]),
    }
}

/// What is wrong with a target, or else whether it counts.
#[inline(always)]
fn judge(label: i64, nan: bool, weight: f64, spec: ScoreSpec, faults: &mut Faults) -> bool {
    let counts = spec.ignore_index != Some(label);
    let is_label = (0..spec.labels() as i64).contains(&label);
    let nan = nan | weight.is_nan();
    faults.labels += u64::from(counts & !is_label);
    faults.nans += u64::from(counts & is_label & nan);
    // What weighs nothing is no point of a curve.
    counts & is_label & !nan & (weight != 0.0)
}

/// Adds scores that each have a target of their own.
fn add_labels<S: Sample, N: Copy + Into<f64> + Sync>(
    classes: &mut [Sides<S>],
    scores: &[N],
    target: &[i64],
    spec: ScoreSpec,
    weighted: bool,
    weight_of: impl Fn(usize) -> f64 + Sync,
) -> Faults {
    let (width, inner) = (spec.width, spec.extent.inner);
    let elements = spec.extent.samples * inner;
    // Nothing but NaN and what is no label is left out.
    let simple = !weighted && !matches!(spec.ignore_index, Some(0 | 1));
    let chunk = (CHUNK / width).max(BLOCK);
    let mut faults = Faults::default();
    for start in (0..elements).step_by(chunk) {
        let chunk = start..elements.min(start + chunk);
        let add = |(class, sides): (usize, &mut Sides<S>)| {
            let place = |at: usize| (at / inner * width + class) * inner + at % inner;
            let positives = chunk.clone().filter(|at| target[place(*at)] == 1).count();
            sides.reserve(positives, chunk.len() - positives);
            let mut faults = Faults::default();
            for start in chunk.clone().step_by(BLOCK) {
                let block = start..chunk.end.min(start + BLOCK);
                if simple && width == 1 && plain(&scores[block.clone()], &target[block.clone()]) {
                    let samples = scores[block.clone()]
                        .iter()
                        .map(|s| S::new((*s).into(), 1.0));
                    let side = |label: &i64| (*label == 1, *label == 0);
                    sides.partition(samples, target[block].iter().map(side));
                    continue;
                }
                let sample = |at: usize| S::new(scores[place(at)].into(), weight_of(at / inner));
                let side = |at: usize| {
                    let label = target[place(at)];
                    let nan = f64::is_nan(scores[place(at)].into());
                    let good = judge(label, nan, weight_of(at / inner), spec, &mut faults);
                    (good & (label == 1), good & (label == 0))
                };
                sides.partition(block.clone().map(sample), block.map(side));
            }
            faults
        };
        let sum = |mut a: Faults, b: Faults| {
            a += b;
            a
        };
        faults += match chunk.len() * width < PARALLEL || width == 1 {
            true => classes
                .iter_mut()
                .enumerate()
                .map(add)
                .fold(Faults::default(), sum),
            false => (classes.par_iter_mut().enumerate().map(add)).reduce(Faults::default, sum),
        };
    }
    faults
}

/// Whether all targets are labels and all scores numbers.
fn plain<N: Copy + Into<f64>>(scores: &[N], target: &[i64]) -> bool {
    let labels = (target.iter()).fold(true, |all, label| all & (*label as u64 <= 1));
    let nan = |any, score: &N| any | f64::is_nan((*score).into());
    labels && !scores.iter().fold(false, nan)
}

/// Adds scores of elements that each have one class.
fn add_classes<S: Sample, N: Copy + Into<f64> + Sync>(
    classes: &mut [Sides<S>],
    scores: &[N],
    target: &[i64],
    spec: ScoreSpec,
    weight_of: impl Fn(usize) -> f64 + Sync,
) -> Faults {
    let (width, inner) = (spec.width, spec.extent.inner);
    let first = |at: usize| at / inner * width * inner + at % inner;
    let is_nan = |score: &N| f64::is_nan((*score).into());
    let any_nan = scores.iter().fold(false, |any, score| any | is_nan(score));
    let mut faults = Faults::default();
    // First what is wrong with the elements of a chunk, then their scores, class by class.
    let chunk = (CHUNK / width).max(BLOCK);
    let mut labels = Vec::with_capacity(chunk.min(target.len()));
    for (start, target) in (0..).step_by(chunk).zip(target.chunks(chunk)) {
        labels.clear();
        labels.extend(target.iter().enumerate().map(|(i, label)| {
            let at = start + i;
            let mut row = scores[first(at)..].iter().step_by(inner).take(width);
            let nan = any_nan && row.any(is_nan);
            let good = judge(*label, nan, weight_of(at / inner), spec, &mut faults);
            if good { *label } else { -1 }
        }));
        let add = |(class, sides): (usize, &mut Sides<S>)| {
            let class_label = class as i64;
            let positives = labels.iter().filter(|label| **label == class_label);
            let positives = positives.count();
            sides.reserve(positives, labels.len() - positives);
            for (start, labels) in (start..).step_by(BLOCK).zip(labels.chunks(BLOCK)) {
                let samples = (start..start + labels.len()).map(|at| {
                    let score = scores[first(at) + class * inner].into();
                    S::new(score, weight_of(at / inner))
                });
                let side = |label: &i64| {
                    let positive = *label == class_label;
                    (positive, (*label >= 0) & !positive)
                };
                sides.partition(samples, labels.iter().map(side));
            }
        };
        if labels.len() * width < PARALLEL {
            classes.iter_mut().enumerate().for_each(add);
        } else {
            classes.par_iter_mut().enumerate().for_each(add);
        }
    }
    faults
}

impl Pending for ScoredBatch {
    type Read = ReadScores;

    fn is_ready(&self) -> bool {
        is_host(&self.scores.device())
    }

    fn bytes(&self) -> usize {
        let weights = self.weights.as_ref();
        self.scores.dims()[0] * self.scores.dtype().size()
            + self.target.dims()[0] * self.target.dtype().size()
            + weights.map_or(0, |weights| weights.dims()[0] * weights.dtype().size())
    }

    fn register(&self, reads: &mut Reads) {
        reads.add(self.scores.clone());
        reads.add(self.target.clone());
        if let Some(weights) = &self.weights {
            reads.add(weights.clone());
        }
    }

    fn read(self, readings: &mut Readings) -> ReadScores {
        let (scores, target) = (readings.take(), readings.take());
        let weights = self.weights.map(|_| readings.take());
        ReadScores {
            scores,
            target,
            weights: weights.map(|weights| weights.read().into_owned()),
            spec: self.spec,
        }
    }
}

impl SidesTotal {
    /// Whether no score counts.
    pub(super) fn is_empty(&self) -> bool {
        self.len().iter().all(|length| *length == (0, 0))
    }

    /// The number of classes.
    pub(super) fn width(&self) -> usize {
        self.classes.len()
    }

    /// The points of each class.
    pub(super) fn points(&self, exclusive: bool) -> Vec<Arc<Points>> {
        self.classes.points(exclusive)
    }

    /// The points of all classes as one.
    pub(super) fn pooled(&self, exclusive: bool) -> Arc<Points> {
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

impl Fold for SidesTotal {
    type Pending = ScoredBatch;
    type View<'a> = AllCurves<'a>;

    const LIMIT: usize = usize::MAX;

    fn add(&mut self, batch: ReadScores) {
        self.faults += self.classes.add(&batch);
        self.sorted = false;
    }

    fn try_add(&mut self, batch: ReadScores) -> Result<()> {
        if self.classes.fits(&batch) {
            let before = self.len();
            let faults = self.classes.add(&batch);
            if faults != Faults::default() {
                self.truncate(&before);
            }
            faults.check()?;
        } else {
            // What is there changes its type only if the batch is good.
            let mut classes = Classes::default();
            classes.add(&batch).check()?;
            self.classes = std::mem::take(&mut self.classes).merge(classes);
        }
        self.sorted = false;
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.faults += other.faults;
        self.sorted = false;
        self.classes = std::mem::take(&mut self.classes).merge(other.classes);
    }

    /// Sorts the scores: once, however many metrics read them.
    fn finish(&mut self) {
        if !self.sorted {
            self.classes.sort();
            self.sorted = true;
        }
    }

    fn view(&self) -> AllCurves<'_> {
        AllCurves::new(self)
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}
