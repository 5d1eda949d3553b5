use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::ClusteringInput;
use crate::{
    Meta, Metric, Result, Statistic,
    state::{Contingency, ContingencyTable, Labels, NanStrategy},
};

/// How often each pair of labels came: what the agreement of two clusterings is a function of.
///
/// A collection of such metrics counts each batch once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelPairs;

impl Statistic for LabelPairs {
    type Input = ClusteringInput;
    type State = Contingency;

    fn update(&self, state: &mut Contingency, input: ClusteringInput) -> Result<()> {
        input.check()?;
        let (preds, target) = (Labels::Int(input.preds), Labels::Int(input.target));
        // Integers are never NaN.
        state.add(preds, target, NanStrategy::Drop)
    }
}

/// A measure of agreement that is a function of the table of pairs of labels.
pub trait AgreementFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// The value for a table of at least one sample: rows are the target's clusters, columns the predicted ones.
    ///
    /// # Errors
    ///
    /// If the configuration has no meaning.
    fn score(&self, table: &ContingencyTable) -> Result<f64>;
}

/// An [`AgreementFormula`] over two clusterings.
///
/// Made by the metrics: [`RandScore::new`](super::RandScore::new) and so on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Serialize", deserialize = "F: Deserialize<'de>"))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Agreement<F> {
    pub(super) formula: F,
}

impl<F: AgreementFormula> Metric for Agreement<F> {
    type Statistic = LabelPairs;
    type Value = f64;

    fn statistic(&self) -> &LabelPairs {
        &LabelPairs
    }

    fn compute(&self, table: &ContingencyTable) -> Result<f64> {
        table.check(&self.name())?;
        self.formula.score(table)
    }

    fn meta(&self) -> Meta {
        self.formula.meta()
    }
}

crate::combinator::arithmetic!([F] Agreement<F>);

/// `new()` and `default()` of a metric whose formula has no options, or usual ones.
macro_rules! constructor {
    ($Metric:ident) => {
        impl $Metric {
            /// The metric.
            pub fn new() -> Self {
                Self {
                    formula: Default::default(),
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
pub(super) use constructor;
