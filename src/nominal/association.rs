use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{CategoryColumns, NanStrategy, NominalInput, columns::HostColumns};
use crate::{
    Meta, Metric, MetricError, Result, Statistic,
    state::{Contingency, ContingencyTable},
};

/// Counts how often each pair of categories occurs; the association of two columns is a function of these counts.
///
/// A collection of such metrics with equal [`NanStrategy`] counts each batch once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CategoryPairs {
    nans: NanStrategy,
}

impl CategoryPairs {
    fn check(self) -> Result<()> {
        let valid = self.nans != NanStrategy::Keep;
        let expected = "Error, Ignore or Replace, since a category cannot be NaN";
        MetricError::check_option("nan_strategy", "Keep", valid, expected)?;
        self.nans.check()
    }
}

/// Replaces a NaN by 0, as TorchMetrics does by default.
impl Default for CategoryPairs {
    fn default() -> Self {
        Self {
            nans: NanStrategy::Replace(0.0),
        }
    }
}

impl Statistic for CategoryPairs {
    type Input = NominalInput;
    type State = Contingency;

    fn update(&self, state: &mut Contingency, input: NominalInput) -> Result<()> {
        self.check()?;
        input.check()?;
        state.add(input.preds.0, input.target.0, self.nans)
    }
}

/// A measure of the association of two columns, computed from the table of pairs of categories.
pub trait AssociationFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// Whether exchanging the two columns leaves the value unchanged.
    const SYMMETRIC: bool = true;

    /// Computes the value for a table of at least one sample. Rows are the categories of the target, and columns are
    /// the predicted categories.
    fn score(&self, table: &ContingencyTable) -> f64;

    /// The value of a column with itself in a matrix of associations.
    fn diagonal(&self, _table: &ContingencyTable) -> f64 {
        1.0
    }
}

/// An [`AssociationFormula`] applied to two columns of categories.
///
/// The metrics create it, for example [`CramersV::new`](super::CramersV::new).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Serialize", deserialize = "F: Deserialize<'de>"))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Association<F> {
    pub(super) formula: F,
    pairs: CategoryPairs,
}

impl<F: AssociationFormula + Default> Association<F> {
    /// Creates the metric with its default options.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<F: Default> Default for Association<F> {
    fn default() -> Self {
        Self {
            formula: F::default(),
            pairs: CategoryPairs::default(),
        }
    }
}

impl<F: AssociationFormula> Association<F> {
    /// Sets how NaNs among the categories are handled. By default, they are replaced by 0.
    pub fn nan_strategy(mut self, strategy: NanStrategy) -> Self {
        self.pairs.nans = strategy;
        self
    }

    fn value(&self, table: &ContingencyTable) -> Result<f64> {
        table.check(&self.name())?;
        Ok(self.formula.score(table))
    }

    /// The association of each column as predictions (row of the matrix) with each column as target.
    pub(super) fn matrix(&self, columns: CategoryColumns) -> Result<Vec<Vec<f64>>> {
        self.pairs.check()?;
        let columns = HostColumns::read(columns, self.pairs.nans, &self.formula.meta().name)?;
        let k = columns.len();
        let mut matrix = vec![vec![0.0; k]; k];
        for (i, j) in (0..k).flat_map(|i| (i..k).map(move |j| (i, j))) {
            let table = columns.table(i, j);
            (matrix[i][j], matrix[j][i]) = match (self.value(&table)?, F::SYMMETRIC) {
                _ if i == j => {
                    let own = self.formula.diagonal(&table);
                    (own, own)
                }
                (value, true) => (value, value),
                (value, false) => (value, self.value(&table.transposed())?),
            };
        }
        Ok(matrix)
    }
}

impl<F: AssociationFormula> Metric for Association<F> {
    type Statistic = CategoryPairs;
    type Value = f64;

    fn statistic(&self) -> &CategoryPairs {
        &self.pairs
    }

    fn compute(&self, table: &ContingencyTable) -> Result<f64> {
        self.value(table)
    }

    fn meta(&self) -> Meta {
        self.formula.meta()
    }
}

crate::combinator::arithmetic!([F] Association<F>);

/// Defines the function that computes a matrix of associations.
macro_rules! matrix {
    ($(#[$docs:meta])* $name:ident, $Metric:ty) => {
        $(#[$docs])*
        ///
        /// The shape of `columns` is `[N, features]`. NaNs are replaced or dropped for each pair of columns separately. The
        /// function waits for the device.
        ///
        /// # When to use
        ///
        /// Use it to explore which columns of a table are associated. The more pairs there are, the more likely it is that
        /// a strong association is due to chance, in particular with few rows or many categories.
        ///
        /// # Errors
        ///
        /// [`MetricError::Empty`](crate::MetricError::Empty) if there are no categories, or if no row remains for a
        /// pair of columns.
        pub fn $name(
            metric: &$Metric,
            columns: impl Into<crate::nominal::CategoryColumns>,
        ) -> crate::Result<Vec<Vec<f64>>> {
            metric.matrix(columns.into())
        }
    };
}
pub(super) use matrix;
