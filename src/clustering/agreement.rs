use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::ClusteringInput;
use crate::{
    Meta, Metric, NanStrategy, Result, Statistic,
    state::{Contingency, ContingencyTable, Labels},
};

/// Counts how often each pair of labels occurs; the agreement of two clusterings is a function of these counts.
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
        state.add(preds, target, NanStrategy::Ignore)
    }
}

/// A measure of the agreement of two clusterings, computed from the table of pairs of labels.
pub trait AgreementFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// Computes the value for a table of at least one sample. Rows are the clusters of the target, and columns are the
    /// predicted clusters.
    ///
    /// # Errors
    ///
    /// If an option has an invalid value.
    fn score(&self, table: &ContingencyTable) -> Result<f64>;
}

/// An [`AgreementFormula`] applied to two clusterings.
///
/// The metrics create it, for example [`RandScore::new`](super::RandScore::new).
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

/// Defines `new()` and `default()` for a metric whose formula has a default.
macro_rules! constructor {
    ($Metric:ident) => {
        impl $Metric {
            /// Creates the metric with its default options.
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
