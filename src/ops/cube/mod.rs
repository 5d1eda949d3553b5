//! CubeCL kernels for GPUs: one that predicts, if there are scores, and one that counts. Nothing is read
//! back.

mod kernels;
mod launch;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_cubecl::{CubeBackend, kernel::into_contiguous};

use super::{ClassSpec, LabelSpec, MetricOps, Predictions, ScoreSpec};
use launch::{Layout, count, count_bins, predicted_classes, predicted_labels, weigh, weigh_bins};

impl MetricOps for CubeBackend {
    fn count_classes(
        preds: Predictions<Self>,
        target: IntTensor<Self>,
        spec: ClassSpec,
    ) -> IntTensor<Self> {
        let target = into_contiguous(target);
        let preds = predicted_classes(preds, &target, spec);
        count(preds, target, Layout::of_classes(spec))
    }

    fn weigh_classes(
        preds: Predictions<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        spec: ClassSpec,
    ) -> FloatTensor<Self> {
        let target = into_contiguous(target);
        let preds = predicted_classes(preds, &target, spec);
        weigh(preds, target, weights, Layout::of_classes(spec))
    }

    fn count_labels(
        preds: Predictions<Self>,
        target: IntTensor<Self>,
        spec: LabelSpec,
    ) -> IntTensor<Self> {
        let preds = predicted_labels(preds, spec);
        count(preds, into_contiguous(target), Layout::of_labels(spec))
    }

    fn weigh_labels(
        preds: Predictions<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        spec: LabelSpec,
    ) -> FloatTensor<Self> {
        let preds = predicted_labels(preds, spec);
        let target = into_contiguous(target);
        weigh(preds, target, weights, Layout::of_labels(spec))
    }

    fn count_bins(
        scores: FloatTensor<Self>,
        target: IntTensor<Self>,
        thresholds: FloatTensor<Self>,
        spec: ScoreSpec,
    ) -> IntTensor<Self> {
        count_bins(scores, target, thresholds, spec)
    }

    fn weigh_bins(
        scores: FloatTensor<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        thresholds: FloatTensor<Self>,
        spec: ScoreSpec,
    ) -> FloatTensor<Self> {
        weigh_bins(scores, target, weights, thresholds, spec)
    }
}
