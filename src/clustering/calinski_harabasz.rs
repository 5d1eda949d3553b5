use serde::{Deserialize, Serialize};

use super::{
    Cluster, ClusterMoments, Quality, QualityFormula,
    agreement::constructor,
    points::{separable, squared_distance},
};
use crate::{Bounds, Meta, Result};

/// The variance between clusters divided by the variance within clusters: `(B / (k - 1)) / (W / (N - k))`.
///
/// There are `N` points in `k` clusters. `B` is the sum over all points of the squared distance between the centroid of
/// their cluster and the mean of all points. `W` is the sum of the squared distances between the points and the
/// centroid of their cluster. Values are not negative, and higher is better; the value is 1 if all points are on their
/// centroids.
///
/// The size of the state does not depend on the number of points: it contains the number of points, the mean and the
/// scatter of each cluster. Points on a GPU are copied to the host, which assigns them to their clusters.
///
/// No options. Inputs: [`PointsInput`](super::PointsInput). Errors: [`MetricError`](crate::MetricError);
/// [`Undefined`](crate::MetricError::Undefined) unless there are at least two clusters and fewer clusters than points.
///
/// Source: Calinski and Harabasz, A dendrite method for cluster analysis (1974); TorchMetrics' `CalinskiHarabaszScore`;
/// scikit-learn's `calinski_harabasz_score`.
///
/// # When to use
///
/// Use it to compare clusterings of the same points without reference labels, for example to choose the number of
/// clusters. It favours compact, round clusters, so it misjudges elongated or nested ones, and features with a large
/// scale dominate the distances. Its state is small, while [`DaviesBouldinScore`](super::DaviesBouldinScore) and
/// [`DunnIndex`](super::DunnIndex) keep all points.
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
/// // B = 4 * 25, W = 4 * 1
/// assert_eq!(CalinskiHarabaszScore::new().evaluate((points, labels))?, 50.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type CalinskiHarabaszScore = Quality<CalinskiHarabasz>;

/// The formula of [`CalinskiHarabaszScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalinskiHarabasz {}

constructor!(CalinskiHarabaszScore);

impl QualityFormula for CalinskiHarabasz {
    type Cluster = ClusterMoments;
    fn meta(&self) -> Meta {
        Meta::new("Calinski-Harabasz score")
            .higher_is_better()
            .within(Bounds::POSITIVE)
    }

    fn score(&self, clusters: &[&ClusterMoments]) -> Result<f64> {
        let mut all = ClusterMoments::default();
        clusters
            .iter()
            .for_each(|cluster| all.merge((*cluster).clone()));
        let k = clusters.len();
        separable(&self.meta().name, k, all.n)?;
        let within: f64 = clusters.iter().map(|cluster| cluster.scatter).sum();
        if within == 0.0 {
            return Ok(1.0);
        }
        let between = |cluster: &&ClusterMoments| {
            cluster.n as f64 * squared_distance(&cluster.mean, &all.mean)
        };
        let between: f64 = clusters.iter().map(between).sum();
        Ok(between / (k - 1) as f64 / (within / (all.n - k as u64) as f64))
    }
}
