use burn::{
    backend::TensorMetadata,
    tensor::{Int, Tensor},
};

use super::{AnyTensor, HostTensor, Predicted, Predictions, is_host};
use crate::{ExpectedLabels, Fault, LabelExample};

/// The first label that is not expected, of a batch in host memory: of the target, `[batch, ...]`, or else of the
/// predictions if they are labels.
pub(crate) fn wrong_label(
    preds: &Predicted,
    target: &AnyTensor,
    expected: ExpectedLabels,
) -> Option<LabelExample> {
    let samples = target.shape()[0];
    let is_label = |label: i64| usize::try_from(label).is_ok_and(|l| l < expected.count);
    let target = host_labels(target)?;
    let ignored = |label: i64| expected.ignore_index == Some(label);
    let wrong = |fault, labels: &[i64]| {
        let wrong = |at: &usize| match fault {
            Fault::TargetLabel => !is_label(labels[*at]) && !ignored(labels[*at]),
            _ => !is_label(labels[*at]) && target.get(*at).is_some_and(|t| is_label(*t)),
        };
        let at = (0..labels.len()).find(wrong)?;
        Some(LabelExample {
            fault,
            label: labels[at],
            sample: at / (labels.len() / samples),
        })
    };
    let of_target = wrong(Fault::TargetLabel, &target);
    of_target.or_else(|| match preds {
        Predictions::Scores(_) => None,
        Predictions::Labels(labels) => wrong(Fault::PredictedLabel, &host_labels(labels)?),
    })
}

/// The labels of a tensor on a host device.
fn host_labels(labels: &AnyTensor) -> Option<Vec<i64>> {
    let labels = Tensor::<1, Int>::from_dispatch(labels.clone());
    let n = labels.shape().num_elements();
    let labels = is_host(&labels.device()).then(|| HostTensor::of(labels.reshape([n])).ok())??;
    Some(labels.labels().into_owned())
}
