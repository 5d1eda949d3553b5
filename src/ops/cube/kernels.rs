//! The kernels themselves, in CubeCL's dialect of Rust. The size of a launch and its buffers are decided in
//! [`launch`](super::launch).

// Kernels have many arguments, and an `if` at compile time is not one at run time.
#![allow(clippy::too_many_arguments, clippy::collapsible_if)]

use cubecl::prelude::*;

/// A prediction that has a NaN score.
const NAN: i32 = i32::MIN + 1;
/// A prediction whose score is no probability.
const NO_PROBABILITY: i32 = i32::MIN + 2;
/// A label that does not fit into 32 bits.
const OUT_OF_RANGE: i32 = i32::MIN;
/// The numbers behind the cells of a table: elements with a bad target, a bad prediction, a NaN score, a score that is
/// no probability or a bad weight.
const FAULTS: u32 = crate::Faults::OF_TABLES as u32;
/// The range of probabilities.
const LEAST: f32 = crate::ops::PROBABILITIES[0];
const MOST: f32 = crate::ops::PROBABILITIES[1];
/// The cell of an element that is ignored.
const NOWHERE: u32 = u32::MAX;
/// The cell of a score that a histogram ignores.
const NO_BIN: i32 = -2;
/// Stands in place of a cell for a target that is neither ignored nor faulty.
const NO_FAULT: i32 = -1;
/// The cell of an element that counts but adds to no cell, such as a correct element among errors.
const NO_CELL: u32 = u32::MAX - 1;

/// The table that a kernel fills, which is known at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Table {
    /// True positives, false positives and false negatives of each class.
    Classes,
    /// Pairs of target and predicted class.
    Confusion,
    /// True positives, false positives, false negatives and true negatives of each label.
    Labels,
    /// Wrong elements of a sample.
    ClassErrors,
    /// Wrong labels of an element.
    LabelErrors,
}

/// One unit per element: the class with the first highest score, or the target if it is among the top k.
#[cube(launch)]
pub(super) fn predict_classes<F: Float, T: Int>(
    scores: &Tensor<F>,
    target: &Tensor<T>,
    output: &mut Tensor<i32>,
    classes: u32,
    inner: u32,
    top_k: u32,
    #[define(F, T)] _types: [ElemType; 2],
) {
    let element = ABSOLUTE_POS;
    if element >= output.len() {
        terminate!();
    }
    let stride = inner as usize;
    let first = (element / stride) * classes as usize * stride + element % stride;

    let mut best = scores[first];
    let mut class = 0i32;
    let mut nan = bool::cast_from(best.is_nan());
    for c in 1..classes {
        let score = scores[first + c as usize * stride];
        if bool::cast_from(score.is_nan()) {
            nan = true;
        }
        if score > best {
            best = score;
            class = c as i32;
        }
    }
    let truth = narrow::<T>(target[element]);
    if top_k > 1 && truth >= 0 && truth < classes as i32 {
        let own = scores[first + truth as usize * stride];
        let mut ahead = 0u32;
        for c in 0..classes {
            let score = scores[first + c as usize * stride];
            if score > own || (score == own && (c as i32) < truth) {
                ahead += 1;
            }
        }
        if ahead < top_k {
            class = truth;
        }
    }
    if nan {
        class = NAN;
    }
    output[element] = class;
}

/// One unit per element: whether its score is greater than the threshold.
#[cube(launch)]
pub(super) fn predict_labels<F: Float>(
    scores: &Tensor<F>,
    output: &mut Tensor<i32>,
    threshold: f32,
    #[comptime] probabilities: bool,
    #[define(F)] _types: ElemType,
) {
    let element = ABSOLUTE_POS;
    if element >= output.len() {
        terminate!();
    }
    let score = scores[element];
    let mut label = 0i32;
    if f32::cast_from(score) > threshold {
        label = 1;
    }
    if comptime!(probabilities) {
        if !is_probability::<F>(score) {
            label = NO_PROBABILITY;
        }
    }
    if bool::cast_from(score.is_nan()) {
        label = NAN;
    }
    output[element] = label;
}

/// A label in 32 bits.
#[cube]
fn narrow<T: Int>(label: T) -> i32 {
    let mut narrow = i32::cast_from(label);
    if T::cast_from(narrow) != label {
        narrow = OUT_OF_RANGE.runtime();
    }
    narrow
}

/// Whether a sample can have this weight: it is finite and not negative.
#[cube]
fn is_weight<W: Float>(weight: W) -> bool {
    let no_number = bool::cast_from(weight.is_nan()) || bool::cast_from(weight.is_inf());
    !no_number && weight >= W::new(0.0f32)
}

/// Whether a score is a probability. NaN is none.
#[cube]
fn is_probability<F: Float>(score: F) -> bool {
    score >= F::new(LEAST) && score <= F::new(MOST)
}

/// The cell in which an element is counted.
#[cube]
fn cell_of(
    pred: i32,
    truth: i32,
    element: u32,
    width: u32,
    labels: i32,
    inner: u32,
    cells: u32,
    ignore: i32,
    #[comptime] table: Table,
    #[comptime] per_sample: bool,
    #[comptime] ignores: bool,
) -> u32 {
    let mut cell = NOWHERE.runtime();
    let mut ignored = false.runtime();
    if comptime!(ignores) {
        ignored = truth == ignore;
    }
    if !ignored {
        if truth < 0 || truth >= labels {
            cell = cells;
        } else if pred >= labels || (pred < 0 && pred != NAN && pred != NO_PROBABILITY) {
            cell = cells + 1;
        } else if pred == NAN {
            cell = cells + 2;
        } else if pred == NO_PROBABILITY {
            cell = cells + 3;
        } else if comptime!(table == Table::Confusion) {
            cell = truth as u32 * width + pred as u32;
        } else if comptime!(table == Table::ClassErrors) {
            cell = NO_CELL.runtime();
            if pred != truth {
                cell = element / inner;
            }
        } else if comptime!(table == Table::LabelErrors) {
            cell = NO_CELL.runtime();
            if pred != truth {
                cell = element / (width * inner) * inner + element % inner;
            }
        } else if comptime!(table == Table::Labels) {
            cell = (3 - 2 * pred - truth) as u32 * width + element / inner % width;
            if comptime!(per_sample) {
                cell += element / (width * inner) * 4 * width;
            }
        } else {
            if pred == truth {
                cell = truth as u32;
            } else {
                cell = width + pred as u32;
            }
            if comptime!(per_sample) {
                cell += element / inner * 3 * width;
            }
        }
    }
    cell
}

/// The cell in which an element whose class was missed is counted too, given its own cell.
#[cube]
fn missed_cell(
    cell: u32,
    pred: i32,
    truth: i32,
    element: u32,
    width: u32,
    inner: u32,
    cells: u32,
    #[comptime] table: Table,
    #[comptime] per_sample: bool,
) -> u32 {
    let mut missed = NOWHERE.runtime();
    if comptime!(table == Table::Classes) {
        if cell < cells && pred != truth {
            missed = 2 * width + truth as u32;
            if comptime!(per_sample) {
                missed += element / inner * 3 * width;
            }
        }
    }
    missed
}

/// One unit per element.
#[cube(launch)]
pub(super) fn count_cells<P: Int, T: Int>(
    preds: &Tensor<P>,
    target: &Tensor<T>,
    output: &mut Tensor<Atomic<i32>>,
    width: u32,
    labels: i32,
    inner: u32,
    cells: u32,
    ignore: i32,
    #[comptime] table: Table,
    #[comptime] per_sample: bool,
    #[comptime] ignores: bool,
    #[define(P, T)] _types: [ElemType; 2],
) {
    let element = ABSOLUTE_POS;
    if element >= target.len() {
        terminate!();
    }
    let pred = narrow::<P>(preds[element]);
    let truth = narrow::<T>(target[element]);
    let place = element as u32;
    let cell = cell_of(
        pred, truth, place, width, labels, inner, cells, ignore, table, per_sample, ignores,
    );
    if cell < cells + FAULTS {
        output[cell as usize].fetch_add(1i32);
    }
    let missed = missed_cell(
        cell, pred, truth, place, width, inner, cells, table, per_sample,
    );
    if missed != NOWHERE {
        output[missed as usize].fetch_add(1i32);
    }
}

/// One unit per group of elements, each with its own table: floats cannot be added atomically on every GPU, and sums
/// are the same every time.
#[cube(launch)]
pub(super) fn weigh_cells<P: Int, T: Int, W: Float>(
    preds: &Tensor<P>,
    target: &Tensor<T>,
    weights: &Tensor<W>,
    partials: &mut Tensor<f32>,
    width: u32,
    labels: i32,
    inner: u32,
    cells: u32,
    ignore: i32,
    elements_a_sample: u32,
    #[comptime] table: Table,
    #[comptime] per_sample: bool,
    #[comptime] ignores: bool,
    #[define(P, T, W)] _types: [ElemType; 3],
) {
    let len = cells + FAULTS;
    let units = partials.len() / len as usize;
    let unit = ABSOLUTE_POS;
    if unit >= units {
        terminate!();
    }
    let base = unit * len as usize;
    let mut element = unit;
    while element < target.len() {
        let pred = narrow::<P>(preds[element]);
        let truth = narrow::<T>(target[element]);
        let weight = weights[element / elements_a_sample as usize];
        let place = element as u32;
        let mut cell = cell_of(
            pred, truth, place, width, labels, inner, cells, ignore, table, per_sample, ignores,
        );
        if (cell < cells || cell == NO_CELL) && !is_weight::<W>(weight) {
            cell = cells + 4;
        }
        let mut add = f32::cast_from(weight);
        if cell >= cells {
            add = 1.0f32;
        }
        if cell < len {
            partials[base + cell as usize] += add;
        }
        let missed = missed_cell(
            cell, pred, truth, place, width, inner, cells, table, per_sample,
        );
        if missed != NOWHERE {
            partials[base + missed as usize] += add;
        }
        element += units;
    }
}

/// One unit per target: the cells of its scores.
#[cube(launch)]
pub(super) fn find_bins<F: Float, T: Int, W: Float>(
    scores: &Tensor<F>,
    target: &Tensor<T>,
    thresholds: &Tensor<f32>,
    output: &mut Tensor<i32>,
    width: u32,
    inner: u32,
    ignore: i32,
    #[comptime] exclusive: bool,
    #[comptime] ignores: bool,
    #[define(F, T, W)] _types: [ElemType; 3],
) {
    let at = ABSOLUTE_POS;
    if at >= target.len() {
        terminate!();
    }
    let (width, inner) = (width as usize, inner as usize);
    let truth = narrow::<T>(target[at]);
    let mut first = at;
    let mut class = at / inner % width;
    let mut classes = 1usize.runtime();
    let mut labels = 2i32.runtime();
    if comptime!(exclusive) {
        first = at / inner * width * inner + at % inner;
        class = 0usize.runtime();
        classes = width;
        labels = width as i32;
    }
    let bins = thresholds.len() + 1;
    let cells = (2 * width * bins) as i32;

    // The cell of what is left out.
    let mut fault = NO_FAULT.runtime();
    if truth < 0 || truth >= labels {
        fault = cells;
    } else {
        for i in 0..classes {
            let score = scores[first + i * inner];
            if bool::cast_from(score.is_nan()) {
                fault = cells + 2;
            } else if fault == NO_FAULT && !is_probability::<F>(score) {
                fault = cells + 3;
            }
        }
    }
    if comptime!(ignores) {
        if truth == ignore {
            fault = NO_BIN.runtime();
        }
    }
    for i in 0..classes {
        let mut cell = fault;
        if fault >= 0 && i > 0 {
            cell = NO_BIN.runtime();
        }
        if fault == NO_FAULT {
            let score = W::cast_from(scores[first + i * inner]);
            let mut low = 0usize.runtime();
            let mut high = thresholds.len();
            while low < high {
                let middle = (low + high) / 2;
                if W::cast_from(thresholds[middle]) <= score {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            let mut positive = 1i32.runtime();
            if comptime!(exclusive) {
                positive = i as i32;
            }
            let mut side = 2 * (class + i);
            if truth == positive {
                side += 1;
            }
            cell = (side * bins + low) as i32;
        }
        output[first + i * inner] = cell;
    }
}

/// One unit per cell number, which it counts.
#[cube(launch)]
pub(super) fn count_at(cells: &Tensor<i32>, output: &mut Tensor<Atomic<i32>>) {
    if ABSOLUTE_POS >= cells.len() {
        terminate!();
    }
    let cell = cells[ABSOLUTE_POS];
    if cell >= 0 {
        output[cell as usize].fetch_add(1i32);
    }
}

/// One unit per group of cell numbers, each with its own table.
#[cube(launch)]
pub(super) fn weigh_at<W: Float>(
    cells: &Tensor<i32>,
    weights: &Tensor<W>,
    partials: &mut Tensor<f32>,
    len: u32,
    width: u32,
    inner: u32,
    #[comptime] exclusive: bool,
    #[define(W)] _types: ElemType,
) {
    let (len, width, inner) = (len as usize, width as usize, inner as usize);
    let units = partials.len() / len;
    let unit = ABSOLUTE_POS;
    if unit >= units {
        terminate!();
    }
    let mut at = unit;
    while at < cells.len() {
        let weight = weights[at / (width * inner)];
        let mut cell = cells[at];
        let mut add = f32::cast_from(weight);
        if cell >= 0 && cell < len as i32 - FAULTS as i32 && !is_weight::<W>(weight) {
            cell = len as i32 - 1;
            if comptime!(exclusive) {
                // A target is reported once, with its first class.
                let class = at / inner % width;
                if class > 0 {
                    cell = NO_BIN.runtime();
                }
            }
        }
        if cell >= len as i32 - FAULTS as i32 {
            add = 1.0f32;
        }
        if cell >= 0 {
            partials[unit * len + cell as usize] += add;
        }
        at += units;
    }
}
