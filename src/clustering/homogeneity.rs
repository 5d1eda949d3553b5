use serde::{Deserialize, Serialize};

use super::{
    Agreement, AgreementFormula,
    agreement::constructor,
    mutual_info::{entropy, mutual_information},
};
use crate::{Bounds, Meta, MetricError, Result, state::ContingencyTable};

/// Measures whether each predicted cluster contains samples of only one cluster of the target: `MI / H(target)`.
///
/// `MI` is the mutual information of the two clusterings, and `H` is the entropy. Values range from 0 to 1, and higher
/// is better. The value is 1 if the target is a single cluster.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`].
///
/// Source: Rosenberg and Hirschberg, V-measure (2007); TorchMetrics' `HomogeneityScore`; scikit-learn's
/// `homogeneity_score`.
///
/// # When to use
///
/// Use it when clusters must be pure, but may be split. It tends to grow with the number of predicted clusters and is 1
/// if each sample is its own cluster, so report it with [`CompletenessScore`], or use
/// [`AdjustedMutualInfoScore`](super::AdjustedMutualInfoScore).
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
/// assert_eq!(HomogeneityScore::new().evaluate((preds.clone(), target.clone()))?, 1.0);
/// assert_eq!(CompletenessScore::new().evaluate((preds, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type HomogeneityScore = Agreement<Homogeneity>;

/// Measures whether all samples of each cluster of the target are in one predicted cluster: `MI / H(preds)`.
///
/// `MI` is the mutual information of the two clusterings, and `H` is the entropy. Values range from 0 to 1, and higher
/// is better. The value is 1 if there is a single predicted cluster.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`].
///
/// Source: TorchMetrics' `CompletenessScore`; scikit-learn's `completeness_score`.
///
/// # When to use
///
/// Use it when samples that belong together must stay together, but clusters may be mixed. It is 1 if all samples are
/// in one predicted cluster, so report it with [`HomogeneityScore`], or use their harmonic mean [`VMeasureScore`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([1, 1, 1, 1], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
///
/// assert_eq!(CompletenessScore::new().evaluate((preds, target))?, 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type CompletenessScore = Agreement<Completeness>;

/// The weighted harmonic mean of homogeneity and completeness (V-measure).
///
/// With the [homogeneity](HomogeneityScore) `h` and the [completeness](CompletenessScore) `c`, it is
/// `(1 + beta) h c / (beta h + c)`. Values range from 0 to 1, and higher is better. The value is 0 if `h` or `c` is 0.
///
/// Options: [`beta`](Self::beta), by default 1; above 1, completeness has more weight. Inputs:
/// [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`]; [`MetricError::Config`] unless `beta` is a
/// finite number that is not negative.
///
/// Source: Rosenberg and Hirschberg, V-measure (2007); scikit-learn's `v_measure_score`; TorchMetrics' `VMeasureScore`,
/// which returns 1 for clusterings that have nothing in common.
///
/// # When to use
///
/// Use it to compare a clustering with a reference when both mixed and split clusters are wrong. With a `beta` of 1, it
/// equals [`NormalizedMutualInfoScore`](super::NormalizedMutualInfoScore) with the arithmetic mean. Like it, it is not
/// corrected for chance and tends to grow with the number of clusters;
/// [`AdjustedMutualInfoScore`](super::AdjustedMutualInfoScore) is corrected.
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
/// let score = VMeasureScore::new().evaluate((preds, target))?;
/// assert!((score - 2.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type VMeasureScore = Agreement<VMeasure>;

/// The formula of [`HomogeneityScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Homogeneity {}

/// The formula of [`CompletenessScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {}

/// The formula of [`VMeasureScore`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VMeasure {
    beta: f64,
}

impl Default for VMeasure {
    fn default() -> Self {
        Self { beta: 1.0 }
    }
}

constructor!(HomogeneityScore);
constructor!(CompletenessScore);
constructor!(VMeasureScore);

impl VMeasureScore {
    /// Gives completeness `beta` times the weight of homogeneity.
    pub fn beta(mut self, beta: f64) -> Self {
        self.formula.beta = beta;
        self
    }
}

impl AgreementFormula for Homogeneity {
    fn meta(&self) -> Meta {
        Meta::new("Homogeneity")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        Ok(homogeneity(table, mutual_information(table)))
    }
}

impl AgreementFormula for Completeness {
    fn meta(&self) -> Meta {
        Meta::new("Completeness")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        Ok(completeness(table, mutual_information(table)))
    }
}

impl AgreementFormula for VMeasure {
    fn meta(&self) -> Meta {
        let meta = Meta::new("V-measure")
            .higher_is_better()
            .within(Bounds::UNIT);
        match self.beta == 1.0 {
            true => meta,
            false => meta.with(format!("beta {}", self.beta)),
        }
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        let beta = self.beta;
        if !(beta >= 0.0 && beta.is_finite()) {
            return Err(MetricError::config("beta", "a finite number from 0", beta));
        }
        let information = mutual_information(table);
        let (h, c) = (
            homogeneity(table, information),
            completeness(table, information),
        );
        match h * c {
            0.0 => Ok(0.0),
            product => Ok((1.0 + beta) * product / (beta * h + c)),
        }
    }
}

fn homogeneity(table: &ContingencyTable, information: f64) -> f64 {
    share(information, entropy(&table.rows))
}

fn completeness(table: &ContingencyTable, information: f64) -> f64 {
    share(information, entropy(&table.columns))
}

fn share(information: f64, entropy: f64) -> f64 {
    match entropy {
        0.0 => 1.0,
        _ => information / entropy,
    }
}
