//! The scores of one class, with positives and negatives apart.

use serde::{Deserialize, Serialize};

use super::{
    points::{Points, ScoreForm},
    sample::{BLOCK, Sample, Single, sort},
};
use crate::encoding::packed;

/// The scores of the positives and of the negatives of a class.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(bound = "S: Sample")]
pub(super) struct SplitScores<S> {
    #[serde(with = "packed")]
    pub(super) positive: Vec<S>,
    #[serde(with = "packed")]
    pub(super) negative: Vec<S>,
}

impl<S: Sample> SplitScores<S> {
    pub(super) fn append(&mut self, other: Self) {
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

    pub(super) fn into<T: Sample>(self) -> SplitScores<T> {
        let convert = |samples: Vec<S>| {
            let samples = samples.into_iter();
            samples
                .map(|s| T::new(S::score(s.key()).into(), s.weight()))
                .collect()
        };
        SplitScores {
            positive: convert(self.positive),
            negative: convert(self.negative),
        }
    }

    /// Reserves memory for so many more samples.
    pub(super) fn reserve(&mut self, positives: usize, negatives: usize) {
        reserve(&mut self.positive, positives);
        reserve(&mut self.negative, negatives);
    }

    /// Adds up to [`BLOCK`] samples, each of which is positive, negative or left out, without branches.
    #[inline(always)]
    pub(super) fn partition(
        &mut self,
        samples: impl Iterator<Item = S>,
        targets: impl Iterator<Item = (bool, bool)>,
    ) {
        let mut all = [S::default(); BLOCK];
        let (mut positive, mut negative) = (all, all);
        // This is a loop of its own, so that it is vectorized.
        all.iter_mut()
            .zip(samples)
            .for_each(|(to, sample)| *to = sample);
        let (mut p, mut n) = (0, 0);
        for (sample, (is_positive, is_negative)) in all.iter().zip(targets) {
            positive[p % BLOCK] = *sample;
            negative[n % BLOCK] = *sample;
            p += usize::from(is_positive);
            n += usize::from(is_negative);
        }
        extend(&mut self.positive, &positive[..p]);
        extend(&mut self.negative, &negative[..n]);
    }

    pub(super) fn sort(&mut self, threads: usize) {
        let all = self.positive.len() + self.negative.len();
        let share = |samples: &[S]| (threads * samples.len()).div_ceil(all.max(1));
        let (positive, negative) = (&mut self.positive, &mut self.negative);
        let threads = match threads {
            0 | 1 => (1, 1),
            _ => (share(positive), share(negative)),
        };
        rayon::join(|| sort(positive, threads.0), || sort(negative, threads.1));
    }

    pub(super) fn truncate(&mut self, (positive, negative): (usize, usize)) {
        self.positive.truncate(positive);
        self.negative.truncate(negative);
    }

    pub(super) fn len(&self) -> (usize, usize) {
        (self.positive.len(), self.negative.len())
    }

    /// Merges positives and negatives, which are sorted, into one point per distinct score.
    pub(super) fn points(&self, form: ScoreForm) -> Points {
        let (positive, negative) = (&self.positive[..], &self.negative[..]);
        let (mut p, mut n) = (positive.len(), negative.len());
        let mut thresholds = vec![S::Float::default(); p + n];
        let mut sums = vec![[S::Sum::default(); 2]; p + n];
        let highest = [positive.last(), negative.last()];
        let Some(mut last) = highest.into_iter().flatten().map(|s| s.key()).max() else {
            return Points::exact(S::store(thresholds, sums), form, S::WEIGHTED);
        };
        let (mut at, mut tp, mut fp) = (0, S::Sum::default(), S::Sum::default());
        // Each round adds one sample, without branches that depend on scores: a point is overwritten until the score
        // changes.
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
        Points::exact(S::store(thresholds, sums), form, S::WEIGHTED)
    }
}

/// Appends without doubling the capacity, so that little memory is unused.
pub(super) fn extend<S: Copy>(to: &mut Vec<S>, from: &[S]) {
    reserve(to, from.len());
    to.extend_from_slice(from);
}

pub(super) fn reserve<S>(samples: &mut Vec<S>, more: usize) {
    if samples.capacity() - samples.len() < more {
        samples.reserve_exact(more.max(samples.len() / 8));
    }
}

/// Whether there are more samples than a `u32` can count.
pub(super) fn beyond_32_bits(scores: &SplitScores<Single>) -> bool {
    let (positives, negatives) = scores.len();
    positives.max(negatives) > u32::MAX as usize
}

pub(super) fn append<S: Sample>(
    mut a: Vec<SplitScores<S>>,
    b: Vec<SplitScores<S>>,
) -> Vec<SplitScores<S>> {
    a.resize_with(a.len().max(b.len()), SplitScores::default);
    a.iter_mut().zip(b).for_each(|(a, b)| a.append(b));
    a
}

/// Pools the scores of all classes as those of one class.
pub(super) fn pool<S: Sample>(classes: &[SplitScores<S>]) -> SplitScores<S> {
    let side =
        |side: fn(&SplitScores<S>) -> &Vec<S>| classes.iter().flat_map(side).copied().collect();
    let mut pooled = SplitScores {
        positive: side(|class| &class.positive),
        negative: side(|class| &class.negative),
    };
    pooled.sort(rayon::current_num_threads());
    pooled
}
