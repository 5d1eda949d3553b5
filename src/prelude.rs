//! The names that most programs use: metrics, with their tasks, averages, options and values, and the types that run
//! them.
//!
//! It is meant to be used together with Burn's prelude:
//!
//! ```
//! use burn::prelude::*;
//! use burn_metrics::prelude::*;
//! ```
//!
//! Some names stay in the modules of their families: functions such as [`auc`](crate::classification::auc), the
//! [parts](crate::classification::parts) that metrics are made of, and a few short names that are common elsewhere,
//! such as [`Linear`](crate::classification::Linear).

// The framework.
pub use crate::{
    Accumulate, Accumulator, Bounds, Collection, Direction, MeanOfSamples, Meta, Metric,
    MetricError, MetricExt, PerSample, Result, State, Statistic, SumOfSamples, Tracker, Value,
    Values,
};

#[cfg(feature = "train")]
pub use crate::train::LoggedMetric as _;

// Classification: options as methods, tasks, averages, further options.
pub use crate::classification::Options as _;
pub use crate::classification::{
    Binary, Binned, CrammerSinger, Exact, Macro, MacroOfAll, Micro, Multiclass, Multilabel,
    Normalize, OneVsAll, PerClass, Task, Weighted,
};
// Metrics.
pub use crate::classification::{
    Accuracy, Auroc, AveragePrecision, CalibrationError, CohenKappa, ConfusionMatrix,
    CoverageError, DeLong, DemographicParity, Eer, EqualOpportunity, ExactMatch, F1, FBeta,
    Fairness, GroupStatRates, HammingDistance, HingeLoss, JaccardIndex,
    LabelRankingAveragePrecision, LabelRankingLoss, LogAuc, MatthewsCorrCoef,
    NegativePredictiveValue, NormalizedEntropy, Precision, PrecisionAtFixedRecall,
    PrecisionRecallCurve, Ranked, Recall, RecallAtFixedPrecision, Roc, Score,
    SensitivityAtSpecificity, Specificity, SpecificityAtSensitivity, StatScores, Wilson,
};
// Metrics, by the names that TorchMetrics gives them.
pub use crate::classification::{
    BinaryAUROC, BinaryAccuracy, BinaryAveragePrecision, BinaryCalibrationError, BinaryCohenKappa,
    BinaryConfusionMatrix, BinaryEER, BinaryF1Score, BinaryFBetaScore, BinaryFairness,
    BinaryGroupStatRates, BinaryHammingDistance, BinaryHingeLoss, BinaryJaccardIndex, BinaryLogAUC,
    BinaryMatthewsCorrCoef, BinaryNegativePredictiveValue, BinaryNormalizedEntropy,
    BinaryPrecision, BinaryPrecisionAtFixedRecall, BinaryPrecisionRecallCurve, BinaryROC,
    BinaryRecall, BinaryRecallAtFixedPrecision, BinarySensitivityAtSpecificity, BinarySpecificity,
    BinarySpecificityAtSensitivity, BinaryStatScores, MulticlassAUROC, MulticlassAccuracy,
    MulticlassAveragePrecision, MulticlassCalibrationError, MulticlassCohenKappa,
    MulticlassConfusionMatrix, MulticlassEER, MulticlassExactMatch, MulticlassF1Score,
    MulticlassFBetaScore, MulticlassHammingDistance, MulticlassHingeLoss, MulticlassJaccardIndex,
    MulticlassLogAUC, MulticlassMatthewsCorrCoef, MulticlassNegativePredictiveValue,
    MulticlassPrecision, MulticlassPrecisionAtFixedRecall, MulticlassPrecisionRecallCurve,
    MulticlassROC, MulticlassRecall, MulticlassRecallAtFixedPrecision,
    MulticlassSensitivityAtSpecificity, MulticlassSpecificity, MulticlassSpecificityAtSensitivity,
    MulticlassStatScores, MultilabelAUROC, MultilabelAccuracy, MultilabelAveragePrecision,
    MultilabelConfusionMatrix, MultilabelCoverageError, MultilabelEER, MultilabelExactMatch,
    MultilabelF1Score, MultilabelFBetaScore, MultilabelHammingDistance, MultilabelJaccardIndex,
    MultilabelLogAUC, MultilabelMatthewsCorrCoef, MultilabelNegativePredictiveValue,
    MultilabelPrecision, MultilabelPrecisionAtFixedRecall, MultilabelPrecisionRecallCurve,
    MultilabelROC, MultilabelRankingAveragePrecision, MultilabelRankingLoss, MultilabelRecall,
    MultilabelRecallAtFixedPrecision, MultilabelSensitivityAtSpecificity, MultilabelSpecificity,
    MultilabelSpecificityAtSensitivity, MultilabelStatScores,
};
// Values and inputs.
pub use crate::classification::{
    AtThreshold, ClassCounts, ClassificationInput, Confusion, GroupRates, GroupedInput, Interval,
    Parities, Parity, PrCurve, RocCurve,
};

// Regression: averages over outputs and further options.
pub use crate::regression::{
    Alternative, Normalization, PerOutput, Pooled, UniformAverage, VarianceWeighted, Variant,
};
// Metrics.
pub use crate::regression::{
    ClickThroughRate, ConcordanceCorrCoef, ContinuousRankedProbabilityScore, CosineSimilarity,
    CriticalSuccessIndex, ExplainedVariance, JensenShannonDivergence, KLDivergence,
    KendallRankCorrCoef, KendallTest, LogCoshError, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanSquaredError, MeanSquaredLogError, MinkowskiDistance, NormalizedRootMeanSquaredError,
    PearsonCorrCoef, R2Score, RelativeSquaredError, RootMeanSquaredError, RootRelativeSquaredError,
    SpearmanCorrCoef, SymmetricMeanAbsolutePercentageError, TweedieDevianceScore, Wasserstein1d,
    WeightedCalibration, WeightedMeanAbsolutePercentageError,
};
// Values and inputs.
pub use crate::regression::{
    CalibrationInput, ClickInput, EnsembleInput, RegressionInput, SamplesInput, TestedCorrelation,
};

// Clustering.
pub use crate::clustering::{
    AdjustedMutualInfoScore, AdjustedRandScore, AverageMethod, CalinskiHarabaszScore,
    ClusterAccuracy, ClusteringInput, CompletenessScore, DaviesBouldinScore, DunnIndex,
    FowlkesMallowsIndex, HomogeneityScore, MutualInfoScore, NormalizedMutualInfoScore, PointsInput,
    RandScore, VMeasureScore,
};

// Nominal data.
pub use crate::nominal::{
    Categories, CategoryColumns, CramersV, FleissKappa, NanStrategy, NominalInput,
    PearsonsContingencyCoefficient, RatingsInput, TheilsU, TschuprowsT,
};

// Aggregation.
pub use crate::aggregation::{
    AggregationInput, CatMetric, MaxMetric, MeanMetric, MinMetric, RunningMean, RunningSum,
    SumMetric,
};

// Segmentation.
pub use crate::segmentation::{
    AllPairs, AverageSurfaceDistance, BoundaryIoU, DiceScore, GeneralizedDiceScore,
    HausdorffDistance, MeanIoU, RelativeVolumeDifference, SegmentationInput, SurfaceDice,
    VolumeDifference,
};

// Shapes.
#[cfg(feature = "shape")]
pub use crate::shape::{ProcrustesDisparity, ShapesInput};

// Retrieval.
pub use crate::retrieval::{
    CatalogCoverage, EmptyTargetAction, ExpectedReciprocalRank, MapDivisor, RankBiasedPrecision,
    RecommendedInput, RetrievalAUROC, RetrievalCurve, RetrievalF1, RetrievalFallOut,
    RetrievalHitRate, RetrievalInput, RetrievalMAP, RetrievalMRR, RetrievalNormalizedDCG,
    RetrievalPrecision, RetrievalPrecisionRecallCurve, RetrievalRPrecision, RetrievalRecall,
    RetrievalRecallAtFixedPrecision,
};

// Detection.
#[cfg(feature = "detection")]
pub use crate::detection::{
    CompleteIntersectionOverUnion, DetectionConfusionMatrix, DetectionF1, DetectionInput,
    Detections, DistanceIntersectionOverUnion, GeneralizedIntersectionOverUnion, GroundTruth,
    IntersectionOverUnion, LvisAveragePrecision, MeanAveragePrecision, ModifiedPanopticQuality,
    PanopticInput, PanopticQuality,
};

// Text.
#[cfg(feature = "text")]
pub use crate::text::{
    BLEUScore, BitsPerByte, CHRFScore, CharErrorRate, DistinctNGrams, EditDistance,
    ExtendedEditDistance, MatchErrorRate, PassAtK, Perplexity, ROUGEScore, SQuAD, SacreBLEUScore,
    TextExactMatch, TextInput, TranslationEditRate, WordErrorRate, WordInfoLost, WordInfoPreserved,
};
