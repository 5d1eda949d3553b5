use burn::tensor::{Device, FloatDType, Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    Bounds, Fault, Faults, Meta, Metric, MetricError, Result, Statistic,
    combinator::Samples,
    ops::is_host,
    state::{Deferred, Fold, Pending, ReadRequests, ReadResults, Results, same_width},
};

/// The agreement of several raters about categories, corrected for chance: `(P - E) / (1 - E)`.
///
/// `P` is the mean over subjects of the share of pairs of raters that agree, and `E` is the sum of the squared shares
/// of the categories. Subjects may have different numbers of ratings. Subjects with fewer than two ratings have no
/// pairs and only count in the shares. Values are at most 1, and higher is better; 0 is chance level. The value is NaN
/// if all ratings are of one category or if no subject has two ratings.
///
/// The size of the state does not depend on the number of subjects. Sums are in `f64`; on a GPU, the sums of one batch
/// are in `f32`.
///
/// No options: the type of the input says whether it contains counts or scores. Inputs: [`RatingsInput`]. Errors:
/// [`MetricError`].
///
/// Source: Fleiss, Measuring nominal scale agreement among many raters (1971); TorchMetrics' `FleissKappa`, which adds
/// 1e-5 to the denominator and uses the largest number of ratings for all subjects; statsmodels' `fleiss_kappa`.
///
/// # When to use
///
/// Use it for more than two raters who choose among unordered categories; different subjects may be rated by different
/// raters. If nearly all ratings are of one category, it can be low although the raters nearly always agree, so do not
/// compare values between data sets with different shares of categories. For two raters, use
/// [`CohenKappa`](crate::classification::CohenKappa), which can also weight ordered categories.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// // Three raters: they agree about the first two subjects, and two of them about the third.
/// let counts = Tensor::<2, Int>::from_ints([[3, 0], [0, 3], [2, 1]], &device);
///
/// let kappa = FleissKappa::new().evaluate(counts)?;
/// assert!((kappa - 0.55).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct FleissKappa {}

impl FleissKappa {
    /// Creates the metric.
    pub fn new() -> Self {
        Self {}
    }
}

/// Ratings of subjects: counts of the chosen categories, or the scores of each rater.
///
/// Counts are `[N, categories]` and say how often each category was chosen. Scores are `[N, categories, raters]`; each
/// rater chooses the category with the highest score, or the first of several.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::nominal::RatingsInput;
///
/// let device = Device::flex();
/// let batch = RatingsInput::from(Tensor::<2, Int>::from_ints([[3, 0], [1, 2]], &device));
/// let batch = RatingsInput::from(Tensor::<3>::from_floats([[[0.1, 0.7], [0.9, 0.3]]], &device));
/// ```
#[derive(Debug, Clone)]
pub enum RatingsInput {
    /// How often each category was chosen: `[N, categories]`.
    Counts(Tensor<2, Int>),
    /// The scores of each rater: `[N, categories, raters]`.
    Scores(Tensor<3>),
}

impl From<Tensor<2, Int>> for RatingsInput {
    fn from(counts: Tensor<2, Int>) -> Self {
        Self::Counts(counts.inner())
    }
}

impl From<Tensor<3>> for RatingsInput {
    fn from(scores: Tensor<3>) -> Self {
        Self::Scores(scores.inner())
    }
}

impl Samples for RatingsInput {
    fn samples(&self) -> Result<(usize, Device)> {
        Ok(match self {
            Self::Counts(counts) => (counts.dims()[0], counts.device()),
            Self::Scores(scores) => (scores.dims()[0], scores.device()),
        })
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        match self {
            Self::Counts(counts) => Self::Counts(counts.select(0, places.clone())),
            Self::Scores(scores) => Self::Scores(scores.select(0, places.clone())),
        }
    }
}

/// The state of [`FleissKappa`]: the number of ratings of each category, and the agreement of the subjects.
pub type Ratings = Deferred<RatingsTotal>;

/// The host form of [`Ratings`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct RatingsTotal {
    seen: u64,
    width: usize,
    faults: Faults,
    /// The number of ratings of each category.
    categories: Vec<f64>,
    /// The sum over subjects of the share of pairs of raters that agree.
    agreement: f64,
    /// The number of subjects with at least two ratings.
    rated: f64,
}

impl Fold for RatingsTotal {
    type Pending = RatingSums;
    type View<'a> = &'a Self;

    fn view(&self) -> &Self {
        self
    }

    fn expect(&self, pending: &RatingSums) -> Result<()> {
        self.expect_width([pending.subjects as usize, pending.width])
    }

    fn announce(&mut self, pending: &RatingSums) {
        self.width = pending.width;
    }

    fn add(&mut self, read: RatingsTotal) {
        self.merge(read);
    }

    fn is_consistent(&self) -> bool {
        self.categories.len() == self.width
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        same_width("categories", self.width, other.width)
    }

    fn merge(&mut self, other: Self) {
        self.seen = self.seen.saturating_add(other.seen);
        self.faults += other.faults;
        self.width = self.width.max(other.width);
        let length = self.categories.len().max(other.categories.len());
        self.categories.resize(length, 0.0);
        let sums = self.categories.iter_mut().zip(other.categories);
        sums.for_each(|(sum, n)| *sum += n);
        self.agreement += other.agreement;
        self.rated += other.rated;
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

impl RatingsTotal {
    fn expect_width(&self, dims: [usize; 2]) -> Result<()> {
        match self.width {
            0 => Ok(()),
            width if width == dims[1] => Ok(()),
            width => {
                let expected = format!("[N, {width}, ...], as of the batches before");
                Err(MetricError::shape("ratings", expected, &dims))
            }
        }
    }
}

/// The sums of batches of ratings on a device.
#[derive(Debug, Clone)]
pub struct RatingSums {
    subjects: u64,
    width: usize,
    /// How often each category was chosen: `[width]`.
    categories: Results,
    /// The agreement, the number of subjects with at least two ratings, of negative counts and of NaN scores: `[4]`.
    rest: Results,
}

impl Pending for RatingSums {
    type Read = RatingsTotal;

    fn is_ready(&self) -> bool {
        self.categories.is_ready()
    }

    fn bytes(&self) -> usize {
        self.categories.bytes() + self.rest.bytes()
    }

    fn register(&self, requests: &mut ReadRequests) {
        self.categories.register(requests);
        self.rest.register(requests);
    }

    fn read(self, results: &mut ReadResults) -> RatingsTotal {
        let mut total = RatingsTotal {
            seen: self.subjects,
            width: self.width,
            categories: vec![0.0; self.width],
            ..RatingsTotal::default()
        };
        self.categories.read(results).for_each(|row| {
            let sums = total.categories.iter_mut().zip(row);
            sums.for_each(|(sum, n)| *sum += n);
        });
        self.rest.read(results).for_each(|row| {
            total.agreement += row[0];
            total.rated += row[1];
            total.faults.add(Fault::Domain, row[2] as u64);
            total.faults.add(Fault::Nan, row[3] as u64);
        });
        total
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        if self.width != later.width {
            return Some(later);
        }
        self.subjects += later.subjects;
        self.categories.join(later.categories);
        self.rest.join(later.rest);
        None
    }

    fn faults(read: &RatingsTotal) -> Faults {
        read.faults
    }
}

impl Statistic for FleissKappa {
    type Input = RatingsInput;
    type State = Ratings;

    fn update(&self, state: &mut Ratings, input: RatingsInput) -> Result<()> {
        let dims = match &input {
            RatingsInput::Counts(counts) => counts.dims().to_vec(),
            RatingsInput::Scores(scores) => scores.dims().to_vec(),
        };
        state.settled().expect_width([dims[0], dims[1]])?;
        if dims.contains(&0) {
            return Ok(());
        }
        let (counts, nans) = match input {
            RatingsInput::Counts(counts) => {
                let counts = real(counts);
                let none = counts.clone().slice([0..1, 0..1]).zeros_like();
                (counts, none.reshape([1]))
            }
            RatingsInput::Scores(scores) => chosen(scores),
        };
        let negative = real(counts.clone().lower_elem(0.0).int().sum());
        let n = counts.clone().sum_dim(1);
        let alike = counts.clone().powi_scalar(2).sum_dim(1) - n.clone();
        let pairs = n.clone() * n.clone().sub_scalar(1.0);
        let lone = n.lower_elem(2.0);
        let agreement = (alike / pairs).mask_fill(lone.clone(), 0.0);
        let rated = agreement.ones_like().mask_fill(lone, 0.0);
        let categories: Tensor<1> = crate::ops::sum_along(counts, 0).flatten(0, 1);
        let rest = vec![agreement.sum(), rated.sum(), negative, nans];
        state.add_result(RatingSums {
            subjects: dims[0] as u64,
            width: dims[1],
            categories: Results::of(categories),
            rest: Results::of(Tensor::cat(rest, 0)),
        })
    }
}

/// Converts integers to floats, which are `f64` on hosts.
fn real<const D: usize>(counts: Tensor<D, Int>) -> Tensor<D> {
    counts.clone().cast(match is_host(&counts.device()) {
        true => FloatDType::F64,
        false => FloatDType::F32,
    })
}

/// How often each category was chosen, and how many scores are NaN.
fn chosen(scores: Tensor<3>) -> (Tensor<2>, Tensor<1>) {
    let dims = scores.dims();
    let [n, categories, _] = dims;
    let nans = scores.clone().is_nan().int().sum();
    let choice = scores.argmax(1);
    let category = Tensor::<1, Int>::arange(0..categories as i64, &choice.device());
    let category = category.cast(choice.dtype()).reshape([1, categories, 1]);
    let hits = choice.expand(dims).equal(category.expand(dims));
    let counts = hits.int().sum_dim(2).reshape([n, categories]);
    (real(counts), real(nans))
}

const NAME: &str = "Fleiss' kappa";

impl Metric for FleissKappa {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, total: &RatingsTotal) -> Result<f64> {
        if total.seen == 0 {
            return Err(MetricError::empty(NAME));
        }
        let ratings: f64 = total.categories.iter().sum();
        let square = |count: &f64| (count / ratings).powi(2);
        let chance: f64 = total.categories.iter().map(square).sum();
        let agreement = total.agreement / total.rated;
        Ok((agreement - chance) / (1.0 - chance))
    }

    fn meta(&self) -> Meta {
        Meta::new(NAME)
            .higher_is_better()
            .within(Bounds::new(f64::NEG_INFINITY, 1.0))
    }
}

crate::combinator::arithmetic!([] FleissKappa);
