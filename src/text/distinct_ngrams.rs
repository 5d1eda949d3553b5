use std::collections::{BTreeSet, HashSet};

use foldhash::fast::FixedState;
use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    TextInput,
    input::SENTENCES,
    ngrams::{check_length, orders},
    words::{split, token},
};
use crate::{Bounds, Meta, Metric, MetricError, Result, Statistic, state::State};

/// Distinct-n: the share of different n-grams among all n-grams of generated texts.
///
/// `different / all`, of words between whitespace, over all texts together. From 0 to 1; higher is more diverse.
///
/// Inputs: [`TextInput`]; the references, if there are any, do not matter ([`TextInput::hypotheses`]). The state keeps a hash of
/// 8 bytes for each different n-gram. Errors: [`MetricError::Empty`] if no text is long enough, [`MetricError::Config`] for
/// n-grams of 0 words.
///
/// # When to use
///
/// Use it to notice a generator that repeats itself. The longer or the more the texts, the lower it is, whoever wrote them:
/// compare only as many words. Random words score best, so look at quality, too.
///
/// Source: Li et al., A diversity-promoting objective function for neural conversation models (2016).
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::{DistinctNGrams, TextInput};
///
/// let texts = TextInput::hypotheses(["I do not know", "I do not think so"]);
/// assert_eq!(DistinctNGrams::new(2).evaluate(texts)?, 5.0 / 7.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "distinct-n")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct DistinctNGrams {
    n: usize,
}

impl DistinctNGrams {
    /// Creates the metric for n-grams of `n` words.
    pub fn new(n: usize) -> Self {
        Self { n }
    }
}

/// Which n-grams came, as hashes, and how many.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenNGrams {
    n: u64,
    #[serde(serialize_with = "in_order", deserialize_with = "hashes")]
    different: HashSet<u64, FixedState>,
}

/// The same bytes for the same set.
fn in_order<S: Serializer>(hashes: &HashSet<u64, FixedState>, to: S) -> Result<S::Ok, S::Error> {
    hashes.iter().collect::<BTreeSet<_>>().serialize(to)
}

fn hashes<'de, D: Deserializer<'de>>(from: D) -> Result<HashSet<u64, FixedState>, D::Error> {
    Vec::deserialize(from).map(|hashes: Vec<u64>| hashes.into_iter().collect())
}

impl State for SeenNGrams {
    type Total<'a> = &'a Self;

    fn merge(&mut self, other: Self) {
        self.n = self.n.saturating_add(other.n);
        self.different.extend(other.different);
    }

    fn total(&self) -> &Self {
        self
    }
}

impl Statistic for DistinctNGrams {
    type Input = TextInput;
    type State = SeenNGrams;

    fn check_state(&self, state: &SeenNGrams) -> Result<()> {
        let different = state.different.len() as u64;
        match different <= state.n {
            true => Ok(()),
            false => Err(MetricError::State {
                expected: format!("at most {} different n-grams", state.n),
                got: different.to_string(),
            }),
        }
    }

    fn update(&self, state: &mut SeenNGrams, input: TextInput) -> Result<()> {
        check_length("n", self.n)?;
        let texts = (0..input.len()).into_par_iter().with_min_len(SENTENCES);
        let grams = texts.map(|i| {
            let words = split(input.sentence(i).hypothesis).map(token);
            let words: Vec<u64> = words.collect();
            orders(&words, self.n).last().unwrap_or_default()
        });
        for grams in grams.collect::<Vec<_>>() {
            state.n = state.n.saturating_add(grams.len() as u64);
            state.different.extend(grams);
        }
        Ok(())
    }
}

impl Metric for DistinctNGrams {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, seen: &SeenNGrams) -> Result<f64> {
        match seen.n {
            0 => Err(MetricError::empty(self.name())),
            n => Ok(seen.different.len() as f64 / n as f64),
        }
    }

    fn meta(&self) -> Meta {
        Meta::new("Distinct")
            .named(format!("Distinct-{}", self.n))
            .higher_is_better()
            .within(Bounds::UNIT)
    }
}

crate::combinator::arithmetic!([] DistinctNGrams);
