//! Tables of predicted and true labels, and how blocks are counted in them.

use burn::{
    backend::{Flex, flex::FlexTensor},
    tensor::{DType, bf16, f16},
};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    Cell, IGNORED, OUT_OF_RANGE, pass,
    predict::{PredictClasses, PredictLabels},
    read_labels, read_weights,
    tally::{tally_classes, tally_errors, tally_labels, tally_rows},
};
use crate::{
    Fault, Faults,
    ops::{ClassSpec, ClassTable, Extent, LabelSpec, LabelTable, Predictions},
};

pub(super) fn class_table<C: Cell>(
    preds: Predictions<Flex>,
    target: FlexTensor,
    weights: Option<FlexTensor>,
    spec: ClassSpec,
) -> Vec<C> {
    let Extent { samples, inner } = spec.extent;
    let pairs = spec.classes * spec.classes;
    if spec.table == ClassTable::PerClass && pairs <= PAIRS.min(samples * inner) {
        let table = ClassTable::Confusion;
        let pairs = class_table(preds, target, weights, ClassSpec { table, ..spec });
        return per_class(&pairs, spec);
    }
    // So are the pairs of each sample, if the sample is large.
    let by_sample = spec.table == ClassTable::PerSample && pairs <= PAIRS.min(inner);
    let (of_batch, run) = (spec, if by_sample { inner } else { samples * inner });
    let spec = match by_sample {
        true => ClassSpec {
            table: ClassTable::Confusion,
            ..spec
        },
        false => spec,
    };
    // Pairs are counted in tables of their own, with a last cell for what is ignored.
    let stride = spec.len() + 1;
    let interleaved = weights.is_none()
        && spec.table == ClassTable::Confusion
        && COPIES * stride <= PAIRS.min(run);
    let target = target.to_contiguous();
    let weights = read_weights(weights);
    let preds = contiguous(preds);

    let fill = |table: &mut [C], start: usize, pred: &mut [i32], truth: &mut [i32]| {
        let end = start + truth.len();
        with_ints!(target, target => {
            read_labels(&target[start..end], spec.classes, spec.ignore_index, truth)
        });
        match &preds {
            Predictions::Scores(scores) => with_floats!(scores, scores => {
                Arch::new().dispatch(PredictClasses { scores, start, spec, truth, pred })
            }),
            Predictions::Labels(labels) => with_ints!(labels, labels => {
                read_labels(&labels[start..end], spec.classes, None, pred)
            }),
        }
        match &weights {
            None if interleaved => {
                let classes = spec.classes as i32;
                Arch::new().dispatch(PairCells {
                    truth,
                    classes,
                    pred,
                });
                count_interleaved(table, pred, stride);
            }
            None => tally_classes(table, pred, truth, spec, start, |_| C::ONE),
            Some(weights) => tally_classes(table, pred, truth, spec, start, |i| {
                C::from_weight(weights[(start + i) / inner])
            }),
        }
    };
    let scores = match preds {
        Predictions::Scores(_) => spec.classes,
        Predictions::Labels(_) => 1,
    };
    let copies = if interleaved {
        COPIES * stride
    } else {
        spec.len()
    };
    let count = |elements| {
        let tables = pass(elements, scores, copies, fill);
        if !interleaved {
            return tables;
        }
        let sum = |cell| {
            let copies = tables[cell..].iter().step_by(stride);
            copies.fold(C::default(), |mut sum, n| {
                sum += *n;
                sum
            })
        };
        (0..spec.len()).map(sum).collect()
    };
    if !by_sample {
        return count(0..samples * inner);
    }
    let samples = (0..samples).into_par_iter();
    let tables = samples.map(|sample| count(sample * inner..(sample + 1) * inner));
    per_sample(&tables.collect::<Vec<_>>(), of_batch)
}

/// Up to this number of pairs of classes, it is faster to count pairs, with one cell per element, and to add them up.
const PAIRS: usize = 4096;
/// The number of tables in which neighbors are counted in turn, because a count that was just written is slow to read.
const COPIES: usize = 4;

/// Replaces the predictions of a block by the cells of a confusion table that count them.
struct PairCells<'a> {
    truth: &'a [i32],
    classes: i32,
    pred: &'a mut [i32],
}

impl WithSimd for PairCells<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let classes = self.classes;
        let place = |fault: usize| classes * classes + fault as i32;
        let [targets, predictions, nans] =
            [Fault::TargetLabel, Fault::PredictedLabel, Fault::Nan].map(|f| place(f as usize));
        let ignored = place(Faults::OF_TABLES);
        for (pred, truth) in self.pred.iter_mut().zip(self.truth) {
            let (p, t) = (*pred, *truth);
            let at_fault = if p == OUT_OF_RANGE { predictions } else { nans };
            let at_fault = if t == OUT_OF_RANGE { targets } else { at_fault };
            let left_out = if t == IGNORED { ignored } else { at_fault };
            let good = (t >= 0) & (p >= 0);
            *pred = if good { t * classes + p } else { left_out };
        }
    }
}

fn count_interleaved<C: Cell>(tables: &mut [C], cells: &[i32], stride: usize) {
    let (chunks, rest) = cells.as_chunks::<COPIES>();
    for chunk in chunks {
        for (copy, cell) in chunk.iter().enumerate() {
            tables[copy * stride + *cell as usize] += C::ONE;
        }
    }
    for cell in rest {
        tables[*cell as usize] += C::ONE;
    }
}

/// Computes the counts of each class of each sample from the counts of pairs of each sample.
fn per_sample<C: Cell>(pairs: &[Vec<C>], spec: ClassSpec) -> Vec<C> {
    let of_one = ClassSpec {
        table: ClassTable::PerClass,
        ..spec
    };
    let mut table = vec![C::default(); spec.len()];
    let (cells, faults) = table.split_at_mut(spec.cells());
    for (cells, pairs) in cells.chunks_exact_mut(of_one.cells()).zip(pairs) {
        let counts = per_class(pairs, of_one);
        let (own, own_faults) = counts.split_at(of_one.cells());
        cells.copy_from_slice(own);
        faults
            .iter_mut()
            .zip(own_faults)
            .for_each(|(sum, n)| *sum += *n);
    }
    table
}

/// Computes the counts of each class from the counts of pairs.
fn per_class<C: Cell>(pairs: &[C], spec: ClassSpec) -> Vec<C> {
    let classes = spec.classes;
    let mut table = vec![C::default(); spec.len()];
    let (cells, faults) = table.split_at_mut(spec.cells());
    let (pairs, their_faults) = pairs.split_at(classes * classes);
    faults.copy_from_slice(their_faults);
    for (truth, row) in pairs.chunks_exact(classes).enumerate() {
        for (pred, n) in row.iter().enumerate() {
            if pred == truth {
                cells[truth] += *n;
            } else {
                cells[classes + pred] += *n;
                cells[2 * classes + truth] += *n;
            }
        }
    }
    table
}

pub(super) fn label_table<C: Cell>(
    preds: Predictions<Flex>,
    target: FlexTensor,
    weights: Option<FlexTensor>,
    spec: LabelSpec,
) -> Vec<C> {
    let target = target.to_contiguous();
    let weights = read_weights(weights);
    let preds = contiguous(preds);
    let Extent { samples, inner } = spec.extent;
    let elements = samples * spec.labels * inner;
    // Elements in a row that are counted in the same four cells.
    let run = match (&weights, spec.table, spec.labels) {
        (None, LabelTable::Global, 1) => elements,
        _ => inner,
    };

    let fill = |table: &mut [C], start: usize, pred: &mut [i32], truth: &mut [i32]| {
        let end = start + truth.len();
        with_ints!(target, target => {
            read_labels(&target[start..end], 2, spec.ignore_index, truth)
        });
        match &preds {
            Predictions::Scores(scores) => with_floats!(scores, scores => {
                let LabelSpec { threshold, probabilities, .. } = spec;
                let scores = &scores[start..end];
                Arch::new().dispatch(PredictLabels { scores, threshold, probabilities, pred })
            }),
            Predictions::Labels(labels) => with_ints!(labels, labels => {
                read_labels(&labels[start..end], 2, None, pred)
            }),
        }
        if run == 1 {
            return tally_rows(table, pred, truth, spec, start, |sample| match &weights {
                None => C::ONE,
                Some(weights) => C::from_weight(weights[sample]),
            });
        }
        let mut at = start;
        while at < end {
            let (row, next) = (at / run, end.min((at / run + 1) * run));
            let (sample, label) = (row / spec.labels, row % spec.labels);
            let weight = match &weights {
                None => C::ONE,
                Some(weights) => C::from_weight(weights[sample]),
            };
            let here = at - start..next - start;
            let (pred, truth) = (&pred[here.clone()], &truth[here]);
            if spec.table == LabelTable::Errors {
                let cell = spec.base(sample) + at % inner;
                tally_errors(table, cell, pred, truth, weight);
            } else {
                let cell = spec.base(sample) + label;
                tally_labels(table, cell, pred, truth, weight, spec.labels);
            }
            at = next;
        }
    };
    pass(0..elements, 1, spec.len(), fill)
}

fn contiguous(preds: Predictions<Flex>) -> Predictions<Flex> {
    match preds {
        Predictions::Scores(scores) => Predictions::Scores(scores.to_contiguous()),
        Predictions::Labels(labels) => Predictions::Labels(labels.to_contiguous()),
    }
}
