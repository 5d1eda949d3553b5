//! Similarities and distances between all pairs of rows of two matrices.
//!
//! The functions take and return tensors, stay on the device of `x` and are differentiable. They do not check for NaN
//! or infinity, which propagate as in any arithmetic.

mod host;

use burn::tensor::{Bool, Tensor, s};
use serde::{Deserialize, Serialize};

use crate::{
    MetricError, Result,
    ops::{self, is_host},
};

/// Computes the cosine similarity between each row of `x`, `[n, features]`, and each row of `y`, `[m, features]`:
/// `[n, m]`.
///
/// The values are between -1 and 1. A row of zeros has similarity 0 to every row, where TorchMetrics gives NaN.
///
/// Source: TorchMetrics' `pairwise_cosine_similarity`; scikit-learn's `cosine_similarity`.
///
/// # When to use
///
/// Use it to find similar embeddings if only their direction matters. It ignores the lengths of the rows; use
/// [`euclidean_distance`] or [`linear_similarity`] if they matter. For one value per pair of corresponding rows, use
/// [`CosineSimilarity`](crate::regression::CosineSimilarity).
///
/// # Errors
///
/// The errors of [`Pairwise::matrix`].
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

/// Computes the Euclidean distance between each row of `x`, `[n, features]`, and each row of `y`, `[m, features]`:
/// `[n, m]`.
///
/// Distances are computed from differences, so that small distances between large numbers are precise. The gradient of
/// a distance of 0 is 0.
///
/// Source: TorchMetrics' `pairwise_euclidean_distance`; scipy's `cdist`.
///
/// # When to use
///
/// Use it for points in a space in which all features have the same unit. A feature with a larger scale dominates it,
/// so standardize features first, and in high dimensions distances become similar to each other. [`manhattan_distance`]
/// is less sensitive to one feature with a large difference.
///
/// # Errors
///
/// The errors of [`Pairwise::matrix`].
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

/// Computes the dot product of each row of `x`, `[n, features]`, and each row of `y`, `[m, features]`: `[n, m]`.
///
/// Source: TorchMetrics' `pairwise_linear_similarity`.
///
/// # When to use
///
/// Use it if both the direction and the length of rows matter, as in recommenders that score items by dot products. It
/// has no bounds, and a long row can be most similar to all others; [`cosine_similarity`] removes the lengths.
///
/// # Errors
///
/// The errors of [`Pairwise::matrix`].
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

/// Computes the Manhattan distance between each row of `x`, `[n, features]`, and each row of `y`, `[m, features]`:
/// `[n, m]`.
///
/// The distance is the sum of the absolute differences.
///
/// Source: TorchMetrics' `pairwise_manhattan_distance`; scipy's `cdist`.
///
/// # When to use
///
/// Use it if differences in single features should add up, or if one feature with a large difference should not
/// dominate as in [`euclidean_distance`]. It depends on the orientation of the axes and on the scales of the features.
///
/// # Errors
///
/// The errors of [`Pairwise::matrix`].
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

/// Computes the Minkowski distance between each row of `x`, `[n, features]`, and each row of `y`, `[m, features]`:
/// `[n, m]`.
///
/// The distance is `(sum |a - b|^p)^(1/p)`. The exponent `p` must be at least 1: 1 gives the Manhattan distance, and 2
/// the Euclidean distance. The gradient of a distance of 0 is 0.
///
/// Source: TorchMetrics' `pairwise_minkowski_distance`; scipy's `cdist`.
///
/// # When to use
///
/// Use it to choose how much the largest difference dominates: for a large exponent the distance approaches the maximum
/// of the differences. It is slower than [`manhattan_distance`] and [`euclidean_distance`], and distances of different
/// exponents cannot be compared.
///
/// # Errors
///
/// The errors of [`Pairwise::matrix`], and [`MetricError::Config`] if the exponent is less than 1 or not finite.
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

/// A similarity or distance between all pairs of rows, as a matrix or reduced to one number per row.
///
/// Distances are computed in tiles of rows, so that temporaries take at most 64 MB, however large the matrix is.
/// Autodiff is the exception: it keeps everything that the gradient needs. Sums and means do not need the whole matrix
/// either.
///
/// # Example
///
/// The total distance from each row to all others:
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

    /// Creates the measure of [`cosine_similarity`].
    pub const fn cosine() -> Self {
        Self::of(Measure::Cosine)
    }

    /// Creates the measure of [`euclidean_distance`].
    pub const fn euclidean() -> Self {
        Self::of(Measure::Distance(Distance::Euclidean))
    }

    /// Creates the measure of [`linear_similarity`].
    pub const fn linear() -> Self {
        Self::of(Measure::Linear)
    }

    /// Creates the measure of [`manhattan_distance`].
    pub const fn manhattan() -> Self {
        Self::of(Measure::Distance(Distance::Manhattan))
    }

    /// Creates the measure of [`minkowski_distance`].
    pub const fn minkowski(exponent: f64) -> Self {
        Self::of(Measure::Distance(match exponent {
            1.0 => Distance::Manhattan,
            2.0 => Distance::Euclidean,
            _ => Distance::Minkowski { exponent },
        }))
    }

    /// Sets the diagonal of the matrix to 0: the first row of `x` with the first row of `y`, and so on.
    pub const fn zero_diagonal(mut self) -> Self {
        self.zero_diagonal = true;
        self
    }

    /// Computes the matrix of all pairs of a row of `x`, `[n, features]`, and a row of `y`, `[m, features]`: `[n, m]`.
    ///
    /// The matrix has the type and the device of `x`.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] if the rows differ in length, [`MetricError::Kind`] and [`MetricError::Device`].
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

    /// Computes the sum of each row of the [`matrix`](Self::matrix): `[n]`.
    ///
    /// # Errors
    ///
    /// The errors of [`matrix`](Self::matrix).
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

    /// Computes the mean of each row of the [`matrix`](Self::matrix): `[n]`.
    ///
    /// The zeros of a zeroed diagonal count. The mean is NaN if `y` has no rows.
    ///
    /// # Errors
    ///
    /// The errors of [`matrix`](Self::matrix).
    pub fn mean(&self, x: Tensor<2>, y: Tensor<2>) -> Result<Tensor<1>> {
        let m = y.dims()[0];
        let sum = self.sum(x, y)?;
        Ok(match m {
            // Not all devices return NaN for 0 / 0.
            0 => sum.full_like(f64::NAN),
            _ => sum / m as f64,
        })
    }

    /// Computes the [`matrix`](Self::matrix) of the rows of `x` with each other, `[n, n]`, with a diagonal of 0.
    ///
    /// # Errors
    ///
    /// The errors of [`matrix`](Self::matrix).
    pub fn within(&self, x: Tensor<2>) -> Result<Tensor<2>> {
        self.zero_diagonal().matrix(x.clone(), x)
    }

    /// Computes the [`sum`](Self::sum) of each row of [`within`](Self::within): `[n]`.
    ///
    /// # Errors
    ///
    /// The errors of [`matrix`](Self::matrix).
    pub fn sum_within(&self, x: Tensor<2>) -> Result<Tensor<1>> {
        self.zero_diagonal().sum(x.clone(), x)
    }

    /// Computes the [`mean`](Self::mean) of each row of [`within`](Self::within): `[n]`.
    ///
    /// # Errors
    ///
    /// The errors of [`matrix`](Self::matrix).
    pub fn mean_within(&self, x: Tensor<2>) -> Result<Tensor<1>> {
        self.zero_diagonal().mean(x.clone(), x)
    }

    /// Checks the options and the shapes. For cosines, scales the rows to length 1.
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

    /// Splits the work into tiles whose temporaries are small enough: `(rows, columns of each tile)`.
    ///
    /// `whole` is the number of columns if the full matrix is returned anyway.
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
    /// The lengths of vectors along the last dimension.
    fn lengths(self, vectors: Tensor<3>) -> Tensor<2> {
        let lengths = match self {
            Self::Manhattan => vectors.abs().sum_dim(2),
            Self::Euclidean => {
                let squares = vectors.square().sum_dim(2);
                // The gradient of the root is infinite at 0.
                let zero = squares.clone().equal_elem(0.0);
                let roots = squares.mask_fill(zero.clone(), 1.0).sqrt();
                roots.mask_fill(zero, 0.0)
            }
            Self::Minkowski { exponent } => {
                // Powers of numbers up to 1 do not overflow. The scale cancels, so it needs no gradient.
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

/// Scales rows to length 1. Rows of zeros stay 0.
fn directions(rows: Tensor<2>) -> Tensor<2> {
    // Squares of numbers up to 1 do not overflow. The scale cancels, so it needs no gradient.
    let greatest = rows.clone().detach().abs().max_dim(1);
    let zero = greatest.clone().equal_elem(0.0);
    let rows = rows / greatest.mask_fill(zero.clone(), 1.0);
    let squares = rows.clone().square().sum_dim(1);
    rows / squares.mask_fill(zero, 1.0).sqrt()
}

type Range = std::ops::Range<usize>;

/// The maximum number of elements of a temporary, which take 64 MB.
const TILE: usize = 1 << 24;
/// The same on hosts, where temporaries should stay in the cache.
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
