//! The metrics of `tests/golden/clustering.json`, and those of shapes.

use burn::tensor::Device;
use burn_metrics::{clustering::*, nominal::*};

use super::{Array, Batch, Case, Input, Options, Visitor};

impl Batch for ClusteringInput {
    fn of(input: &Input, device: &Device, _weighted: bool) -> Self {
        (
            input.preds.ints::<1>(device),
            input.target.ints::<1>(device),
        )
            .into()
    }
}

impl Batch for PointsInput {
    fn of(input: &Input, device: &Device, _weighted: bool) -> Self {
        let points = input.preds.floats::<2>(device);
        (points, input.target.ints::<1>(device)).into()
    }
}

impl Batch for NominalInput {
    fn of(input: &Input, device: &Device, _weighted: bool) -> Self {
        (
            categories(&input.preds, device),
            categories(&input.target, device),
        )
            .into()
    }
}

fn categories(array: &Array, device: &Device) -> Categories {
    match array.float {
        Some(_) => array.floats::<1>(device).into(),
        None => array.ints::<1>(device).into(),
    }
}

impl Batch for RatingsInput {
    fn of(input: &Input, device: &Device, _weighted: bool) -> Self {
        match input.preds.float {
            Some(_) => input.preds.floats::<3>(device).into(),
            None => input.preds.ints::<2>(device).into(),
        }
    }
}

#[cfg(feature = "shape")]
impl Batch for burn_metrics::shape::ShapesInput {
    fn of(input: &Input, device: &Device, _weighted: bool) -> Self {
        let (preds, target) = (&input.preds, &input.target);
        match input.double {
            true => (preds.doubles::<3>(device), target.doubles::<3>(device)).into(),
            false => (preds.floats::<3>(device), target.floats::<3>(device)).into(),
        }
    }
}

/// Shows the metric of a case to a visitor.
pub fn with_metric(case: &Case, visitor: &mut impl Visitor) {
    match case.task.as_str() {
        "clustering" => clustering(case, visitor),
        "nominal" => nominal(case, visitor),
        "shape" => shape(case, visitor),
        other => panic!("no task {other}"),
    }
}

fn clustering(case: &Case, visitor: &mut impl Visitor) {
    let method = match case.options.text("average_method") {
        None => AverageMethod::default(),
        Some("min") => AverageMethod::Min,
        Some("geometric") => AverageMethod::Geometric,
        Some("max") => AverageMethod::Max,
        other => panic!("no average {other:?}"),
    };
    match case.metric.as_str() {
        "mutual_info_score" => visitor.visit(MutualInfoScore::new()),
        "normalized_mutual_info_score" => {
            visitor.visit(NormalizedMutualInfoScore::new().average_method(method));
        }
        "adjusted_mutual_info_score" => {
            visitor.visit(AdjustedMutualInfoScore::new().average_method(method));
        }
        "homogeneity_score" => visitor.visit(HomogeneityScore::new()),
        "completeness_score" => visitor.visit(CompletenessScore::new()),
        "v_measure_score" => {
            let beta = case.options.beta.unwrap_or(1.0);
            visitor.visit(VMeasureScore::new().beta(beta));
        }
        "rand_score" => visitor.visit(RandScore::new()),
        "adjusted_rand_score" => visitor.visit(AdjustedRandScore::new()),
        "fowlkes_mallows_index" => visitor.visit(FowlkesMallowsIndex::new()),
        "cluster_accuracy" => visitor.visit(ClusterAccuracy::new()),
        "calinski_harabasz_score" => visitor.visit(CalinskiHarabaszScore::new()),
        "davies_bouldin_score" => visitor.visit(DaviesBouldinScore::new()),
        "dunn_index" => {
            let p = case.options.number("p").unwrap_or(2.0);
            visitor.visit(DunnIndex::new().p(p));
        }
        other => panic!("no metric {other}"),
    }
}

fn nominal(case: &Case, visitor: &mut impl Visitor) {
    let options = &case.options;
    let (nans, correct) = (nan_strategy(options), bias_correction(options));
    match case.metric.as_str() {
        "cramers_v" => {
            visitor.visit(CramersV::new().bias_correction(correct).nan_strategy(nans));
        }
        "tschuprows_t" => {
            let metric = TschuprowsT::new().bias_correction(correct);
            visitor.visit(metric.nan_strategy(nans));
        }
        "pearsons_contingency_coefficient" => {
            visitor.visit(PearsonsContingencyCoefficient::new().nan_strategy(nans));
        }
        "theils_u" => visitor.visit(TheilsU::new().nan_strategy(nans)),
        "fleiss_kappa" => visitor.visit(FleissKappa::new()),
        // Functions: see tests/clustering.rs.
        matrix if matrix.ends_with("_matrix") => {}
        other => panic!("no metric {other}"),
    }
}

pub fn nan_strategy(options: &Options) -> NanStrategy {
    match options.text("nan_strategy") {
        Some("drop") => NanStrategy::Drop,
        _ => NanStrategy::Replace(options.number("nan_replace_value").unwrap_or(0.0)),
    }
}

pub fn bias_correction(options: &Options) -> bool {
    options.flag("bias_correction").unwrap_or(true)
}

#[cfg(feature = "shape")]
fn shape(case: &Case, visitor: &mut impl Visitor) {
    let metric = burn_metrics::shape::ProcrustesDisparity::new();
    match case.options.text("reduction") {
        None | Some("mean") => visitor.visit(metric),
        Some("sum") => visitor.visit(metric.sum()),
        other => panic!("no reduction {other:?}"),
    }
}

#[cfg(not(feature = "shape"))]
fn shape(_: &Case, _: &mut impl Visitor) {}
