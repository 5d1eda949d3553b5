//! Parts that metrics of ranks share.

use std::fmt::Debug;

use rayon::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{PerOutput, RegressionInput, UniformAverage};
use crate::{
    Meta, Metric, Result, Statistic, Total, Value,
    sealed::Sealed,
    state::{Columns, Floats, Pairs},
};

/// Keeps all pairs of numbers, with their weights, from which rank correlations are computed.
///
/// It keeps 8 bytes per pair (16 for `f64` numbers) and 4 per weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllPairs;

impl Statistic for AllPairs {
    type Input = RegressionInput;
    type State = Pairs;

    fn update(&self, state: &mut Pairs, input: RegressionInput) -> Result<()> {
        if input.check()?.contains(&0) {
            return Ok(());
        }
        let weights = input.row_weights();
        state.add(input.preds, input.target, weights)
    }
}

/// The formula of a [`RankCorrelation`]: a correlation of the ranks of predictions and targets.
///
/// This trait is sealed: only types of this crate implement it.
pub trait RankFormula:
    Sealed + Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The type of the value of an output.
    type Value: Value;

    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// The value of an output.
    #[doc(hidden)]
    fn of(&self, ranks: &RankedPairs) -> Result<Self::Value>;
}

/// The pairs of an output, with at least two samples.
#[derive(Debug)]
pub struct RankedPairs(pub(super) Columns);

/// How the values of several outputs are combined: [`UniformAverage`] or [`PerOutput`].
///
/// This trait is sealed: only types of this crate implement it.
pub trait RankAverage<V>:
    Sealed + Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static
{
    /// The average as part of a metric's name.
    const NAME: &'static str;

    /// The type of the value: one value, or one value per output.
    type Value: Value;

    /// Combines the values of all outputs.
    fn average(values: Vec<V>) -> Self::Value;
}

impl Sealed for UniformAverage {}
impl Sealed for PerOutput {}

impl RankAverage<f64> for UniformAverage {
    const NAME: &'static str = "uniform average";

    type Value = f64;

    fn average(values: Vec<f64>) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }
}

impl<V: Value> RankAverage<V> for PerOutput {
    const NAME: &'static str = "per output";

    type Value = Vec<V>;

    fn average(values: Vec<V>) -> Vec<V> {
        values
    }
}

/// A metric that computes a [`RankFormula`] from predicted and true numbers.
///
/// It is created by [`SpearmanCorrCoef::new`](super::SpearmanCorrCoef::new) and
/// [`KendallRankCorrCoef::new`](super::KendallRankCorrCoef::new).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "F: Serialize, O: Serialize",
    deserialize = "F: Deserialize<'de>, O: Deserialize<'de>"
))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct RankCorrelation<F, O = UniformAverage> {
    pub(super) formula: F,
    pub(super) outputs: O,
}

impl<F, O> RankCorrelation<F, O> {
    /// Computes one value per output instead of the mean.
    pub fn per_output(self) -> RankCorrelation<F, PerOutput> {
        RankCorrelation {
            formula: self.formula,
            outputs: PerOutput,
        }
    }
}

impl<F: RankFormula, O: RankAverage<F::Value>> Metric for RankCorrelation<F, O> {
    type Statistic = AllPairs;
    type Value = O::Value;

    fn statistic(&self) -> &AllPairs {
        &AllPairs
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<O::Value> {
        let outputs = total.outputs(&self.formula.meta().name)?;
        let values = outputs
            .into_par_iter()
            .map(|pairs| self.formula.of(&RankedPairs(pairs)));
        Ok(O::average(values.collect::<Result<_>>()?))
    }

    fn meta(&self) -> Meta {
        self.formula.meta().with_other(O::NAME, "uniform average")
    }
}

crate::combinator::arithmetic!([F, O] RankCorrelation<F, O>);

/// Converts a number to an integer of the same order. Both zeros are equal.
pub(super) fn key32(x: f32) -> u32 {
    let bits = (x + 0.0).to_bits();
    bits ^ ((bits as i32 >> 31) as u32 | 1 << 31)
}

/// See [`key32`].
pub(super) fn key64(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    bits ^ ((bits as i64 >> 63) as u64 | 1 << 63)
}

/// Twice the rank of each number, counted from 1. Equal numbers share the mean of their ranks.
pub(super) fn doubled_ranks(numbers: &Floats) -> Vec<u64> {
    let (mut ranks, mut before) = (vec![0; numbers.len()], 0);
    for_each_tie(numbers, |tie| {
        let n = tie.len() as u64;
        // The ranks are before + 1 to before + n, and their mean is before + (n + 1) / 2.
        tie.iter().for_each(|i| ranks[*i] = 2 * before + n + 1);
        before += n;
    });
    ranks
}

/// The weighted rank of each number: the weight of smaller numbers plus half the weight of equal ones, including the
/// number itself.
pub(super) fn weighted_ranks(numbers: &Floats, weights: &[f64]) -> Vec<f64> {
    let (mut ranks, mut before) = (vec![0.0; numbers.len()], 0.0);
    for_each_tie(numbers, |tie| {
        let weight: f64 = tie.iter().map(|i| weights[*i]).sum();
        tie.iter().for_each(|i| ranks[*i] = before + weight / 2.0);
        before += weight;
    });
    ranks
}

/// Calls `tie` with the indices of each group of equal numbers, in ascending order.
fn for_each_tie(numbers: &Floats, tie: impl FnMut(&[usize])) {
    match numbers {
        Floats::Single(all) if u32::try_from(all.len()).is_ok() => {
            // The index is in the lower half of the key and does not take part in sorting.
            let keyed = all.iter().enumerate();
            let mut keyed: Vec<u64> = keyed
                .map(|(i, x)| u64::from(key32(*x)) << 32 | i as u64)
                .collect();
            radsort::sort_by_key(&mut keyed, |keyed| (keyed >> 32) as u32);
            let pairs = keyed.iter();
            group(
                pairs.map(|keyed| (keyed >> 32, *keyed as u32 as usize)),
                tie,
            );
        }
        Floats::Single(all) => {
            let all = all.iter().map(|x| f64::from(*x)).collect();
            for_each_tie(&Floats::Double(all), tie);
        }
        Floats::Double(all) => {
            let mut keyed: Vec<_> = all.iter().map(|x| key64(*x)).enumerate().collect();
            radsort::sort_by_key(&mut keyed, |(_, key)| *key);
            group(keyed.iter().map(|(i, key)| (*key, *i)), tie);
        }
    }
}

/// Calls `tie` with the indices of each group of equal keys.
fn group(sorted: impl Iterator<Item = (u64, usize)>, mut tie: impl FnMut(&[usize])) {
    let mut indices: Vec<usize> = Vec::new();
    let mut last = None;
    for (key, i) in sorted {
        if last != Some(key) {
            tie(&indices);
            indices.clear();
            last = Some(key);
        }
        indices.push(i);
    }
    tie(&indices);
}
