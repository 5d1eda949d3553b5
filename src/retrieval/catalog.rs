use super::*;
use crate::Catalog;

/// Metrics by name, such as `retrieval_map`, and by `retrieval_map_complete` for complete queries.
impl Default for Catalog<RetrievalInput> {
    fn default() -> Self {
        Self::new()
            .with("retrieval_map", RetrievalMAP::new())
            .with("retrieval_mrr", RetrievalMRR::new())
            .with("retrieval_precision", RetrievalPrecision::new())
            .with("retrieval_recall", RetrievalRecall::new())
            .with("retrieval_f1", RetrievalF1::new())
            .with("retrieval_r_precision", RetrievalRPrecision::new())
            .with("retrieval_hit_rate", RetrievalHitRate::new())
            .with("retrieval_fall_out", RetrievalFallOut::new())
            .with("retrieval_normalized_dcg", RetrievalNormalizedDCG::new())
            .with("retrieval_auroc", RetrievalAUROC::new())
            .with("expected_reciprocal_rank", ExpectedReciprocalRank::new(1.0))
            .with("rank_biased_precision", RankBiasedPrecision::new(0.8))
            .with(
                "retrieval_precision_recall_curve",
                RetrievalPrecisionRecallCurve::new(10),
            )
            .with(
                "retrieval_recall_at_fixed_precision",
                RetrievalRecallAtFixedPrecision::new(0.5, 10),
            )
            .with(
                "retrieval_map_complete",
                RetrievalMAP::new().complete_queries(),
            )
            .with(
                "retrieval_mrr_complete",
                RetrievalMRR::new().complete_queries(),
            )
            .with(
                "retrieval_precision_complete",
                RetrievalPrecision::new().complete_queries(),
            )
            .with(
                "retrieval_recall_complete",
                RetrievalRecall::new().complete_queries(),
            )
            .with(
                "retrieval_f1_complete",
                RetrievalF1::new().complete_queries(),
            )
            .with(
                "retrieval_r_precision_complete",
                RetrievalRPrecision::new().complete_queries(),
            )
            .with(
                "retrieval_hit_rate_complete",
                RetrievalHitRate::new().complete_queries(),
            )
            .with(
                "retrieval_fall_out_complete",
                RetrievalFallOut::new().complete_queries(),
            )
            .with(
                "retrieval_normalized_dcg_complete",
                RetrievalNormalizedDCG::new().complete_queries(),
            )
            .with(
                "retrieval_auroc_complete",
                RetrievalAUROC::new().complete_queries(),
            )
    }
}
