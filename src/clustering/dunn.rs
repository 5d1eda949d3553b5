use serde::{Deserialize, Serialize};

use super::{ClusterPoints, Quality, QualityFormula, agreement::constructor, points::gaps};
use crate::{Bounds, Meta, MetricError, Result};

/// The smallest distance between centroids divided by the largest distance of a point from its centroid.
///
/// It is `min_ij |m_i - m_j| / max_c max_x |x - m_c|`. Values are not negative, and higher is better. The value is
/// infinite if all points are on their centroids, and NaN if two of these centroids are also in the same place.
///
/// The state keeps all points, because distances are measured from the final centroids.
///
/// Options: the exponent [`p`](Self::p) of the norm, by default 2. Inputs: [`PointsInput`](super::PointsInput). Errors:
/// [`MetricError`]; [`MetricError::Undefined`] for a single cluster; [`MetricError::Config`] if `p` is not above 0.
///
/// Source: Dunn, Well-separated clusters and optimal fuzzy partitions (1974), with the distances of centroids used by
/// TorchMetrics' `DunnIndex`.
///
/// # When to use
///
/// Use it to compare clusterings of the same points without reference labels, when every cluster must be compact and
/// well separated. A single outlier or a single pair of close centroids decides the value, so it is unstable on noisy
/// data; [`CalinskiHarabaszScore`](super::CalinskiHarabaszScore) and [`DaviesBouldinScore`](super::DaviesBouldinScore)
/// average over points and clusters.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let points = Tensor::<2>::from_floats([[0.0], [2.0], [10.0], [12.0]], &device);
/// let labels = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
///
/// assert_eq!(DunnIndex::new().evaluate((points, labels))?, 10.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type DunnIndex = Quality<Dunn>;

/// The formula of [`DunnIndex`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dunn {
    norm: Norm,
}

/// A norm. The maximum norm has its own variant, because JSON has no infinity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Norm {
    P(f64),
    Maximum,
}

impl Default for Dunn {
    fn default() -> Self {
        Self { norm: Norm::P(2.0) }
    }
}

constructor!(DunnIndex);

impl DunnIndex {
    /// Sets the norm `(sum |x|^p)^(1/p)` that measures distances. `p` is any number above 0; infinity stands for the
    /// largest absolute coordinate.
    pub fn p(mut self, p: f64) -> Self {
        self.formula.norm = match p {
            f64::INFINITY => Norm::Maximum,
            _ => Norm::P(p),
        };
        self
    }
}

impl Norm {
    fn distance(self, a: &[f64], b: &[f64]) -> f64 {
        match self {
            Self::Maximum => gaps(a, b).fold(0.0, f64::max),
            Self::P(1.0) => gaps(a, b).sum(),
            Self::P(2.0) => gaps(a, b).map(|gap| gap * gap).sum::<f64>().sqrt(),
            Self::P(p) => gaps(a, b).map(|gap| gap.powf(p)).sum::<f64>().powf(1.0 / p),
        }
    }
}

impl QualityFormula for Dunn {
    type Cluster = ClusterPoints;
    fn meta(&self) -> Meta {
        let meta = Meta::new("Dunn index")
            .higher_is_better()
            .within(Bounds::POSITIVE);
        match self.norm {
            Norm::P(2.0) => meta,
            Norm::P(p) => meta.with(format!("norm {p}")),
            _ => meta.with("greatest norm"),
        }
    }

    fn score(&self, clusters: &[&ClusterPoints]) -> Result<f64> {
        let norm = self.norm;
        if let Norm::P(p) = norm
            && (p.is_nan() || p <= 0.0)
        {
            return Err(MetricError::config("p", "a number above 0", p));
        }
        if clusters.len() < 2 {
            return Err(MetricError::Undefined {
                metric: self.meta().name.into_owned(),
                expected: "at least two clusters",
                got: "one".to_owned(),
            });
        }
        let centroids: Vec<_> = clusters.iter().map(|cluster| cluster.centroid()).collect();
        let apart = centroids.iter().enumerate().flat_map(|(i, centroid)| {
            let others = centroids[..i].iter();
            others.map(move |other| norm.distance(centroid, other))
        });
        let within = clusters
            .iter()
            .zip(&centroids)
            .flat_map(|(cluster, centroid)| {
                let points = cluster.points();
                points.map(move |point| norm.distance(point, centroid))
            });
        Ok(apart.fold(f64::INFINITY, f64::min) / within.fold(0.0, f64::max))
    }
}
