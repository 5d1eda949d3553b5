//! Agreement of clusterings, and quality of clusterings of points.

use burn::tensor::Device;
use burn_metrics::clustering::*;

use super::{Domain, FromGolden, metric};
use crate::common::{
    Tolerance,
    golden::{Case, Input},
};

pub static DOMAIN: Domain = Domain::new(
    "clustering",
    &[
        ("mutual_info_score", |_| metric(MutualInfoScore::new())),
        ("normalized_mutual_info_score", |case| {
            let score = NormalizedMutualInfoScore::new();
            metric(score.average_method(average_method(case)))
        }),
        ("adjusted_mutual_info_score", |case| {
            let score = AdjustedMutualInfoScore::new();
            metric(score.average_method(average_method(case)))
        }),
        ("homogeneity_score", |_| metric(HomogeneityScore::new())),
        ("completeness_score", |_| metric(CompletenessScore::new())),
        ("v_measure_score", |case| {
            let beta = case.number("beta").unwrap_or(1.0);
            metric(VMeasureScore::new().beta(beta))
        }),
        ("rand_score", |_| metric(RandScore::new())),
        ("adjusted_rand_score", |_| metric(AdjustedRandScore::new())),
        ("fowlkes_mallows_index", |_| {
            metric(FowlkesMallowsIndex::new())
        }),
        ("cluster_accuracy", |case| {
            // Ours needs no number of classes.
            case.option("num_classes");
            metric(ClusterAccuracy::new())
        }),
        ("calinski_harabasz_score", |_| {
            metric(CalinskiHarabaszScore::new())
        }),
        (
            "davies_bouldin_score",
            |_| metric(DaviesBouldinScore::new()),
        ),
        ("dunn_index", |case| {
            metric(DunnIndex::new().p(case.number("p").unwrap_or(2.0)))
        }),
    ],
)
.tolerance(precise);

/// The reference computed in double precision.
pub fn precise(_: &Case, device: &str) -> Tolerance {
    Tolerance::new(if device == "flex" { 1e-9 } else { 1e-6 })
}

#[test]
fn cases() {
    DOMAIN.check();
}

fn average_method(case: &Case) -> AverageMethod {
    match case.text("average_method") {
        None => AverageMethod::default(),
        Some("min") => AverageMethod::Min,
        Some("geometric") => AverageMethod::Geometric,
        Some("max") => AverageMethod::Max,
        other => panic!("no average {other:?}"),
    }
}

impl FromGolden for ClusteringInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let (preds, target) = (input.preds(), input.target());
        (preds.ints::<1>(device), target.ints::<1>(device)).into()
    }
}

impl FromGolden for PointsInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let points = input.preds().floats::<2>(device);
        (points, input.target().ints::<1>(device)).into()
    }
}
