use super::*;
use crate::Catalog;

/// Adds one kind per formula, task and average to a catalog.
macro_rules! scores {
    ($catalog:expr; $($Formula:ident $name:literal;)+) => {
        $catalog
            $(
                .with(concat!("binary_", $name), $Formula::binary())
                .with(concat!("multiclass_", $name, "_micro"), $Formula::multiclass(2).average(Micro))
                .with(concat!("multiclass_", $name, "_macro"), $Formula::multiclass(2).average(Macro))
                .with(concat!("multiclass_", $name, "_weighted"), $Formula::multiclass(2).average(Weighted))
                .with(concat!("multiclass_", $name, "_per_class"), $Formula::multiclass(2).average(PerClass))
                .with(concat!("multilabel_", $name, "_micro"), $Formula::multilabel(2).average(Micro))
                .with(concat!("multilabel_", $name, "_macro"), $Formula::multilabel(2).average(Macro))
                .with(concat!("multilabel_", $name, "_weighted"), $Formula::multilabel(2).average(Weighted))
                .with(concat!("multilabel_", $name, "_per_class"), $Formula::multilabel(2).average(PerClass))
            )+
    };
}

/// The catalog of classification metrics, by task, name and average, such as `binary_auroc` and `multiclass_f1_macro`.
///
/// There are two classes or labels unless the option `task.classes` or `task.labels` says otherwise.
impl Default for Catalog<ClassificationInput> {
    fn default() -> Self {
        let catalog = scores! {
            Self::new();
            Accuracy "accuracy";
            Precision "precision";
            Recall "recall";
            F1 "f1";
            Specificity "specificity";
            NegativePredictiveValue "negative_predictive_value";
            JaccardIndex "jaccard_index";
            HammingDistance "hamming_distance";
        };
        catalog
            .with("binary_fbeta", FBeta::binary(1.0))
            .with("multiclass_fbeta_macro", FBeta::multiclass(1.0, 2))
            .with("multilabel_fbeta_macro", FBeta::multilabel(1.0, 2))
            .with("binary_auroc", Auroc::binary())
            .with("multiclass_auroc_macro", Auroc::multiclass(2))
            .with("multilabel_auroc_macro", Auroc::multilabel(2))
            .with("binary_average_precision", AveragePrecision::binary())
            .with(
                "multiclass_average_precision_macro",
                AveragePrecision::multiclass(2),
            )
            .with(
                "multilabel_average_precision_macro",
                AveragePrecision::multilabel(2),
            )
            .with("binary_calibration_error", CalibrationError::binary())
            .with(
                "multiclass_calibration_error",
                CalibrationError::multiclass(2),
            )
            .with("binary_cohen_kappa", BinaryCohenKappa::binary())
            .with(
                "multiclass_cohen_kappa",
                <MulticlassCohenKappa>::multiclass(2),
            )
            .with("binary_confusion_matrix", ConfusionMatrix::binary())
            .with(
                "multiclass_confusion_matrix",
                ConfusionMatrix::multiclass(2),
            )
            .with(
                "multilabel_confusion_matrix",
                ConfusionMatrix::multilabel(2),
            )
            .with(
                "multiclass_exact_match",
                <MulticlassExactMatch>::multiclass(2),
            )
            .with(
                "multilabel_exact_match",
                <MultilabelExactMatch>::multilabel(2),
            )
            .with("binary_hinge_loss", BinaryHingeLoss::binary())
            .with(
                "multiclass_hinge_loss",
                <MulticlassHingeLoss>::multiclass(2),
            )
            .with("binary_matthews_corrcoef", MatthewsCorrCoef::binary())
            .with(
                "multiclass_matthews_corrcoef",
                MatthewsCorrCoef::multiclass(2),
            )
            .with(
                "multilabel_matthews_corrcoef",
                MatthewsCorrCoef::multilabel(2),
            )
            .with("binary_normalized_entropy", NormalizedEntropy::binary())
    }
}
