use serde::{Deserialize, Serialize};

use super::{
    Agreement, AgreementFormula, agreement::constructor, expected::expected_mutual_information,
};
use crate::{Bounds, Meta, Result, state::ContingencyTable};

/// The mutual information of two clusterings, in nats: `sum_ij n_ij/n ln(n n_ij / (a_i b_j))`.
///
/// `n_ij` samples are in cluster i of the target, which has `a_i`, and in predicted cluster j, which has `b_j`. From 0,
/// higher is better; at most the entropy of either clustering.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MutualInfoScore`; scikit-learn's `mutual_info_score`.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([5, 5, 3, 3], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
///
/// let information = MutualInfoScore::new().evaluate((preds, target))?;
/// assert!((information - 2f64.ln()).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MutualInfoScore = Agreement<MutualInfo>;

/// The mutual information as a share of the mean of both entropies: `MI / mean(H(target), H(preds))`.
///
/// From 0 to 1, higher is better; 1 of equal partitions, which two clusterings of one cluster each are, too.
///
/// Options: [`average_method`](Self::average_method), by default the arithmetic mean. Inputs:
/// [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `NormalizedMutualInfoScore`, which gives 0 for one cluster on each side; scikit-learn's
/// `normalized_mutual_info_score`, which gives 1.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([0, 1, 2, 3], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
///
/// let score = NormalizedMutualInfoScore::new().average_method(AverageMethod::Max);
/// assert_eq!(score.evaluate((preds, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type NormalizedMutualInfoScore = Agreement<NormalizedMutualInfo>;

/// The mutual information beyond that of chance: `(MI - E[MI]) / (mean(H(target), H(preds)) - E[MI])`.
///
/// The expectation is over all clusterings with clusters of these sizes. Up to 1, higher is better; around 0 for
/// unrelated clusterings, 1 of equal partitions; 0 if one side is a single cluster or nothing but single samples.
///
/// Options: [`average_method`](Self::average_method), by default the arithmetic mean. Inputs:
/// [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Vinh, Epps and Bailey, Information theoretic measures for clusterings comparison (2010); TorchMetrics'
/// `AdjustedMutualInfoScore`, which divides rounding errors by each other where all samples are clusters of their own;
/// scikit-learn's `adjusted_mutual_info_score`.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([2, 2, 1, 1, 0], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 1, 1, 2], &device);
///
/// assert_eq!(AdjustedMutualInfoScore::new().evaluate((preds, target))?, 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type AdjustedMutualInfoScore = Agreement<AdjustedMutualInfo>;

/// The mean of two entropies by which mutual information is normalized.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AverageMethod {
    /// The lesser one.
    Min,
    /// The square root of their product.
    Geometric,
    /// Half of their sum.
    #[default]
    Arithmetic,
    /// The greater one.
    Max,
}

impl AverageMethod {
    /// Adds the mean to the name of a metric, unless it is the default.
    fn named(self, meta: Meta) -> Meta {
        match self {
            Self::Min => meta.with("by minimum"),
            Self::Geometric => meta.with("by geometric mean"),
            Self::Arithmetic => meta,
            Self::Max => meta.with("by maximum"),
        }
    }

    fn mean(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Min => a.min(b),
            Self::Geometric => (a * b).sqrt(),
            Self::Arithmetic => (a + b) / 2.0,
            Self::Max => a.max(b),
        }
    }

    fn of_entropies(self, table: &ContingencyTable) -> f64 {
        self.mean(entropy(&table.rows), entropy(&table.columns))
    }
}

/// The formula of [`MutualInfoScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MutualInfo {}

/// The formula of [`NormalizedMutualInfoScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NormalizedMutualInfo {
    average_method: AverageMethod,
}

/// The formula of [`AdjustedMutualInfoScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustedMutualInfo {
    average_method: AverageMethod,
}

constructor!(MutualInfoScore);
constructor!(NormalizedMutualInfoScore);
constructor!(AdjustedMutualInfoScore);

impl NormalizedMutualInfoScore {
    /// Normalizes by this mean of the entropies.
    pub fn average_method(mut self, method: AverageMethod) -> Self {
        self.formula.average_method = method;
        self
    }
}

impl AdjustedMutualInfoScore {
    /// Normalizes by this mean of the entropies.
    pub fn average_method(mut self, method: AverageMethod) -> Self {
        self.formula.average_method = method;
        self
    }
}

impl AgreementFormula for MutualInfo {
    fn meta(&self) -> Meta {
        Meta::new("Mutual information")
            .higher_is_better()
            .within(Bounds::POSITIVE)
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        Ok(mutual_information(table))
    }
}

impl AgreementFormula for NormalizedMutualInfo {
    fn meta(&self) -> Meta {
        let meta = Meta::new("Normalized mutual information")
            .higher_is_better()
            .within(Bounds::UNIT);
        self.average_method.named(meta)
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        if table.rows.len() == 1 && table.columns.len() == 1 {
            return Ok(1.0);
        }
        let information = mutual_information(table);
        // Of one cluster, the mean of the entropies can be 0, too.
        if information <= f64::EPSILON {
            return Ok(information);
        }
        Ok(information / self.average_method.of_entropies(table))
    }
}

impl AgreementFormula for AdjustedMutualInfo {
    fn meta(&self) -> Meta {
        let meta = Meta::new("Adjusted mutual information")
            .higher_is_better()
            .within(Bounds::new(f64::NEG_INFINITY, 1.0));
        self.average_method.named(meta)
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        let (rows, columns) = (table.rows.len(), table.columns.len());
        if rows == table.cells.len() && columns == table.cells.len() {
            return Ok(1.0);
        }
        // What is expected is then all that there can be.
        let fixed = |clusters: usize| clusters == 1 || clusters as u64 == table.n;
        if fixed(rows) || fixed(columns) {
            return Ok(0.0);
        }
        let expected = expected_mutual_information(table);
        let range = self.average_method.of_entropies(table) - expected;
        let range = range.abs().max(f64::EPSILON).copysign(range);
        Ok((mutual_information(table) - expected) / range)
    }
}

/// `sum_ij n_ij/n ln(n n_ij / (a_i b_j))`.
pub(super) fn mutual_information(table: &ContingencyTable) -> f64 {
    let n = table.n as f64;
    let term = |cell: &crate::state::Cell| {
        let count = cell.count as f64;
        let (row, column) = (table.rows[cell.row], table.columns[cell.column]);
        count / n * (n * count / (row as f64 * column as f64)).ln()
    };
    // Rounding can leave less than nothing.
    table.cells.iter().map(term).sum::<f64>().max(0.0)
}

/// `-sum p ln p` of the shares that clusters of these sizes have.
pub(super) fn entropy(sizes: &[u64]) -> f64 {
    let n = sizes.iter().sum::<u64>() as f64;
    let term = |size: &u64| {
        let p = *size as f64 / n;
        -p * p.ln()
    };
    // One cluster has an entropy of 0, not of -0.
    sizes.iter().map(term).sum::<f64>().max(0.0)
}
