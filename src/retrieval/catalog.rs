use super::*;
use crate::Catalog;

/// Metrics by name, such as `retrieval_map`, and by `retrieval_map_complete` for complete queries.
impl Default for Catalog<RetrievalInput> {
    fn default() -> Self {
        let curve = RetrievalPrecisionRecallCurve::new(10);
        let recall = RetrievalRecallAtFixedPrecision::new(0.5, 10);
        let catalog = Self::new()
            .with("retrieval_precision_recall_curve", curve)
            .with("retrieval_recall_at_fixed_precision", recall);
        let catalog = both(catalog, "retrieval_map", RetrievalMAP::new());
        let catalog = both(catalog, "retrieval_mrr", RetrievalMRR::new());
        let catalog = both(catalog, "retrieval_precision", RetrievalPrecision::new());
        let catalog = both(catalog, "retrieval_recall", RetrievalRecall::new());
        let catalog = both(catalog, "retrieval_f1", RetrievalF1::new());
        let catalog = both(catalog, "retrieval_r_precision", RetrievalRPrecision::new());
        let catalog = both(catalog, "retrieval_hit_rate", RetrievalHitRate::new());
        let catalog = both(catalog, "retrieval_fall_out", RetrievalFallOut::new());
        let catalog = both(
            catalog,
            "retrieval_normalized_dcg",
            RetrievalNormalizedDCG::new(),
        );
        let catalog = both(catalog, "retrieval_auroc", RetrievalAUROC::new());
        let catalog = both(
            catalog,
            "expected_reciprocal_rank",
            ExpectedReciprocalRank::new(1.0),
        );
        both(
            catalog,
            "rank_biased_precision",
            RankBiasedPrecision::new(0.8),
        )
    }
}

/// Adds a metric for scattered queries and for complete ones.
fn both<F: RankingFormula<Score = f64>>(
    catalog: Catalog<RetrievalInput>,
    name: &str,
    score: RetrievalScore<F>,
) -> Catalog<RetrievalInput> {
    let complete = score.clone().complete_queries();
    catalog
        .with(name, score)
        .with(format!("{name}_complete"), complete)
}
