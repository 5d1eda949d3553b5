use serde::{Deserialize, Serialize};

use super::{
    Agreement, AgreementFormula, agreement::constructor, expected::expected_mutual_information,
};
use crate::{Bounds, Meta, Result, state::ContingencyTable};

/// The mutual information of two clusterings, in nats: `sum_ij n_ij/n ln(n n_ij / (a_i b_j))`.
///
/// `a_i` samples are in cluster i of the target, `b_j` samples are in predicted cluster j, and `n_ij` samples are in
/// both. Values are not negative, and higher is better. The value is at most the entropy of either clustering.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MutualInfoScore`; scikit-learn's `mutual_info_score`.
///
/// # When to use
///
/// Use it when the shared information itself is wanted, in nats. Its maximum depends on the clusterings, and it tends
/// to grow with the number of clusters even for unrelated clusterings, so use [`NormalizedMutualInfoScore`] for values
/// between 0 and 1 and [`AdjustedMutualInfoScore`] to compare different numbers of clusters.
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

/// The mutual information divided by the mean of the two entropies: `MI / mean(H(target), H(preds))`.
///
/// Values range from 0 to 1, and higher is better. The value is 1 for equal partitions, including two clusterings with
/// a single cluster each.
///
/// Options: [`average_method`](Self::average_method), by default the arithmetic mean. Inputs:
/// [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `NormalizedMutualInfoScore`, which returns 0 if both clusterings are a single cluster;
/// scikit-learn's `normalized_mutual_info_score`, which returns 1.
///
/// # When to use
///
/// Use it to compare clusterings with a reference on a scale from 0 to 1, if they have the same number of clusters and
/// many samples per cluster. It is not corrected for chance and tends to grow with the number of clusters;
/// [`AdjustedMutualInfoScore`] is corrected.
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

/// The mutual information corrected for chance: `(MI - E[MI]) / (mean(H(target), H(preds)) - E[MI])`.
///
/// `E[MI]` is the mean over all pairs of clusterings whose clusters have these sizes. Values are at most 1, and higher
/// is better. The value is around 0 for unrelated clusterings and 1 for equal partitions. It is 0 if the partitions
/// differ and one of them is a single cluster or has only clusters of one sample.
///
/// Options: [`average_method`](Self::average_method), by default the arithmetic mean. Inputs:
/// [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Vinh, Epps and Bailey, Information theoretic measures for clusterings comparison (2010); TorchMetrics'
/// `AdjustedMutualInfoScore`, which divides one rounding error by another if each sample is its own cluster;
/// scikit-learn's `adjusted_mutual_info_score`.
///
/// # When to use
///
/// Use it to compare clusterings with a reference if the numbers of clusters differ or if clusters are small; it suits
/// references with clusters of very different sizes. [`AdjustedRandScore`](super::AdjustedRandScore) is simpler and
/// gives more weight to large clusters. Values for different [`average_method`](Self::average_method)s are not
/// comparable.
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

/// The mean of two entropies, by which the mutual information is normalized.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AverageMethod {
    /// The smaller entropy.
    Min,
    /// The square root of the product of the entropies.
    Geometric,
    /// Half of the sum of the entropies.
    #[default]
    Arithmetic,
    /// The larger entropy.
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
    /// Sets the mean of the entropies that normalizes the mutual information.
    pub fn average_method(mut self, method: AverageMethod) -> Self {
        self.formula.average_method = method;
        self
    }
}

impl AdjustedMutualInfoScore {
    /// Sets the mean of the entropies that normalizes the mutual information.
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
        // If one side is a single cluster, the mean of the entropies can also be 0.
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
        // The expected information is then the largest possible one.
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

/// The mutual information `sum_ij n_ij/n ln(n n_ij / (a_i b_j))`, but at least 0.
pub(super) fn mutual_information(table: &ContingencyTable) -> f64 {
    let n = table.n as f64;
    let term = |cell: &crate::state::Cell| {
        let count = cell.count as f64;
        let (row, column) = (table.rows[cell.row], table.columns[cell.column]);
        count / n * (n * count / (row as f64 * column as f64)).ln()
    };
    // Rounding errors can make the sum negative.
    table.cells.iter().map(term).sum::<f64>().max(0.0)
}

/// The entropy `-sum p ln p`, where `p` are the shares of clusters of these sizes.
pub(super) fn entropy(sizes: &[u64]) -> f64 {
    let n = sizes.iter().sum::<u64>() as f64;
    let term = |size: &u64| {
        let p = *size as f64 / n;
        -p * p.ln()
    };
    // One cluster has an entropy of 0, not of -0.
    sizes.iter().map(term).sum::<f64>().max(0.0)
}
