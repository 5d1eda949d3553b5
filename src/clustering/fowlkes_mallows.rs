use serde::{Deserialize, Serialize};

use super::{Agreement, AgreementFormula, agreement::constructor, rand::squares};
use crate::{Bounds, Meta, Result, state::ContingencyTable};

/// The geometric mean of precision and recall over pairs of samples that share a cluster:
/// `tp / sqrt((tp + fp)(tp + fn))`.
///
/// `tp` pairs share a cluster in both clusterings, `fp` pairs only in the predictions, and `fn` pairs only in the
/// target. Values range from 0 to 1, and higher is better. The value is 0 if no two samples share a cluster in both
/// clusterings.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Fowlkes and Mallows, A method for comparing two hierarchical clusterings (1983); TorchMetrics'
/// `FowlkesMallowsIndex`; scikit-learn's `fowlkes_mallows_score`.
///
/// # When to use
///
/// Use it to compare a clustering with a reference when it matters which samples are together: unlike
/// [`RandScore`](super::RandScore), it ignores the many pairs that both clusterings separate. It is not corrected for
/// chance: two unrelated clusterings with two equal clusters each score about 0.5.
/// [`AdjustedRandScore`](super::AdjustedRandScore) is around 0 for them.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([2, 2, 0, 1], &device);
/// let target = Tensor::<1, Int>::from_ints([2, 2, 1, 1], &device);
///
/// let index = FowlkesMallowsIndex::new().evaluate((preds, target))?;
/// assert!((index - 0.5f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type FowlkesMallowsIndex = Agreement<FowlkesMallows>;

/// The formula of [`FowlkesMallowsIndex`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FowlkesMallows {}

constructor!(FowlkesMallowsIndex);

impl AgreementFormula for FowlkesMallows {
    fn meta(&self) -> Meta {
        Meta::new("Fowlkes-Mallows index")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        let pairs = |squares: u128| (squares - u128::from(table.n)) as f64;
        let both = pairs(squares(table.cells.iter().map(|cell| cell.count)));
        if both == 0.0 {
            return Ok(0.0);
        }
        let predicted = pairs(squares(table.columns.iter().copied()));
        let actual = pairs(squares(table.rows.iter().copied()));
        Ok((both / predicted).sqrt() * (both / actual).sqrt())
    }
}
