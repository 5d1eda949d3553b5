//! Names: metrics that give different values are called differently, and every number takes part in arithmetic.

use std::collections::BTreeSet;

use burn_metrics::{Interval, image::PeakSignalNoiseRatio, prelude::*};

#[test]
fn names_say_what_changes_the_value() {
    let mut names: Vec<String> = Vec::new();
    macro_rules! names {
        ($($metric:expr),+ $(,)?) => {
            $(names.push($metric.name().into_owned());)+
        };
    }
    names!(
        Accuracy::binary(),
        Accuracy::binary().threshold(0.3),
        Accuracy::multiclass(3).top_k(2),
        Accuracy::multiclass(3).average(Macro),
        Accuracy::multiclass(3).average(PerClass).samplewise(),
        Accuracy::binary().confidence_interval(0.95),
        F1::multiclass(3),
        F1::multiclass(3).top_k(2),
        F1::multiclass(3).average(Micro),
        F1::multiclass(3).average(Weighted),
        F1::multiclass(3).average(PerClass),
        FBeta::multiclass(2.0, 3).average(PerClass),
        StatScores::multiclass(3),
        StatScores::multiclass(3).average(Micro),
        ConfusionMatrix::multiclass(3),
        ConfusionMatrix::multiclass(3).normalize(Normalize::Target),
        <MulticlassCohenKappa>::multiclass(3),
        <MulticlassCohenKappa>::multiclass(3).linear(),
        <MulticlassCohenKappa>::multiclass(3).quadratic(),
        <MulticlassExactMatch>::multiclass(3),
        <MulticlassExactMatch>::multiclass(3).samplewise(),
        Auroc::binary(),
        Auroc::binary().thresholds(200),
        Auroc::binary().max_fpr(0.1),
        Auroc::binary().confidence_interval(0.9),
        Auroc::multiclass(3).average(PerClass).thresholds(5),
        Roc::multiclass(3),
        Roc::multiclass(3).average(Micro),
        RecallAtFixedPrecision::binary(0.9),
        CalibrationError::binary(),
        CalibrationError::binary().l2().bins(10),
        HingeLoss::binary(),
        HingeLoss::binary().squared(),
        HingeLoss::multiclass(3).one_vs_all(),
        MeanSquaredError::new(),
        MeanSquaredError::new().per_output(),
        MeanSquaredError::new().average(UniformAverage),
        R2Score::new(),
        R2Score::new().average(VarianceWeighted),
        R2Score::new().adjusted(2),
        MinkowskiDistance::new(3.0),
        TweedieDevianceScore::new(1.5),
        CriticalSuccessIndex::new(0.5),
        CriticalSuccessIndex::new(0.5).per_sample(),
        NormalizedRootMeanSquaredError::new(),
        NormalizedRootMeanSquaredError::new().by(Normalization::Range),
        KendallRankCorrCoef::new(),
        KendallRankCorrCoef::new().variant(Variant::C),
        KendallRankCorrCoef::new().per_output(),
        CosineSimilarity::new(),
        CosineSimilarity::new().sum(),
        CosineSimilarity::new().median(),
        CosineSimilarity::new().per_sample(),
        CosineSimilarity::new().confidence_interval(0.95),
        PeakSignalNoiseRatio::new(1.0).min(),
        NormalizedMutualInfoScore::new(),
        NormalizedMutualInfoScore::new().average_method(AverageMethod::Max),
        VMeasureScore::new().beta(2.0),
        CramersV::new(),
        MeanMetric::new().running(10),
        Accuracy::binary().bootstrap(100),
        Accuracy::binary().min_max(),
        1.0 - Accuracy::binary(),
        F1::binary().named("my F1"),
    );
    let distinct: BTreeSet<&String> = names.iter().collect();
    let twice = |name: &&String| names.iter().filter(|other| other == name).count() > 1;
    let again: Vec<_> = names.iter().filter(twice).collect();
    assert_eq!(distinct.len(), names.len(), "{again:?}");
    insta::assert_snapshot!(names.join("\n"), @r"
    Accuracy
    Accuracy (threshold 0.3)
    Top-2 accuracy
    Accuracy (macro)
    Accuracy (per class, samplewise)
    Accuracy (95% interval)
    F1 score
    Top-2 F1 score
    F1 score (micro)
    F1 score (weighted)
    F1 score (per class)
    F2 score (per class)
    Stat scores
    Stat scores (micro)
    Confusion matrix
    Confusion matrix (by target)
    Cohen's kappa
    Linear Cohen's kappa
    Quadratic Cohen's kappa
    Exact match
    Exact match (samplewise)
    AUROC
    AUROC (200 thresholds)
    AUROC (up to FPR 0.1)
    AUROC (90% interval)
    AUROC (5 thresholds, per class)
    ROC
    ROC (micro)
    Recall at precision 0.9
    Calibration error
    Calibration error (L2, 10 bins)
    Hinge loss
    Hinge loss (squared)
    Hinge loss (one versus all)
    Mean squared error
    Mean squared error (per output)
    Mean squared error (uniform average)
    R2 score
    R2 score (variance weighted)
    R2 score (adjusted for 2)
    Minkowski distance (exponent 3)
    Tweedie deviance (power 1.5)
    Critical success index (threshold 0.5)
    Critical success index (threshold 0.5, per sample)
    Normalized root mean squared error
    Normalized root mean squared error (by range)
    Kendall correlation
    Kendall correlation (variant c)
    Kendall correlation (per output)
    Cosine similarity
    Cosine similarity (sum)
    Cosine similarity (median)
    Cosine similarity (per sample)
    Cosine similarity (95% interval)
    Peak signal-to-noise ratio (minimum)
    Normalized mutual information
    Normalized mutual information (by maximum)
    V-measure (beta 2)
    Cramér's V
    Mean (last 10)
    Accuracy (bootstrap)
    Accuracy (range of batches)
    (1 - Accuracy)
    my F1
    ");
}

/// Every metric whose value is one number can be added to others and taken from a number.
#[test]
fn every_family_has_arithmetic() {
    fn number(metric: impl Metric<Value = f64>) -> String {
        metric.name().into_owned()
    }
    macro_rules! arithmetic {
        ($($metric:expr),+ $(,)?) => {
            $(
                assert!(number(1.0 - $metric).starts_with("(1 - "));
                assert!(number($metric + $metric).contains(" + "));
            )+
        };
    }
    arithmetic!(
        Accuracy::binary(),
        Auroc::binary(),
        CalibrationError::binary(),
        BinaryCohenKappa::binary(),
        HingeLoss::binary(),
        MatthewsCorrCoef::binary(),
        NormalizedEntropy::binary(),
        <MultilabelExactMatch>::multilabel(3),
        CoverageError::multilabel(3),
        LabelRankingLoss::multilabel(3),
        LabelRankingAveragePrecision::multilabel(3),
        MeanSquaredError::new(),
        SpearmanCorrCoef::new(),
        CosineSimilarity::new(),
        Wasserstein1d::new(),
        MeanMetric::new(),
        RandScore::new(),
        DunnIndex::new(),
        CramersV::new(),
        FleissKappa::new(),
        PeakSignalNoiseRatio::new(1.0),
        DiceScore::new(3),
        MeanIoU::new(3).global(),
        HausdorffDistance::new(3),
        Accuracy::binary().running(3),
        Accuracy::binary().named("other"),
        (1.0 - Accuracy::binary()),
        Accuracy::binary()
            .confidence_interval(0.9)
            .map(|interval: Interval| interval.lower),
    );
}
