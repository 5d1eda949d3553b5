use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{OutputAverage, PairStatistic, PerOutput, Pooled};
use crate::{Meta, Metric, MetricError, Result, Total, state::Part};

/// A score that is a function of what a [`PairStatistic`] keeps of an output.
pub trait PairFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// What the score is a function of.
    type Statistic: PairStatistic;

    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// The default average over outputs, which the name does not mention.
    const AVERAGE: &'static str = "pooled";

    /// What the score is a function of.
    fn statistic(&self) -> &Self::Statistic;

    /// The score of an output of so many samples, which need not be the sum of their weights.
    ///
    /// # Errors
    ///
    /// If it has none for these numbers.
    fn score(&self, part: &<Self::Statistic as PairStatistic>::Part, samples: u64) -> Result<f64>;

    /// The fewest samples for which the score is defined.
    fn fewest(&self) -> u64 {
        1
    }
}

/// A [`PairFormula`] over predicted and true numbers, averaged over the outputs.
///
/// Made by the metrics: [`MeanAbsoluteError::new`](super::MeanAbsoluteError::new) and so on. The value is an `f64`, or
/// one number per output with [`PerOutput`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "F: Serialize, O: Serialize",
    deserialize = "F: Deserialize<'de>, O: Deserialize<'de>"
))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Regression<F, O = Pooled> {
    pub(crate) formula: F,
    pub(crate) outputs: O,
}

impl<F, O> Regression<F, O> {
    /// Averages the scores of the outputs in this way.
    pub fn average<A>(self, average: A) -> Regression<F, A> {
        Regression {
            formula: self.formula,
            outputs: average,
        }
    }

    /// Gives one score per output.
    pub fn per_output(self) -> Regression<F, PerOutput> {
        self.average(PerOutput)
    }
}

impl<F, O> Metric for Regression<F, O>
where
    F: PairFormula,
    O: OutputAverage<<F::Statistic as PairStatistic>::Part>,
{
    type Statistic = F::Statistic;
    type Value = O::Value;

    fn statistic(&self) -> &F::Statistic {
        self.formula.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<O::Value> {
        let parts = total.parts(&self.name())?;
        let (expected, got) = (self.formula.fewest(), total.seen());
        if got < expected {
            let metric = self.name().into_owned();
            return Err(MetricError::TooFew {
                metric,
                expected,
                got,
            });
        }
        if parts.iter().all(|part| part.weight() == 0.0) {
            return Err(MetricError::empty(self.name()));
        }
        O::average(parts, |part, outputs| {
            self.formula.score(part, got * outputs as u64)
        })
    }

    fn meta(&self) -> Meta {
        self.formula.meta().with_other(O::NAME, F::AVERAGE)
    }
}

crate::combinator::arithmetic!([F, O] Regression<F, O>);

/// `new()` and `default()` of a metric whose formula has no options.
macro_rules! constructor {
    ($Metric:ident, $Formula:ident) => {
        impl $Metric {
            /// The metric.
            pub fn new() -> Self {
                Self {
                    formula: $Formula {},
                    outputs: Default::default(),
                }
            }
        }

        impl Default for $Metric {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}
pub(crate) use constructor;
