use serde::{Deserialize, Serialize};

use super::{
    Agreement, AgreementFormula,
    agreement::constructor,
    mutual_info::{entropy, mutual_information},
};
use crate::{Bounds, Meta, MetricError, Result, state::ContingencyTable};

/// Whether each predicted cluster is part of one cluster of the target: `MI / H(target)`.
///
/// From 0 to 1, higher is better; 1 if the target is one cluster.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`].
///
/// Source: Rosenberg and Hirschberg, V-measure (2007); TorchMetrics' `HomogeneityScore`; scikit-learn's
/// `homogeneity_score`.
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

/// Whether each cluster of the target is part of one predicted cluster: `MI / H(preds)`.
///
/// From 0 to 1, higher is better; 1 if there is one predicted cluster. Otherwise as [`HomogeneityScore`].
///
/// Source: TorchMetrics' `CompletenessScore`; scikit-learn's `completeness_score`.
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

/// The weighted harmonic mean of homogeneity `h` and completeness `c`: `(1 + beta) h c / (beta h + c)`.
///
/// From 0 to 1, higher is better; 0 if either is 0.
///
/// Options: [`beta`](Self::beta), by default 1; above 1, completeness weighs more. Inputs:
/// [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`]; [`MetricError::Config`] unless beta is a finite
/// number from 0.
///
/// Source: Rosenberg and Hirschberg, V-measure (2007); scikit-learn's `v_measure_score`; TorchMetrics' `VMeasureScore`,
/// which gives 1 for clusterings that have nothing in common.
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
    /// Weighs completeness so many times as much as homogeneity.
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
