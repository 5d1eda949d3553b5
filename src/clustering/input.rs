use burn::tensor::{Bool, DType, Device, Int, Tensor};

use crate::{MetricError, Result, combinator::Samples, ops::on_device};

/// Two clusterings of the same samples: the predicted labels and the labels of the target.
///
/// It is created from a pair of label tensors, predictions first, of equal shape and any rank; every element is a
/// sample. Labels are any integers (or booleans), and it only matters whether they are equal.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::clustering::ClusteringInput;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([7, 7, -1], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 1], &device);
/// let batch = ClusteringInput::from((preds, target));
/// ```
#[derive(Debug, Clone)]
pub struct ClusteringInput {
    pub(super) preds: Tensor<1, Int>,
    pub(super) target: Tensor<1, Int>,
    /// The two shapes, if they differ.
    unlike: Option<Box<(Vec<usize>, Vec<usize>)>>,
}

impl ClusteringInput {
    /// Checks that the shapes are equal.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`].
    pub fn check(&self) -> Result<()> {
        match self.unlike.as_deref() {
            None => Ok(()),
            Some((preds, target)) => {
                let expected = format!("{preds:?}, as the predictions");
                Err(MetricError::shape("target", expected, target))
            }
        }
    }
}

impl Samples for ClusteringInput {
    fn samples(&self) -> Result<(usize, Device)> {
        self.check()?;
        Ok((self.preds.dims()[0], self.preds.device()))
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        Self {
            preds: self.preds.select(0, places.clone()),
            target: self.target.select(0, places.clone()),
            unlike: None,
        }
    }
}

impl<const D: usize> From<(Tensor<D, Int>, Tensor<D, Int>)> for ClusteringInput {
    fn from((preds, target): (Tensor<D, Int>, Tensor<D, Int>)) -> Self {
        let shapes = (preds.dims().to_vec(), target.dims().to_vec());
        Self {
            unlike: (shapes.0 != shapes.1).then(|| Box::new(shapes)),
            preds: flat(preds),
            target: flat(target),
        }
    }
}

impl<const D: usize> From<(Tensor<D, Bool>, Tensor<D, Bool>)> for ClusteringInput {
    fn from((preds, target): (Tensor<D, Bool>, Tensor<D, Bool>)) -> Self {
        Self::from((preds.int(), target.int()))
    }
}

fn flat<const D: usize>(labels: Tensor<D, Int>) -> Tensor<1, Int> {
    let n = labels.dims().iter().product::<usize>();
    labels.inner().reshape([n])
}

/// Points and the cluster of each point.
///
/// It is created from a pair of tensors: points `[N, d]` and labels `[N]`, which are any integers. Labels are moved to
/// the device of the points. Gradients are not tracked.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::clustering::PointsInput;
///
/// let device = Device::flex();
/// let points = Tensor::<2>::from_floats([[0.0, 0.0], [1.0, 1.0]], &device);
/// let labels = Tensor::<1, Int>::from_ints([0, 1], &device);
/// let batch = PointsInput::from((points, labels));
/// ```
#[derive(Debug, Clone)]
pub struct PointsInput {
    pub(super) points: Tensor<2>,
    pub(super) labels: Tensor<1, Int>,
}

impl PointsInput {
    /// Checks shapes and types, and returns the shape of the points.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`], [`MetricError::Kind`].
    pub fn check(&self) -> Result<[usize; 2]> {
        let dims = self.points.dims();
        let labels = self.labels.dims();
        if labels[0] != dims[0] {
            let expected = format!("[{}], one a point", dims[0]);
            return Err(MetricError::shape("labels", expected, &labels));
        }
        match self.points.dtype() {
            DType::F64 | DType::F32 | DType::Flex32 | DType::F16 | DType::BF16 => Ok(dims),
            got => Err(MetricError::Kind {
                what: "points",
                expected: "a floating-point type",
                got,
            }),
        }
    }
}

impl Samples for PointsInput {
    fn samples(&self) -> Result<(usize, Device)> {
        Ok((self.check()?[0], self.points.device()))
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        Self {
            points: self.points.select(0, places.clone()),
            labels: self.labels.select(0, places.clone()),
        }
    }
}

impl From<(Tensor<2>, Tensor<1, Int>)> for PointsInput {
    fn from((points, labels): (Tensor<2>, Tensor<1, Int>)) -> Self {
        let points = points.inner();
        Self {
            labels: on_device(labels.inner(), &points.device()),
            points,
        }
    }
}
