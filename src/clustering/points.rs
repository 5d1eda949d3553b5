use std::{borrow::Cow, collections::BTreeMap, fmt::Debug, marker::PhantomData};

use burn::tensor::{DType, Int, Tensor};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::PointsInput;
use crate::{
    Fault, Faults, Meta, Metric, MetricError, Result, Statistic,
    encoding::number,
    ops::{HostTensor, is_host},
    sealed::Sealed,
    state::{Deferred, Fold, Pending, ReadRequests, ReadResults, same_width},
};

/// The data that is kept of the points of a cluster: [`ClusterMoments`] or [`ClusterPoints`].
///
/// This trait is sealed: only types of this crate implement it.
pub trait Cluster:
    Sealed + Debug + Default + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// Adds a point.
    fn add(&mut self, point: impl ExactSizeIterator<Item = f64>);

    /// Whether this can be what is kept of points with so many finite coordinates.
    fn is_consistent(&self, width: usize) -> bool;

    /// Adds the points of another part of the cluster.
    fn merge(&mut self, other: Self);
}

/// The number of points of a cluster, their mean, and the sum of their squared distances from the mean.
///
/// They are merged by the update of Chan, Golub and LeVeque (1979).
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterMoments {
    /// The number of points.
    pub n: u64,
    /// The centroid: `[d]`.
    #[serde(with = "number::list")]
    pub mean: Vec<f64>,
    /// The sum of the squared distances from the centroid.
    pub scatter: f64,
}

impl Sealed for ClusterMoments {}
impl Sealed for ClusterPoints {}

impl Cluster for ClusterMoments {
    fn add(&mut self, point: impl ExactSizeIterator<Item = f64>) {
        self.n += 1;
        self.mean.resize(point.len(), 0.0);
        let share = 1.0 / self.n as f64;
        for (mean, x) in self.mean.iter_mut().zip(point) {
            let before = x - *mean;
            *mean = match self.n {
                1 => x,
                _ => *mean + before * share,
            };
            self.scatter += before * (x - *mean);
        }
    }

    fn merge(&mut self, other: Self) {
        if self.n == 0 {
            *self = other;
            return;
        }
        let (own, others) = (self.n as f64, other.n as f64);
        let share = others / (own + others);
        self.scatter += other.scatter;
        for (mean, other) in self.mean.iter_mut().zip(other.mean) {
            let gap = other - *mean;
            *mean += gap * share;
            self.scatter += gap * gap * own * share;
        }
        self.n = self.n.saturating_add(other.n);
    }

    fn is_consistent(&self, width: usize) -> bool {
        let numbers = self.mean.iter().chain([&self.scatter]);
        self.n > 0 && self.mean.len() == width && numbers.copied().all(f64::is_finite)
    }
}

/// The points of a cluster, for metrics that need their distances from the final centroid. Each number takes 8 bytes.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterPoints {
    width: usize,
    #[serde(with = "number::list")]
    numbers: Vec<f64>,
}

impl ClusterPoints {
    /// The number of points.
    pub fn len(&self) -> usize {
        self.numbers.len() / self.width.max(1)
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The points.
    pub fn points(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.numbers.chunks_exact(self.width.max(1))
    }

    /// The mean of the points.
    pub fn centroid(&self) -> Vec<f64> {
        let n = self.len() as f64;
        let coordinate = |at: usize| {
            let all = self.points().map(|point| point[at]);
            let start = (0.0, f64::INFINITY, f64::NEG_INFINITY);
            let (sum, least, greatest) = all.fold(start, |(sum, least, greatest), x| {
                (sum + x, x.min(least), x.max(greatest))
            });
            // The mean of equal numbers must be that number, even if the sum is rounded.
            (sum / n).clamp(least, greatest)
        };
        (0..self.width).map(coordinate).collect()
    }
}

impl Cluster for ClusterPoints {
    fn add(&mut self, point: impl ExactSizeIterator<Item = f64>) {
        self.width = point.len();
        self.numbers.extend(point);
    }

    fn merge(&mut self, other: Self) {
        self.width = self.width.max(other.width);
        self.numbers.extend(other.numbers);
    }

    fn is_consistent(&self, width: usize) -> bool {
        self.width == width
            && width > 0
            && !self.numbers.is_empty()
            && self.numbers.len().is_multiple_of(width)
            && self.numbers.iter().all(|number| number.is_finite())
    }
}

/// The data of each cluster, by its label.
pub type Clustered<C> = Deferred<ClusteredTotal<C>>;

/// The host form of [`Clustered`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusteredTotal<C> {
    width: usize,
    faults: Faults,
    clusters: BTreeMap<i64, C>,
}

impl<C: Cluster> Clustered<C> {
    /// Adds points and the labels of their clusters.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] if the points have a different number of dimensions than earlier ones.
    /// [`MetricError::Values`] if they are on a host device and some numbers are not finite, in which case the batch is
    /// left out. [`MetricError::Device`].
    pub fn add(&mut self, points: Tensor<2>, labels: Tensor<1, Int>) -> Result<()> {
        if points.dims().contains(&0) {
            return self.settled().expect_width(points.dims());
        }
        self.add_result(LabelledPoints { points, labels })
    }
}

/// A batch of points, `[N, d]`, with the labels of their clusters.
#[derive(Debug, Clone)]
pub struct LabelledPoints {
    points: Tensor<2>,
    labels: Tensor<1, Int>,
}

impl Pending for LabelledPoints {
    type Read = ReadPoints;

    fn is_ready(&self) -> bool {
        is_host(&self.points.device())
    }

    fn bytes(&self) -> usize {
        let [n, width] = self.points.dims();
        n * (width * self.points.dtype().size() + self.labels.dtype().size())
    }

    fn register(&self, requests: &mut ReadRequests) {
        requests.add(self.points.clone());
        requests.add(self.labels.clone());
    }

    fn read(self, results: &mut ReadResults) -> ReadPoints {
        ReadPoints {
            width: self.points.dims()[1],
            points: results.take(),
            labels: results.take(),
        }
    }

    fn faults(read: &ReadPoints) -> Faults {
        Floats::of(&read.points).faults()
    }
}

/// [`LabelledPoints`] in host memory.
#[derive(Debug)]
pub struct ReadPoints {
    width: usize,
    points: HostTensor,
    labels: HostTensor,
}

/// The numbers of a batch, in their own type.
enum Floats<'a> {
    Single(Cow<'a, [f32]>),
    Double(Cow<'a, [f64]>),
}

impl<'a> Floats<'a> {
    fn of(tensor: &'a HostTensor) -> Self {
        match tensor.dtype() {
            DType::F64 => Self::Double(tensor.read()),
            // Half precision is read as single precision.
            _ => Self::Single(tensor.read()),
        }
    }

    fn faults(&self) -> Faults {
        let infinite = match self {
            Self::Single(numbers) => numbers.iter().filter(|x| !x.is_finite()).count(),
            Self::Double(numbers) => numbers.iter().filter(|x| !x.is_finite()).count(),
        };
        Faults::of(Fault::Infinite, infinite as u64)
    }
}

impl<C: Cluster> ClusteredTotal<C> {
    /// The data of each cluster, in the order of the labels.
    ///
    /// # Errors
    ///
    /// [`MetricError::Empty`] if no point was seen.
    pub fn clusters(&self, metric: &str) -> Result<Vec<&C>> {
        match self.clusters.is_empty() {
            true => Err(MetricError::empty(metric)),
            false => Ok(self.clusters.values().collect()),
        }
    }

    fn expect_width(&self, dims: [usize; 2]) -> Result<()> {
        match self.width {
            0 => Ok(()),
            width if width == dims[1] => Ok(()),
            width => {
                let expected = format!("[N, {width}], as of the batches before");
                Err(MetricError::shape("points", expected, &dims))
            }
        }
    }

    fn add_points<N: Copy + Into<f64>>(&mut self, numbers: &[N], labels: &[i64], width: usize) {
        for (point, label) in numbers.chunks_exact(width).zip(labels) {
            let point = point.iter().map(|x| (*x).into());
            self.clusters.entry(*label).or_default().add(point);
        }
    }
}

impl<C: Cluster> Fold for ClusteredTotal<C> {
    type Pending = LabelledPoints;
    type View<'a> = &'a Self;

    fn expect(&self, pending: &LabelledPoints) -> Result<()> {
        self.expect_width(pending.points.dims())
    }

    fn announce(&mut self, pending: &LabelledPoints) {
        self.width = pending.points.dims()[1];
    }

    fn add(&mut self, read: ReadPoints) {
        let (numbers, labels) = (Floats::of(&read.points), read.labels.labels());
        self.width = read.width;
        self.faults += numbers.faults();
        match &numbers {
            Floats::Single(numbers) => self.add_points(numbers, &labels, read.width),
            Floats::Double(numbers) => self.add_points(numbers, &labels, read.width),
        }
    }

    fn is_consistent(&self) -> bool {
        let mut clusters = self.clusters.values();
        clusters.all(|cluster| cluster.is_consistent(self.width)) || !self.faults.is_empty()
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        same_width("dimensions", self.width, other.width)
    }

    fn merge(&mut self, other: Self) {
        self.faults += other.faults;
        self.width = self.width.max(other.width);
        for (label, cluster) in other.clusters {
            self.clusters.entry(label).or_default().merge(cluster);
        }
    }

    fn view(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

/// Keeps the data of each cluster of points; the quality of a clustering is a function of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Clusters<C>(PhantomData<fn() -> C>);

impl<C> Clusters<C> {
    pub(super) const NEW: Self = Self(PhantomData);
}

impl<C: Cluster> Statistic for Clusters<C> {
    type Input = PointsInput;
    type State = Clustered<C>;

    fn update(&self, state: &mut Clustered<C>, input: PointsInput) -> Result<()> {
        input.check()?;
        state.add(input.points, input.labels)
    }
}

/// A measure of the quality of a clustering, computed from the data of each cluster.
pub trait QualityFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The data that is kept of each cluster.
    type Cluster: Cluster;

    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// Computes the value for these clusters, of which there is at least one.
    ///
    /// # Errors
    ///
    /// If the value is undefined for these clusters, or if an option has an invalid value.
    fn score(&self, clusters: &[&Self::Cluster]) -> Result<f64>;
}

/// A [`QualityFormula`] applied to points and their clusters.
///
/// The metrics create it, for example [`DunnIndex::new`](super::DunnIndex::new).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Serialize", deserialize = "F: Deserialize<'de>"))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Quality<F> {
    pub(super) formula: F,
}

impl<F: QualityFormula> Metric for Quality<F> {
    type Statistic = Clusters<F::Cluster>;
    type Value = f64;

    fn statistic(&self) -> &Self::Statistic {
        &Clusters::NEW
    }

    fn compute(&self, total: &ClusteredTotal<F::Cluster>) -> Result<f64> {
        self.formula
            .score(&total.clusters(&self.formula.meta().name)?)
    }

    fn meta(&self) -> Meta {
        self.formula.meta()
    }
}

crate::combinator::arithmetic!([F] Quality<F>);

/// Checks that there are at least two clusters, and that one of them has more than one point.
pub(super) fn separable(metric: &str, clusters: usize, points: u64) -> Result<()> {
    match clusters > 1 && (clusters as u64) < points {
        true => Ok(()),
        false => Err(MetricError::Undefined {
            metric: metric.to_owned(),
            expected: "at least two clusters, and fewer than points",
            got: format!("{clusters} cluster(s) of {points} point(s)"),
        }),
    }
}

/// The absolute differences of the coordinates.
pub(super) fn gaps<'a>(a: &'a [f64], b: &'a [f64]) -> impl Iterator<Item = f64> {
    a.iter().zip(b).map(|(a, b)| (a - b).abs())
}

/// The square of the Euclidean distance.
pub(super) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    gaps(a, b).map(|gap| gap * gap).sum()
}
