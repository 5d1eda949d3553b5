//! Search results and recommendations, with queries in one batch or in several, and from TREC's files.

use burn::tensor::{Bool, Device, Tensor, TensorData};
use burn_metrics::{
    prelude::*,
    retrieval::{
        EmptyTargetAction, MapDivisor, RetrievalInput, RetrievalScore, TrecQrels, TrecRun,
        parts::{AtCutoff, RankingFormula},
    },
};

use super::{Domain, FromGolden, Subject, metric};
use crate::common::{
    Tolerance,
    golden::{Array, Case, Input},
};

pub static DOMAIN: Domain = Domain::new(
    "retrieval",
    &[
        ("retrieval_map", |case| {
            let map = RetrievalMAP::new();
            cut(
                case,
                match case.text("divisor") {
                    None => map,
                    Some("relevant_or_k") => map.divided_by(MapDivisor::RelevantOrK),
                    Some("relevant_in_top_k") => map.divided_by(MapDivisor::RelevantInTopK),
                    Some(other) => panic!("no divisor {other}"),
                },
            )
        }),
        ("retrieval_mrr", |case| cut(case, RetrievalMRR::new())),
        ("retrieval_precision", |case| {
            let precision = RetrievalPrecision::new();
            match case.flag("adaptive_k") {
                true => cut(case, precision.adaptive_k()),
                false => cut(case, precision),
            }
        }),
        ("retrieval_recall", |case| cut(case, RetrievalRecall::new())),
        ("retrieval_f1", |case| cut(case, RetrievalF1::new())),
        ("retrieval_r_precision", |case| {
            whole(case, RetrievalRPrecision::new())
        }),
        ("retrieval_hit_rate", |case| {
            cut(case, RetrievalHitRate::new())
        }),
        ("retrieval_fall_out", |case| {
            cut(case, RetrievalFallOut::new())
        }),
        ("retrieval_normalized_dcg", |case| {
            let ndcg = RetrievalNormalizedDCG::new();
            match case.text("gain") {
                Some("exponential") => cut(case, ndcg.exponential()),
                _ => cut(case, ndcg),
            }
        }),
        ("retrieval_auroc", |case| {
            let auroc = RetrievalAUROC::new();
            match case.number("max_fpr") {
                Some(max_fpr) => cut(case, auroc.max_fpr(max_fpr)),
                None => cut(case, auroc),
            }
        }),
        ("expected_reciprocal_rank", |case| {
            let max_grade = case.number("max_grade").unwrap_or(1.0);
            cut(case, ExpectedReciprocalRank::new(max_grade))
        }),
        ("rank_biased_precision", |case| {
            cut(
                case,
                RankBiasedPrecision::new(case.number("p").unwrap_or(0.8)),
            )
        }),
        ("retrieval_precision_recall_curve", |case| {
            let curve = RetrievalPrecisionRecallCurve::new(case.count("max_k").unwrap());
            let curve = match case.flag("adaptive_k") {
                true => curve.adaptive_k(),
                false => curve,
            };
            let curve = curve.empty_target_action(empty_target_action(case).unwrap_or_default());
            match is_complete(case) {
                true => metric(curve.complete_queries()),
                false => metric(curve),
            }
        }),
        ("retrieval_recall_at_fixed_precision", |case| {
            let (precision, max_k) = (case.number("min_precision"), case.count("max_k"));
            let recall = RetrievalRecallAtFixedPrecision::new(precision.unwrap(), max_k.unwrap());
            let recall = match case.flag("adaptive_k") {
                true => recall.adaptive_k(),
                false => recall,
            };
            let recall = recall.empty_target_action(empty_target_action(case).unwrap_or_default());
            match is_complete(case) {
                true => metric(recall.complete_queries()),
                false => metric(recall),
            }
        }),
    ],
)
.tolerance(|case, _| {
    Tolerance::new(match case.reference.as_str() {
        "torchmetrics" => 2e-6,
        // The others compute in double precision.
        _ => 1e-9,
    })
});

#[test]
fn cases() {
    DOMAIN.check();
}

/// Several cutoffs at once give what each gives alone.
#[test]
fn several_cutoffs() {
    let device = Device::default();
    let case = DOMAIN
        .cases()
        .iter()
        .find(|case| case.input_name() == "ties");
    let input = RetrievalInput::from_golden(&case.unwrap().input, &device);
    let ks = [1, 2, 4, 9];
    let several = RetrievalNormalizedDCG::new()
        .at(ks)
        .evaluate(input.clone())
        .unwrap();
    let complete = RetrievalNormalizedDCG::new().at(ks).complete_queries();
    assert_eq!(complete.evaluate(input.clone()).unwrap(), several);
    for (k, number) in ks.into_iter().zip(several) {
        let alone = RetrievalNormalizedDCG::new().top_k(k);
        assert_eq!(alone.evaluate(input.clone()).unwrap(), number);
    }
}

/// A metric with the options of a case that all metrics have.
fn cut<F: AtCutoff<Score = f64>>(case: &Case, score: RetrievalScore<F>) -> Box<dyn Subject> {
    whole(
        case,
        match case.count("top_k") {
            None => score,
            Some(k) => score.top_k(k),
        },
    )
}

/// A metric with the options of a case that metrics without a cutoff have, too.
fn whole<F: RankingFormula<Score = f64>>(
    case: &Case,
    score: RetrievalScore<F>,
) -> Box<dyn Subject> {
    let score = match empty_target_action(case) {
        None => score,
        Some(action) => score.empty_target_action(action),
    };
    let score = match case.number("ignore_index") {
        None => score,
        Some(index) => score.ignore_index(index as i64),
    };
    let score = match case.number("relevance_level") {
        None => score,
        Some(level) => score.relevance_level(level),
    };
    match (case.text("aggregation"), is_complete(case)) {
        (None, false) => metric(score),
        (None, true) => metric(score.complete_queries()),
        (Some("median"), false) => metric(score.median()),
        (Some("median"), true) => metric(score.median().complete_queries()),
        (Some("min"), false) => metric(score.min()),
        (Some("min"), true) => metric(score.min().complete_queries()),
        (Some("max"), false) => metric(score.max()),
        (Some("max"), true) => metric(score.max().complete_queries()),
        (Some(other), _) => panic!("no aggregation {other}"),
    }
}

fn is_complete(case: &Case) -> bool {
    case.text("memory") == Some("complete")
}

fn empty_target_action(case: &Case) -> Option<EmptyTargetAction> {
    Some(match case.text("empty_target_action")? {
        "neg" => EmptyTargetAction::Neg,
        "pos" => EmptyTargetAction::Pos,
        "skip" => EmptyTargetAction::Skip,
        other => panic!("no action {other}"),
    })
}

impl FromGolden for RetrievalInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        if let Some(run) = input.find("run") {
            let text = |lines: &Array| {
                let lines: Vec<&str> = lines.strings().into_iter().flatten().collect();
                lines.join("\n")
            };
            let run: TrecRun = text(run).parse().unwrap();
            let qrels: TrecQrels = text(input.tensor("qrels")).parse().unwrap();
            return Self::from((&run, &qrels));
        }
        let (scores, target) = (input.preds(), input.target());
        if let Some(queries) = input.find("queries") {
            let target = target.ints::<1>(device);
            return (
                scores.floats::<1>(device),
                target,
                queries.ints::<1>(device),
            )
                .into();
        }
        let scores = scores.floats::<2>(device);
        match (input.find("mask"), target.is_float()) {
            (None, true) => (scores, target.floats::<2>(device)).into(),
            (None, false) => (scores, target.ints::<2>(device)).into(),
            (Some(mask), _) => {
                let mask = Tensor::<2, Bool>::from_data(
                    TensorData::new(mask.bools(), mask.shape.clone()),
                    device,
                );
                (scores, target.ints::<2>(device), mask).into()
            }
        }
    }
}
