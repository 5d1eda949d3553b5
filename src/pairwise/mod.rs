//! Similarities and distances of all pairs of rows of two matrices, as functions of tensors that stay on their device and
//! are differentiable.
//!
//! Rows that are not numbers give what they give in arithmetic: nothing is checked.

mod host;

use burn::tensor::{Bool, Tensor, s};
use serde::{Deserialize, Serialize};

use crate::{
    MetricError, Result,
    ops::{self, is_host},
};

/// The cosines of the angles between the rows of `x`, `[n, features]`, and those of `y`, `[m, features]`: `[n, m]`.
///
/// From -1 to 1. A row of zeros has no direction: its similarity to any is 0, where TorchMetrics gives NaN.
///
/// Source: TorchMetrics' `pairwise_cosine_similarity`; scikit-learn's `cosine_similarity`.
///
/// # Errors
///
/// As [`Pairwise::matrix`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor, Tolerance};
/// use burn_metrics::pairwise::cosine_similarity;
///
/// let device = Device::flex();
/// let x = Tensor::<2>::from_floats([[3.0, 4.0]], &device);
/// let y = Tensor::<2>::from_floats([[6.0, 8.0], [-4.0, 3.0]], &device);
/// let cosines = cosine_similarity(x, y)?;
/// cosines.into_data().assert_approx_eq::<f32>(&[[1.0, 0.0]].into(), Tolerance::default());
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub fn cosine_similarity(x: Tensor<2>, y: Tensor<2>) -> Result<Tensor<2>> {
    Pairwise::cosine().matrix(x, y)
}

/// The Euclidean distances of the rows of `x`, `[n, features]`, to those of `y`, `[m, features]`: `[n, m]`.
///
/// From differences, so that small distances of large numbers are right. The gradient of a distance of 0 is 0.
///
/// Source: TorchMetrics' `pairwise_euclidean_distance`; scipy's `cdist`.
///
/// # Errors
///
/// As [`Pairwise::matrix`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::pairwise::euclidean_distance;
///
/// let device = Device::flex();
/// let x = Tensor::<2>::from_floats([[0.0, 0.0]], &device);
/// let y = Tensor::<2>::from_floats([[3.0, 4.0], [0.0, 1.0]], &device);
/// euclidean_distance(x, y)?.into_data().assert_eq(&[[5.0f32, 1.0]].into(), true);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub fn euclidean_distance(x: Tensor<2>, y: Tensor<2>) -> Result<Tensor<2>> {
    Pairwise::euclidean().matrix(x, y)
}

/// The products of the rows of `x`, `[n, features]`, and those of `y`, `[m, features]`: `[n, m]`.
///
/// Source: TorchMetrics' `pairwise_linear_similarity`.
///
/// # Errors
///
/// As [`Pairwise::matrix`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::pairwise::linear_similarity;
///
/// let device = Device::flex();
/// let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);
/// let y = Tensor::<2>::from_floats([[3.0, 4.0], [0.0, 1.0]], &device);
/// linear_similarity(x, y)?.into_data().assert_eq(&[[11.0f32, 2.0]].into(), true);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub fn linear_similarity(x: Tensor<2>, y: Tensor<2>) -> Result<Tensor<2>> {
    Pairwise::linear().matrix(x, y)
}

/// The Manhattan distances, the sums of absolute differences, of the rows of `x`, `[n, features]`, to those of `y`,
/// `[m, features]`: `[n, m]`.
///
/// Source: TorchMetrics' `pairwise_manhattan_distance`; scipy's `cdist`.
///
/// # Errors
///
/// As [`Pairwise::matrix`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::pairwise::manhattan_distance;
///
/// let device = Device::flex();
/// let x = Tensor::<2>::from_floats([[0.0, 0.0]], &device);
/// let y = Tensor::<2>::from_floats([[3.0, 4.0], [0.0, 1.0]], &device);
/// manhattan_distance(x, y)?.into_data().assert_eq(&[[7.0f32, 1.0]].into(), true);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub fn manhattan_distance(x: Tensor<2>, y: Tensor<2>) -> Result<Tensor<2>> {
    Pairwise::manhattan().matrix(x, y)
}

/// The Minkowski distances `(sum |a - b|^p)^(1/p)` of the rows of `x`, `[n, features]`, to those of `y`, `[m, features]`:
/// `[n, m]`.
///
/// The exponent `p` is at least 1, which gives Manhattan distances; 2 gives Euclidean ones. The gradient of a distance of 0
/// is 0.
///
/// Source: TorchMetrics' `pairwise_minkowski_distance`; scipy's `cdist`.
///
/// # Errors
///
/// As [`Pairwise::matrix`]; [`MetricError::Config`] if the exponent is less than 1 or not finite.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor, Tolerance};
/// use burn_metrics::pairwise::minkowski_distance;
///
/// let device = Device::flex();
/// let x = Tensor::<2>::from_floats([[0.0, 0.0]], &device);
/// let y = Tensor::<2>::from_floats([[3.0, 4.0], [0.0, 1.0]], &device);
/// let distances = minkowski_distance(x, y, 3.0)?.into_data();
/// let expected = [[91f32.cbrt(), 1.0]];
/// distances.assert_approx_eq::<f32>(&expected.into(), Tolerance::default());
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub fn minkowski_distance(x: Tensor<2>, y: Tensor<2>, exponent: f64) -> Result<Tensor<2>> {
    Pairwise::minkowski(exponent).matrix(x, y)
}

/// A similarity or distance of all pairs of rows, as a matrix or reduced to one number per row.
///
/// Distances are worked out in tiles of rows, so that temporaries take 64 MB at most, however large the matrix is, but for
/// autodiff, which keeps what the gradient takes. Sums and means do not need the matrix, either.
///
/// # Example
///
/// How near the other rows are, on average:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::pairwise::Pairwise;
///
/// let x = Tensor::<2>::from_floats([[0.0], [1.0], [3.0]], &Device::flex());
/// let sums = Pairwise::euclidean().sum_within(x)?;
/// sums.into_data().assert_eq(&[4.0f32, 3.0, 5.0].into(), true);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pairwise {
    measure: Measure,
    zero_diagonal: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Measure {
    Cosine,
    Linear,
    Distance(Distance),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Distance {
    Manhattan,
    Euclidean,
    Minkowski { exponent: f64 },
}

impl Pairwise {
    const fn of(measure: Measure) -> Self {
        Self {
            measure,
            zero_diagonal: false,
        }
    }

    /// As [`cosine_similarity`].
    pub const fn cosine() -> Self {
        Self::of(Measure::Cosine)
    }

    /// As [`euclidean_distance`].
    pub const fn euclidean() -> Self {
        Self::of(Measure::Distance(Distance::Euclidean))
    }

    /// As [`linear_similarity`].
    pub const fn linear() -> Self {
        Self::of(Measure::Linear)
    }

    /// As [`manhattan_distance`].
    pub const fn manhattan() -> Self {
        Self::of(Measure::Distance(Distance::Manhattan))
    }

    /// As [`minkowski_distance`].
    pub const fn minkowski(exponent: f64) -> Self {
        Self::of(Measure::Distance(match exponent {
            1.0 => Distance::Manhattan,
            2.0 => Distance::Euclidean,
            _ => Distance::Minkowski { exponent },
        }))
    }

    /// Takes 0 for what the first row of `x` has to do with the first of `y`, and so on.
    pub const fn zero_diagonal(mut self) -> Self {
        self.zero_diagonal = true;
        self
    }

    /// All pairs of a row of `x`, `[n, features]`, and one of `y`, `[m, features]`: `[n, m]`, of the type and on the device of
    /// `x`.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] if rows are not of the same length, [`MetricError::Kind`], [`MetricError::Device`].
    pub fn matrix(&self, x: Tensor<2>, y: Tensor<2>) -> Result<Tensor<2>> {
        let (x, y) = self.prepare(x, y)?;
        let ([n, _], [m, _]) = (x.dims(), y.dims());
        if [x.dims(), y.dims()].concat().contains(&0) {
            return Ok(Tensor::zeros([n, m], (&x.device(), x.dtype())));
        }
        if let Measure::Distance(distance) = self.measure
            && is_host(&x.device())
        {
            return host::matrix(distance, self.zero_diagonal, x, y);
        }
        let rows = self.tiles(&x, &y, Some(m)).map(|(rows, columns)| {
            let tiles = columns.into_iter();
            let tiles = tiles.map(|columns| self.tile(&x, &y, rows.clone(), columns));
            joined(tiles.collect(), 1)
        });
        Ok(joined(rows.collect(), 0))
    }

    /// The sum of each row of the [`matrix`](Self::matrix): `[n]`.
    ///
    /// # Errors
    ///
    /// As `matrix`.
    pub fn sum(&self, x: Tensor<2>, y: Tensor<2>) -> Result<Tensor<1>> {
        let (x, y) = self.prepare(x, y)?;
        if [x.dims(), y.dims()].concat().contains(&0) {
            return Ok(Tensor::zeros([x.dims()[0]], (&x.device(), x.dtype())));
        }
        if let Measure::Distance(distance) = self.measure
            && is_host(&x.device())
        {
            return host::sums(distance, self.zero_diagonal, x, y);
        }
        let rows = self.tiles(&x, &y, None).map(|(rows, columns)| {
            let tiles = columns.into_iter();
            let sums = tiles.map(|columns| self.tile(&x, &y, rows.clone(), columns).sum_dim(1));
            let sums = sums.reduce(|sum, other| sum + other);
            sums.expect("there are columns").squeeze_dim(1)
        });
        Ok(joined(rows.collect(), 0))
    }

    /// The mean of each row of the [`matrix`](Self::matrix): `[n]`. The zeros of a diagonal count. NaN without a row of `y`.
    ///
    /// # Errors
    ///
    /// As `matrix`.
    pub fn mean(&self, x: Tensor<2>, y: Tensor<2>) -> Result<Tensor<1>> {
        let m = y.dims()[0];
        let sum = self.sum(x, y)?;
        Ok(match m {
            // Not all devices divide by 0 as one should.
            0 => sum.full_like(f64::NAN),
            _ => sum / m as f64,
        })
    }

    /// The [`matrix`](Self::matrix) of the rows of `x` with each other, `[n, n]`, with a diagonal of 0.
    ///
    /// # Errors
    ///
    /// As `matrix`.
    pub fn within(&self, x: Tensor<2>) -> Result<Tensor<2>> {
        self.zero_diagonal().matrix(x.clone(), x)
    }

    /// The [`sum`](Self::sum) of each row of [`within`](Self::within): `[n]`.
    ///
    /// # Errors
    ///
    /// As `matrix`.
    pub fn sum_within(&self, x: Tensor<2>) -> Result<Tensor<1>> {
        self.zero_diagonal().sum(x.clone(), x)
    }

    /// The [`mean`](Self::mean) of each row of [`within`](Self::within): `[n]`.
    ///
    /// # Errors
    ///
    /// As `matrix`.
    pub fn mean_within(&self, x: Tensor<2>) -> Result<Tensor<1>> {
        self.zero_diagonal().mean(x.clone(), x)
    }

    /// Checks the options and the shapes; makes cosines products.
    fn prepare(&self, x: Tensor<2>, y: Tensor<2>) -> Result<(Tensor<2>, Tensor<2>)> {
        if let Measure::Distance(Distance::Minkowski { exponent }) = self.measure
            && !(exponent.is_finite() && exponent >= 1.0)
        {
            let expected = "a number of at least 1";
            return Err(MetricError::config("exponent", expected, exponent));
        }
        ops::expect_float("x", x.dtype())?;
        ops::expect_float("y", y.dtype())?;
        if x.dims()[1] != y.dims()[1] {
            let expected = format!("[rows, {}], as long as the rows of x", x.dims()[1]);
            return Err(MetricError::shape("y", expected, &y.dims()));
        }
        let y = ops::on_device(y, &x.device()).cast(x.dtype());
        Ok(match self.measure {
            Measure::Cosine if x.dims()[1] > 0 => (directions(x), directions(y)),
            _ => (x, y),
        })
    }

    /// Rows of tiles, `(rows, columns of each tile)`, none of which needs too large a temporary.
    ///
    /// `whole` is the number of columns if products of all of them are wanted anyway.
    fn tiles(
        &self,
        x: &Tensor<2>,
        y: &Tensor<2>,
        whole: Option<usize>,
    ) -> impl Iterator<Item = (Range, Vec<Range>)> {
        let ([n, features], [m, _]) = (x.dims(), y.dims());
        let budget = match is_host(&x.clone().inner().device()) {
            true => HOST_TILE,
            false => TILE,
        };
        let (width, height) = match (self.measure, whole) {
            (Measure::Distance(_), _) => {
                let width = (budget / features).clamp(1, m);
                (width, (budget / features / width).clamp(1, n))
            }
            (_, Some(_)) => (m, n),
            (_, None) => (m.min(budget), (budget / m).clamp(1, n)),
        };
        let columns: Vec<_> = ranges(m, width).collect();
        ranges(n, height).map(move |rows| (rows, columns.clone()))
    }

    fn tile(&self, x: &Tensor<2>, y: &Tensor<2>, rows: Range, columns: Range) -> Tensor<2> {
        let (x, y) = (part(x, &rows), part(y, &columns));
        let device = x.device();
        let tile = match self.measure {
            Measure::Cosine | Measure::Linear => x.matmul(y.transpose()),
            Measure::Distance(distance) => {
                let differences = x.unsqueeze_dim::<3>(1) - y.unsqueeze_dim::<3>(0);
                distance.lengths(differences)
            }
        };
        let meets_diagonal = rows.start < columns.end && columns.start < rows.end;
        if !self.zero_diagonal || !meets_diagonal {
            return tile;
        }
        let offset = rows.start as i64 - columns.start as i64;
        let others = Tensor::<2, Bool>::diag_mask(tile.dims(), offset, &device);
        tile.mask_fill(others.bool_not(), 0.0)
    }
}

impl Distance {
    /// The lengths of vectors, along the last dimension.
    fn lengths(self, vectors: Tensor<3>) -> Tensor<2> {
        let lengths = match self {
            Self::Manhattan => vectors.abs().sum_dim(2),
            Self::Euclidean => {
                let squares = vectors.square().sum_dim(2);
                // Roots are steep at 0.
                let zero = squares.clone().equal_elem(0.0);
                let roots = squares.mask_fill(zero.clone(), 1.0).sqrt();
                roots.mask_fill(zero, 0.0)
            }
            Self::Minkowski { exponent } => {
                // Powers of numbers up to 1 do not overflow. The scale has no gradient: it cancels.
                let vectors = vectors.abs();
                let greatest = vectors.clone().detach().max_dim(2);
                let zero = greatest.clone().equal_elem(0.0);
                let scale = greatest.mask_fill(zero.clone(), 1.0);
                let powers = (vectors / scale.clone()).powf_scalar(exponent).sum_dim(2);
                let roots = powers
                    .mask_fill(zero.clone(), 1.0)
                    .powf_scalar(1.0 / exponent);
                (roots * scale).mask_fill(zero, 0.0)
            }
        };
        lengths.squeeze_dim(2)
    }
}

/// Rows of length 1, or 0 for what has no direction.
fn directions(rows: Tensor<2>) -> Tensor<2> {
    // Squares of numbers up to 1 do not overflow. The scale has no gradient: it cancels.
    let greatest = rows.clone().detach().abs().max_dim(1);
    let zero = greatest.clone().equal_elem(0.0);
    let rows = rows / greatest.mask_fill(zero.clone(), 1.0);
    let squares = rows.clone().square().sum_dim(1);
    rows / squares.mask_fill(zero, 1.0).sqrt()
}

type Range = std::ops::Range<usize>;

/// Elements of a temporary: 64 MB.
const TILE: usize = 1 << 24;
/// The same on hosts, where it had better stay in the cache.
const HOST_TILE: usize = 1 << 16;

fn ranges(n: usize, size: usize) -> impl Iterator<Item = Range> {
    (0..n)
        .step_by(size)
        .map(move |start| start..n.min(start + size))
}

fn part(rows: &Tensor<2>, range: &Range) -> Tensor<2> {
    match *range == (0..rows.dims()[0]) {
        true => rows.clone(),
        false => rows.clone().slice_dim(0, s![range.start..range.end]),
    }
}

fn joined<const D: usize>(mut parts: Vec<Tensor<D>>, dim: usize) -> Tensor<D> {
    match parts.len() {
        1 => parts.remove(0),
        _ => Tensor::cat(parts, dim),
    }
}
