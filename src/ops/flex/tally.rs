//! Counts of predictions and targets, block by block.

use super::{Cell, IGNORED, NAN, NO_PROBABILITY, OUT_OF_RANGE};
use crate::{
    Fault, Faults,
    ops::{ClassSpec, ClassTable, LabelSpec, LabelTable},
};

/// Counts the elements of a block, the first of which has the index `start`.
#[inline(always)]
pub(super) fn tally_classes<C: Cell>(
    table: &mut [C],
    pred: &[i32],
    truth: &[i32],
    spec: ClassSpec,
    start: usize,
    weight_of: impl Fn(usize) -> C,
) {
    let classes = spec.classes;
    let base = |i: usize| spec.base((start + i) / spec.extent.inner);
    let per_class = |table: &mut [C], pred: usize, truth: usize, weight: C| {
        table[truth] += weight.when(pred == truth);
        table[classes + pred] += weight.when(pred != truth);
        table[2 * classes + truth] += weight.when(pred != truth);
    };
    // One loop a table: none asks again which one it fills.
    macro_rules! fill {
        (|$table:ident, $i:ident, $pred:ident, $truth:ident, $weight:ident| $add:expr) => {
            each(
                table,
                pred,
                truth,
                classes,
                weight_of,
                |$table, $i, $pred, $truth, $weight| $add,
            )
        };
    }
    match spec.table {
        ClassTable::PerClass => fill!(|table, _i, p, t, w| per_class(table, p, t, w)),
        ClassTable::PerSample => {
            fill!(|table, i, p, t, w| per_class(&mut table[base(i)..], p, t, w))
        }
        ClassTable::Confusion => fill!(|table, _i, p, t, w| table[t * classes + p] += w),
        ClassTable::Errors => fill!(|table, i, p, t, w| table[base(i)] += w.when(p != t)),
    }
}

/// Calls `add` with each element that is neither ignored nor at fault: the table, its index, the
/// predicted and the true class, and its weight.
#[inline(always)]
fn each<C: Cell>(
    table: &mut [C],
    pred: &[i32],
    truth: &[i32],
    classes: usize,
    weight_of: impl Fn(usize) -> C,
    add: impl Fn(&mut [C], usize, usize, usize, C),
) {
    let faults = table.len() - Faults::OF_TABLES;
    for (i, (pred, truth)) in pred.iter().zip(truth).enumerate() {
        let weight = weight_of(i);
        // What is no class is a large number.
        let (class, target) = (*pred as usize, *truth as usize);
        if class < classes && target < classes && weight.is_valid() {
            add(table, i, class, target, weight);
        } else if let Some(fault) = fault_of(*pred, *truth) {
            table[faults + fault as usize] += C::ONE;
        }
    }
}

/// The fault of an element that is not counted; none if it is ignored.
fn fault_of(pred: i32, truth: i32) -> Option<Fault> {
    match (truth, pred) {
        (IGNORED, _) => None,
        (OUT_OF_RANGE, _) => Some(Fault::TargetLabel),
        (_, OUT_OF_RANGE) => Some(Fault::PredictedLabel),
        (_, NAN) => Some(Fault::Nan),
        (_, NO_PROBABILITY) => Some(Fault::Probability),
        _ => Some(Fault::Weight),
    }
}

/// Counts the wrong elements among those of one label, each in its own cell from `cell` on.
pub(super) fn tally_errors<C: Cell>(
    table: &mut [C],
    cell: usize,
    pred: &[i32],
    truth: &[i32],
    weight: C,
) {
    let faults = table.len() - Faults::OF_TABLES;
    for (i, (pred, truth)) in pred.iter().zip(truth).enumerate() {
        if *pred >= 0 && *truth >= 0 && weight.is_valid() {
            table[cell + i] += weight.when(pred != truth);
        } else if let Some(fault) = fault_of(*pred, *truth) {
            table[faults + fault as usize] += C::ONE;
        }
    }
}

/// Counts elements whose neighbours are of the next label; the first has the index `start`.
#[inline(always)]
pub(super) fn tally_rows<C: Cell>(
    table: &mut [C],
    pred: &[i32],
    truth: &[i32],
    spec: LabelSpec,
    start: usize,
    weight_of: impl Fn(usize) -> C,
) {
    let (labels, faults) = (spec.labels, table.len() - Faults::OF_TABLES);
    let (mut sample, mut label) = (start / labels, start % labels);
    for (pred, truth) in pred.iter().zip(truth) {
        let weight = weight_of(sample);
        let base = spec.base(sample);
        if *pred >= 0 && *truth >= 0 && weight.is_valid() {
            if spec.table == LabelTable::Errors {
                table[base] += weight.when(pred != truth);
            } else {
                table[base + (3 - 2 * pred - truth) as usize * labels + label] += weight;
            }
        } else if let Some(fault) = fault_of(*pred, *truth) {
            table[faults + fault as usize] += C::ONE;
        }
        label += 1;
        if label == labels {
            (sample, label) = (sample + 1, 0);
        }
    }
}

/// Counts elements of one label. Its cells are at `cell`, and `labels`, `2 * labels` and `3 * labels` after it.
#[inline(always)]
pub(super) fn tally_labels<C: Cell>(
    table: &mut [C],
    cell: usize,
    pred: &[i32],
    truth: &[i32],
    weight: C,
    labels: usize,
) {
    let faults = table.len() - Faults::OF_TABLES;
    // Counted without branches, in registers.
    let [mut hit, mut raised, mut present, mut counted] = [0u32; 4];
    for (pred, truth) in pred.iter().zip(truth) {
        let good = (*truth >= 0) & (*pred >= 0);
        counted += u32::from(good);
        hit += u32::from(good & (*pred == 1) & (*truth == 1));
        raised += u32::from(good & (*pred == 1));
        present += u32::from(good & (*truth == 1));
    }
    let mut add = |at: usize, n: u32, each: C| {
        if n > 0 {
            table[at] += each.times(n);
        }
    };
    if counted < pred.len() as u32 {
        let left_out = |(pred, truth): &(&i32, &i32)| **pred < 0 || **truth < 0;
        for (pred, truth) in pred.iter().zip(truth).filter(left_out) {
            if let Some(fault) = fault_of(*pred, *truth) {
                add(faults + fault as usize, 1, C::ONE);
            }
        }
    }
    if !weight.is_valid() {
        return add(faults + Fault::Weight as usize, counted, C::ONE);
    }
    add(cell, hit, weight);
    add(cell + labels, raised - hit, weight);
    add(cell + 2 * labels, present - hit, weight);
    add(cell + 3 * labels, counted + hit - raised - present, weight);
}
