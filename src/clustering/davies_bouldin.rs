use serde::{Deserialize, Serialize};

use super::{
    ClusterPoints, Quality, QualityFormula,
    agreement::constructor,
    points::{separable, squared_distance},
};
use crate::{Bounds, Meta, Result};

/// The mean overlap of each cluster with the cluster it is most similar to: `mean_i max_j (s_i + s_j) / d_ij`.
///
/// `s_i` is the mean distance of the points of a cluster from its centroid, and `d_ij` is the distance between two
/// centroids. Values are not negative, and lower is better. Centroids in the same place count as infinitely far apart,
/// as in TorchMetrics.
///
/// The state keeps all points, because distances are measured from the final centroids.
///
/// No options. Inputs: [`PointsInput`](super::PointsInput). Errors: [`MetricError`](crate::MetricError);
/// [`Undefined`](crate::MetricError::Undefined) unless there are at least two clusters and fewer clusters than points.
///
/// Source: Davies and Bouldin, A cluster separation measure (1979); TorchMetrics' `DaviesBouldinScore` and
/// scikit-learn's `davies_bouldin_score`. Both treat spreads or distances below 1e-8 as 0. With more than 25 clusters,
/// TorchMetrics also mistakes the rounding error in the distance of a centroid from itself for a distance.
///
/// # When to use
///
/// Use it to compare clusterings of the same points without reference labels. Like
/// [`CalinskiHarabaszScore`](super::CalinskiHarabaszScore), it favours compact, round clusters and depends on the
/// scales of the features. It judges each cluster by its most similar neighbour only, so two clusters that should be
/// one raise it clearly.
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
/// assert_eq!(DaviesBouldinScore::new().evaluate((points, labels))?, 0.2);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type DaviesBouldinScore = Quality<DaviesBouldin>;

/// The formula of [`DaviesBouldinScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaviesBouldin {}

constructor!(DaviesBouldinScore);

impl QualityFormula for DaviesBouldin {
    type Cluster = ClusterPoints;
    fn meta(&self) -> Meta {
        Meta::new("Davies-Bouldin score")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn score(&self, clusters: &[&ClusterPoints]) -> Result<f64> {
        let points = clusters.iter().map(|cluster| cluster.len() as u64).sum();
        separable(&self.meta().name, clusters.len(), points)?;
        let spread = |cluster: &&ClusterPoints| {
            let centroid = cluster.centroid();
            let distance = |point| squared_distance(point, &centroid).sqrt();
            let sum: f64 = cluster.points().map(distance).sum();
            (sum / cluster.len() as f64, centroid)
        };
        let clusters: Vec<_> = clusters.iter().map(spread).collect();
        let likeness = |(i, (spread, centroid)): (usize, &(f64, Vec<f64>))| {
            let others = clusters.iter().enumerate().filter(|(j, _)| *j != i);
            let ratios =
                others.map(
                    |(_, (other, far))| match squared_distance(centroid, far).sqrt() {
                        0.0 => 0.0,
                        distance => (spread + other) / distance,
                    },
                );
            ratios.fold(0.0, f64::max)
        };
        let sum: f64 = clusters.iter().enumerate().map(likeness).sum();
        Ok(sum / clusters.len() as f64)
    }
}
