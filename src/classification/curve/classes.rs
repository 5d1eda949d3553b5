//! The scores of all classes.

use std::sync::Arc;

use burn::tensor::DType;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    partition::{ReadScores, add},
    points::{Points, ScoreForm},
    sample::{Double, Sample, Single, Weighted},
    split_scores::{SplitScores, append, beyond_32_bits, pool},
};
use crate::Faults;

/// The scores of each class, in the smallest type that can hold all of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Classes {
    Single(Vec<SplitScores<Single>>),
    Double(Vec<SplitScores<Double>>),
    Weighted(Vec<SplitScores<Weighted>>),
}

impl Default for Classes {
    fn default() -> Self {
        Self::Single(Vec::new())
    }
}

impl Classes {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Single(classes) => classes.len(),
            Self::Double(classes) => classes.len(),
            Self::Weighted(classes) => classes.len(),
        }
    }

    pub(super) fn into_double(self) -> Vec<SplitScores<Double>> {
        match self {
            Self::Single(classes) => classes.into_iter().map(SplitScores::into).collect(),
            Self::Double(classes) => classes,
            Self::Weighted(_) => unreachable!("weights are kept"),
        }
    }

    pub(super) fn into_weighted(self) -> Vec<SplitScores<Weighted>> {
        match self {
            Self::Single(classes) => classes.into_iter().map(SplitScores::into).collect(),
            Self::Double(classes) => classes.into_iter().map(SplitScores::into).collect(),
            Self::Weighted(classes) => classes,
        }
    }

    pub(super) fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Single(a), Self::Single(b)) => Self::Single(append(a, b)),
            (a @ Self::Weighted(_), b) | (a, b @ Self::Weighted(_)) => {
                Self::Weighted(append(a.into_weighted(), b.into_weighted()))
            }
            (a, b) => Self::Double(append(a.into_double(), b.into_double())),
        }
    }

    /// Whether the type can hold the scores of a batch.
    pub(super) fn holds(&self, batch: &ReadScores) -> bool {
        match self {
            Self::Single(_) => batch.weights.is_none() && batch.scores.dtype() != DType::F64,
            Self::Double(_) => batch.weights.is_none(),
            Self::Weighted(_) => true,
        }
    }

    /// Adds a batch and leaves out its invalid elements.
    pub(super) fn add(&mut self, batch: &ReadScores) -> Faults {
        if !self.holds(batch) {
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

    pub(super) fn sort(&mut self) {
        fn sort<S: Sample>(classes: &mut [SplitScores<S>]) {
            // Many classes are sorted in parallel; few classes are sorted on several threads each.
            let threads = rayon::current_num_threads().div_ceil(classes.len().max(1));
            classes
                .par_iter_mut()
                .for_each(|scores| scores.sort(threads));
        }
        match self {
            Self::Single(classes) => sort(classes),
            Self::Double(classes) => sort(classes),
            Self::Weighted(classes) => sort(classes),
        }
    }

    pub(super) fn points(&self, form: ScoreForm) -> Vec<Arc<Points>> {
        fn points<S: Sample>(classes: &[SplitScores<S>], form: ScoreForm) -> Vec<Arc<Points>> {
            let classes = classes.par_iter();
            let points = |scores: &SplitScores<S>| Arc::new(scores.points(form));
            classes.map(points).collect()
        }
        match self {
            Self::Single(classes) if classes.iter().any(beyond_32_bits) => {
                points(&self.clone().into_double(), form)
            }
            Self::Single(classes) => points(classes, form),
            Self::Double(classes) => points(classes, form),
            Self::Weighted(classes) => points(classes, form),
        }
    }

    /// The points of the scores of all classes together.
    pub(super) fn pooled(&self, form: ScoreForm) -> Arc<Points> {
        let pooled = match self {
            Self::Single(classes) => Self::Single(vec![pool(classes)]),
            Self::Double(classes) => Self::Double(vec![pool(classes)]),
            Self::Weighted(classes) => Self::Weighted(vec![pool(classes)]),
        };
        pooled.points(form).swap_remove(0)
    }

    /// The numbers of positives and negatives of each class.
    pub(super) fn lengths(&self) -> Vec<(usize, usize)> {
        match self {
            Self::Single(classes) => classes.iter().map(SplitScores::len).collect(),
            Self::Double(classes) => classes.iter().map(SplitScores::len).collect(),
            Self::Weighted(classes) => classes.iter().map(SplitScores::len).collect(),
        }
    }

    pub(super) fn truncate(&mut self, lengths: &[(usize, usize)]) {
        fn truncate<S: Sample>(classes: &mut Vec<SplitScores<S>>, lengths: &[(usize, usize)]) {
            classes.truncate(lengths.len());
            let classes = classes.iter_mut().zip(lengths);
            classes.for_each(|(scores, length)| scores.truncate(*length));
        }
        match self {
            Self::Single(classes) => truncate(classes, lengths),
            Self::Double(classes) => truncate(classes, lengths),
            Self::Weighted(classes) => truncate(classes, lengths),
        }
    }
}
