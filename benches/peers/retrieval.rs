//! The work with rankings. ranx takes the place of TorchMetrics without validation; it gets its own form of the rankings,
//! whose making is not timed.

use burn::tensor::{Bool, Distribution, Int, Tensor};
use burn_metrics::{prelude::*, retrieval::RetrievalInput};

use crate::{
    common::device,
    workloads::{Contenders, Run, Workload, alone, evaluate},
};

pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "retrieval MAP, 10000 x 100",
        goal: 50.0,
        contenders: || {
            let documents = documents(10_000);
            let scores = documents.0.clone();
            Contenders {
                sum: Some(Box::new(move || drop(scores.clone().sum().into_data()))),
                ..alone(evaluate(RetrievalMAP::new(), documents))
            }
        },
    },
    Workload {
        name: "retrieval MAP, complete, 10000 x 100",
        goal: 50.0,
        contenders: || {
            let (scores, relevance, _) = documents(10_000);
            let rows = (
                scores.reshape([10_000, 100]),
                relevance.reshape([10_000, 100]),
            );
            alone(evaluate(RetrievalMAP::new().complete_queries(), rows))
        },
    },
    Workload {
        name: "retrieval, all eleven, 10000 x 100",
        goal: 50.0,
        contenders: || alone(all_eleven(documents(10_000))),
    },
];

/// Scores, relevance (every tenth document) and query ids, 100 documents per query.
fn documents(queries: usize) -> (Tensor<1>, Tensor<1, Int>, Tensor<1, Int>) {
    let unit = Distribution::Uniform(0.0, 1.0);
    let scores = Tensor::<1>::random([queries * 100], unit, &device());
    let relevant: Tensor<1, Bool> =
        Tensor::<1>::random([queries * 100], unit, &device()).lower_elem(0.1);
    let ids = Tensor::<1, Int>::arange(0..(queries * 100) as i64, &device()).div_scalar(100);
    (scores, relevant.int(), ids)
}

fn all_eleven(documents: (Tensor<1>, Tensor<1, Int>, Tensor<1, Int>)) -> Run {
    let metrics: Collection<RetrievalInput> = Collection::new()
        .with(RetrievalMAP::new())
        .with(RetrievalMRR::new())
        .with(RetrievalPrecision::new().top_k(10))
        .with(RetrievalRecall::new().top_k(10))
        .with(RetrievalRPrecision::new())
        .with(RetrievalHitRate::new().top_k(10))
        .with(RetrievalFallOut::new().top_k(10))
        .with(RetrievalNormalizedDCG::new())
        .with(RetrievalAUROC::new())
        .with(RetrievalPrecisionRecallCurve::new(10))
        .with(RetrievalRecallAtFixedPrecision::new(0.1, 10));
    Box::new(move || {
        let mut metrics = metrics.clone();
        metrics.update(documents.clone()).unwrap();
        drop(std::hint::black_box(metrics.compute().unwrap()));
    })
}
