//! Counting for binary and multilabel tasks, in which a threshold decides whether each label is predicted.

use super::{ClassCounts, CountTensor, Counted, Table, Threshold, batch::fits_in_32_bits};
use crate::{
    Result,
    classification::ClassificationInput,
    ops::{self, Extent, LabelSpec, LabelTable},
};

pub(super) fn count_labels(
    input: ClassificationInput,
    extent: Extent,
    labels: usize,
    threshold: Threshold,
    ignore_index: Option<i64>,
    table: Table,
) -> Result<Counted> {
    input.check()?;
    let spec = LabelSpec {
        extent,
        labels,
        threshold: threshold.of_scores()?,
        ignore_index,
        table: match table {
            Table::Global | Table::Confused => LabelTable::Global,
            Table::Samplewise => LabelTable::PerSample,
            Table::Errors => LabelTable::Errors,
        },
    };
    let elements = extent.samples * labels * extent.inner;
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
