use burn::tensor::{Device, Int, Tensor};

use super::Categories;
use crate::{MetricError, Result, combinator::Samples};

/// Two columns of categories of the same samples: the predictions and the target.
///
/// It is created from a pair of tensors, predictions first, each of which becomes [`Categories`]: integers or booleans
/// `[N]`, floats `[N]`, or scores `[N, categories]`. Categories are any integers, and it only matters whether they are
/// equal. Gradients are not tracked.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::nominal::NominalInput;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, f32::NAN, 2.0], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 1], &device);
/// let batch = NominalInput::from((preds, target));
/// ```
#[derive(Debug, Clone)]
pub struct NominalInput {
    pub(super) preds: Categories,
    pub(super) target: Categories,
}

impl NominalInput {
    /// Checks that both columns have the same length.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`].
    pub fn check(&self) -> Result<()> {
        let (preds, target) = (self.preds.0.len(), self.target.0.len());
        match preds == target {
            true => Ok(()),
            false => {
                let expected = format!("[{preds}], as the predictions");
                Err(MetricError::shape("target", expected, &[target]))
            }
        }
    }
}

impl Samples for NominalInput {
    fn samples(&self) -> Result<(usize, Device)> {
        self.check()?;
        Ok((self.preds.0.len(), self.preds.0.device()))
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        Self {
            preds: Categories(self.preds.0.select(places)),
            target: Categories(self.target.0.select(places)),
        }
    }
}

impl<P: Into<Categories>, T: Into<Categories>> From<(P, T)> for NominalInput {
    fn from((preds, target): (P, T)) -> Self {
        Self {
            preds: preds.into(),
            target: target.into(),
        }
    }
}
