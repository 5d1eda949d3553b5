//! Counting for binary and multilabel tasks, in which a threshold decides whether each label is predicted.

use super::{ClassCounts, CountTensor, Counted, Table, batch::fits_in_32_bits};
use crate::{
    Result,
    classification::ClassificationInput,
    ops::{self, LabelSpec, LabelTable},
};

pub(super) fn count_labels(input: ClassificationInput, spec: LabelSpec) -> Result<Counted> {
    input.check()?;
    let elements = spec.extent.samples * spec.labels * spec.extent.inner;
    fits_in_32_bits(elements)?;
    fits_in_32_bits(spec.cells())?;
    let ClassificationInput {
        preds,
        target,
        weights,
    } = input;
    let table = (elements > 0).then(|| match weights {
        None => CountTensor::Counts(ops::count_labels(preds, target, spec)),
        Some(weights) => CountTensor::Weights(ops::weigh_labels(preds, target, weights, spec)),
    });
    Ok(Counted {
        table,
        elements: elements as u64,
    })
}

impl Table {
    pub(super) fn of_labels(self) -> LabelTable {
        match self {
            Self::Global | Self::Confused => LabelTable::Global,
            Self::Samplewise => LabelTable::PerSample,
            Self::Errors => LabelTable::Errors,
        }
    }
}

pub(super) fn two_by_two(counts: Vec<ClassCounts>) -> Vec<Vec<f64>> {
    let matrix = |c: ClassCounts| {
        vec![
            c.true_negatives,
            c.false_positives,
            c.false_negatives,
            c.true_positives,
        ]
    };
    counts.into_iter().map(matrix).collect()
}

pub(super) fn read_labels(labels: usize, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts> {
    (0..labels)
        .map(|label| ClassCounts {
            true_positives: cell(label),
            false_positives: cell(labels + label),
            false_negatives: cell(2 * labels + label),
            true_negatives: cell(3 * labels + label),
        })
        .collect()
}
