//! The preludes of Burn and of this crate, imported together.

use std::collections::BTreeSet;

mod both {
    pub use burn::prelude::*;
    pub use burn_metrics::prelude::*;
}

// Every name of Burn's prelude. A name that both preludes have would be ambiguous, which is an error.
#[allow(unused_imports)]
use self::both::{
    Bool, Config, Device, DeviceIndex, DeviceKind, ElementConversion, Float, Int, Module, Shape,
    SliceArg, Tensor, TensorData, ToElement, assert_shape, debug_assert_shape, nn, s,
};

// Every name of ours.
#[allow(unused_imports)]
use self::both::{
    Accumulate, Accumulator, Accuracy, AdjustedMutualInfoScore, AdjustedRandScore,
    AggregationInput, Alternative, AtThreshold, Auroc, AverageMethod, AveragePrecision, Binary,
    BinaryAUROC, BinaryAccuracy, BinaryAveragePrecision, BinaryCalibrationError, BinaryCohenKappa,
    BinaryConfusionMatrix, BinaryEER, BinaryF1Score, BinaryFBetaScore, BinaryFairness,
    BinaryGroupStatRates, BinaryHammingDistance, BinaryHingeLoss, BinaryJaccardIndex, BinaryLogAUC,
    BinaryMatthewsCorrCoef, BinaryNegativePredictiveValue, BinaryNormalizedEntropy,
    BinaryPrecision, BinaryPrecisionAtFixedRecall, BinaryPrecisionRecallCurve, BinaryROC,
    BinaryRecall, BinaryRecallAtFixedPrecision, BinarySensitivityAtSpecificity, BinarySpecificity,
    BinarySpecificityAtSensitivity, BinaryStatScores, Binned, Bounds, CalibrationError,
    CalibrationInput, CalinskiHarabaszScore, CatMetric, CatalogCoverage, Categories,
    CategoryColumns, ClassCounts, ClassificationInput, ClickInput, ClickThroughRate,
    ClusterAccuracy, ClusteringInput, CohenKappa, Collection, CompletenessScore,
    ConcordanceCorrCoef, Confusion, ConfusionMatrix, ContinuousRankedProbabilityScore,
    CosineSimilarity, CoverageError, CramersV, CrammerSinger, CriticalSuccessIndex,
    DaviesBouldinScore, DeLong, DemographicParity, Direction, DunnIndex, Eer, EmptyTargetAction,
    EnsembleInput, EqualOpportunity, Exact, ExactMatch, ExpectedReciprocalRank, ExplainedVariance,
    F1, FBeta, Fairness, FleissKappa, FowlkesMallowsIndex, GroupRates, GroupStatRates,
    GroupedInput, HammingDistance, HingeLoss, HomogeneityScore, Interval, JaccardIndex,
    JensenShannonDivergence, KLDivergence, KendallRankCorrCoef, KendallTest,
    LabelRankingAveragePrecision, LabelRankingLoss, LogAuc, LogCoshError, Macro, MacroOfAll,
    MapDivisor, MatthewsCorrCoef, MaxMetric, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanMetric, MeanOfSamples, MeanSquaredError, MeanSquaredLogError, Meta, Metric, MetricError,
    MetricExt, Micro, MinMetric, MinkowskiDistance, Multiclass, MulticlassAUROC,
    MulticlassAccuracy, MulticlassAveragePrecision, MulticlassCalibrationError,
    MulticlassCohenKappa, MulticlassConfusionMatrix, MulticlassEER, MulticlassExactMatch,
    MulticlassF1Score, MulticlassFBetaScore, MulticlassHammingDistance, MulticlassHingeLoss,
    MulticlassJaccardIndex, MulticlassLogAUC, MulticlassMatthewsCorrCoef,
    MulticlassNegativePredictiveValue, MulticlassPrecision, MulticlassPrecisionAtFixedRecall,
    MulticlassPrecisionRecallCurve, MulticlassROC, MulticlassRecall,
    MulticlassRecallAtFixedPrecision, MulticlassSensitivityAtSpecificity, MulticlassSpecificity,
    MulticlassSpecificityAtSensitivity, MulticlassStatScores, Multilabel, MultilabelAUROC,
    MultilabelAccuracy, MultilabelAveragePrecision, MultilabelConfusionMatrix,
    MultilabelCoverageError, MultilabelEER, MultilabelExactMatch, MultilabelF1Score,
    MultilabelFBetaScore, MultilabelHammingDistance, MultilabelJaccardIndex, MultilabelLogAUC,
    MultilabelMatthewsCorrCoef, MultilabelNegativePredictiveValue, MultilabelPrecision,
    MultilabelPrecisionAtFixedRecall, MultilabelPrecisionRecallCurve, MultilabelROC,
    MultilabelRankingAveragePrecision, MultilabelRankingLoss, MultilabelRecall,
    MultilabelRecallAtFixedPrecision, MultilabelSensitivityAtSpecificity, MultilabelSpecificity,
    MultilabelSpecificityAtSensitivity, MultilabelStatScores, MutualInfoScore, NanStrategy,
    NegativePredictiveValue, NominalInput, Normalization, Normalize, NormalizedEntropy,
    NormalizedMutualInfoScore, NormalizedRootMeanSquaredError, OneVsAll, Parities, Parity,
    PearsonCorrCoef, PearsonsContingencyCoefficient, PerClass, PerOutput, PerSample, PointsInput,
    Pooled, PrCurve, Precision, PrecisionAtFixedRecall, PrecisionRecallCurve, R2Score, RandScore,
    RankBiasedPrecision, Ranked, RatingsInput, Recall, RecallAtFixedPrecision, RecommendedInput,
    RegressionInput, RelativeSquaredError, Result, RetrievalAUROC, RetrievalCurve, RetrievalF1,
    RetrievalFallOut, RetrievalHitRate, RetrievalInput, RetrievalMAP, RetrievalMRR,
    RetrievalNormalizedDCG, RetrievalPrecision, RetrievalPrecisionRecallCurve, RetrievalRPrecision,
    RetrievalRecall, RetrievalRecallAtFixedPrecision, Roc, RocCurve, RootMeanSquaredError,
    RootRelativeSquaredError, RunningMean, RunningSum, SamplesInput, Score,
    SensitivityAtSpecificity, SpearmanCorrCoef, Specificity, SpecificityAtSensitivity, StatScores,
    State, Statistic, SumMetric, SumOfSamples, SymmetricMeanAbsolutePercentageError, Task,
    TestedCorrelation, TheilsU, Tracker, TschuprowsT, TweedieDevianceScore, UniformAverage,
    VMeasureScore, Value, Values, VarianceWeighted, Variant, Wasserstein1d, Weighted,
    WeightedCalibration, WeightedMeanAbsolutePercentageError, Wilson,
};
#[allow(unused_imports)]
use self::both::{
    AllPairs, AverageSurfaceDistance, BoundaryIoU, DiceScore, GeneralizedDiceScore,
    HausdorffDistance, MeanIoU, RelativeVolumeDifference, SegmentationInput, SurfaceDice,
    VolumeDifference,
};
#[allow(unused_imports)]
#[cfg(feature = "text")]
use self::both::{
    BLEUScore, BitsPerByte, CHRFScore, CharErrorRate, DistinctNGrams, EditDistance,
    ExtendedEditDistance, MatchErrorRate, PassAtK, Perplexity, ROUGEScore, SQuAD, SacreBLEUScore,
    TextExactMatch, TextInput, TranslationEditRate, WordErrorRate, WordInfoLost, WordInfoPreserved,
};
#[allow(unused_imports)]
#[cfg(feature = "detection")]
use self::both::{
    CompleteIntersectionOverUnion, DetectionConfusionMatrix, DetectionF1, DetectionInput,
    Detections, DistanceIntersectionOverUnion, GeneralizedIntersectionOverUnion, GroundTruth,
    IntersectionOverUnion, LvisAveragePrecision, MeanAveragePrecision, ModifiedPanopticQuality,
    PanopticInput, PanopticQuality,
};
#[allow(unused_imports)]
#[cfg(feature = "shape")]
use self::both::{ProcrustesDisparity, ShapesInput};

/// The names that a source file imports by statements that start with this, but for traits imported as `_`.
fn imported<'a>(source: &'a str, start: &str) -> BTreeSet<&'a str> {
    let statements = source.split(start).skip(1);
    let statements = statements.filter_map(|rest| rest.split(';').next());
    let names = statements.flat_map(|statement| {
        let list = statement
            .split_once('{')
            .map(|(_, list)| list.trim_end_matches('}'));
        list.or(statement.rsplit("::").next())
            .unwrap_or_default()
            .split(',')
    });
    let names = names.map(str::trim);
    names
        .filter(|name| !name.is_empty() && !name.ends_with(" as _"))
        .collect()
}

#[test]
fn every_name_of_the_prelude_is_imported_here() {
    let prelude = imported(include_str!("../../src/prelude.rs"), "pub use crate::");
    let here = imported(include_str!("prelude.rs"), "use self::both::");
    assert!(prelude.contains("Accuracy") && prelude.contains("Values"));
    let missing: Vec<_> = prelude.difference(&here).collect();
    assert!(missing.is_empty(), "not imported: {missing:?}");
}

#[test]
fn options_are_methods_with_both_preludes() -> Result<()> {
    use self::both::*;

    let device = Device::default();
    let preds = Tensor::<1, Int>::from_ints([0, 1, 2, 1], &device);
    let target = Tensor::<1, Int>::from_ints([0, 1, -1, 2], &device);
    let accuracy = Accuracy::multiclass(3).ignore_index(-1);
    assert_eq!(accuracy.evaluate((preds, target))?, 2.0 / 3.0);
    Ok(())
}
