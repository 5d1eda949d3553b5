//! The operations from backend primitives, which are slow but work on every backend, and are the reference for the
//! kernels.

use burn::{
    backend::{
        Backend, TensorMetadata,
        tensor::{BoolTensor, Device, FloatTensor, IntTensor},
    },
    tensor::{BoolDType, DType, FloatDType, IndexingUpdateOp, IntDType, Scalar, Shape},
};

use super::{
    ClassSpec, ClassTable, Extent, LabelSpec, LabelTable, PROBABILITIES, Predictions, ScoreSpec,
};
use crate::Faults;

/// The element types of intermediate results.
pub(super) struct Types {
    pub(super) int: IntDType,
    pub(super) bool: BoolDType,
}

impl Types {
    pub(super) fn of<B: Backend>(device: &Device<B>) -> Self {
        let settings = burn::backend::DeviceOps::defaults(device);
        Self {
            int: settings.int_dtype,
            bool: settings.bool_dtype,
        }
    }
}

/// Where each element is counted: flat arrays of indices into the table, with one more cell at its end for elements
/// that are not counted.
struct Places<B: Backend> {
    cells: Vec<IntTensor<B>>,
}

pub(super) fn count_classes<B: Backend>(
    preds: Predictions<B>,
    target: IntTensor<B>,
    spec: ClassSpec,
) -> IntTensor<B> {
    count::<B>(class_places::<B>(preds, target, None, spec), spec.len())
}

pub(super) fn weigh_classes<B: Backend>(
    preds: Predictions<B>,
    target: IntTensor<B>,
    weights: FloatTensor<B>,
    spec: ClassSpec,
) -> FloatTensor<B> {
    let weights = spread::<B>(weights, spec.extent, 1);
    let bad = no_weight::<B>(weights.clone());
    let places = class_places::<B>(preds, target, Some(bad), spec);
    weigh::<B>(places, weights, spec.len())
}

pub(super) fn count_labels<B: Backend>(
    preds: Predictions<B>,
    target: IntTensor<B>,
    spec: LabelSpec,
) -> IntTensor<B> {
    count::<B>(label_places::<B>(preds, target, None, spec), spec.len())
}

pub(super) fn weigh_labels<B: Backend>(
    preds: Predictions<B>,
    target: IntTensor<B>,
    weights: FloatTensor<B>,
    spec: LabelSpec,
) -> FloatTensor<B> {
    let weights = spread::<B>(weights, spec.extent, spec.labels);
    let bad = no_weight::<B>(weights.clone());
    let places = label_places::<B>(preds, target, Some(bad), spec);
    weigh::<B>(places, weights, spec.len())
}

/// Knuth, The Art of Computer Programming, volume 2, 4.2.2.
pub(super) fn rounded_off<B: Backend>(
    a: FloatTensor<B>,
    b: FloatTensor<B>,
    sum: FloatTensor<B>,
) -> FloatTensor<B> {
    let of_b = B::float_sub(sum.clone(), a.clone());
    let of_a = B::float_sub(sum, of_b.clone());
    B::float_add(B::float_sub(a, of_a), B::float_sub(b, of_b))
}

fn class_places<B: Backend>(
    preds: Predictions<B>,
    target: IntTensor<B>,
    bad_weight: Option<BoolTensor<B>>,
    spec: ClassSpec,
) -> Places<B> {
    let Extent { samples, inner } = spec.extent;
    let elements = samples * inner;
    let types = Types::of::<B>(&target.device());
    let target = B::int_reshape(B::int_cast(target, types.int), Shape::new([elements]));
    let target = Checked::<B>::new(target, spec.classes, spec.ignore_index, &types);

    let (pred, nan) = match preds {
        Predictions::Labels(labels) => {
            let labels = B::int_reshape(B::int_cast(labels, types.int), Shape::new([elements]));
            (labels, None)
        }
        Predictions::Scores(scores) => {
            let (pred, nan) = predicted_classes::<B>(scores, &target.label, spec, &types);
            (pred, Some(nan))
        }
    };
    let pred = Checked::<B>::new(pred, spec.classes, None, &types);

    let faults = [
        Some(target.out_of_range),
        Some(pred.out_of_range),
        nan,
        None,
        bad_weight,
    ];
    let left_out = LeftOut::<B>::new(target.ignored, faults);

    let base = sample_base::<B>(spec.extent, 1, spec.base(1), &target.label, &types);
    let (pred, target) = (pred.label, target.label);
    let at = |offset: usize, class: IntTensor<B>| {
        B::int_add(
            base.clone(),
            B::int_add_scalar(class, Scalar::from(offset as i64)),
        )
    };
    let cells = match spec.table {
        ClassTable::Confusion => {
            let row = B::int_mul_scalar(target, Scalar::from(spec.classes as i64));
            vec![B::int_add(row, pred)]
        }
        ClassTable::Errors => {
            let right = B::int_equal(pred, target, types.bool);
            vec![B::int_mask_fill(
                base,
                right,
                Scalar::from(spec.len() as i64),
            )]
        }
        _ => {
            let right = B::int_equal(pred.clone(), target.clone(), types.bool);
            let predicted =
                B::int_mask_where(at(spec.classes, pred), right.clone(), at(0, target.clone()));
            let missed = at(2 * spec.classes, target);
            let missed = B::int_mask_fill(missed, right, Scalar::from(spec.len() as i64));
            vec![predicted, missed]
        }
    };
    left_out.places(cells, spec.cells())
}

fn label_places<B: Backend>(
    preds: Predictions<B>,
    target: IntTensor<B>,
    bad_weight: Option<BoolTensor<B>>,
    spec: LabelSpec,
) -> Places<B> {
    let Extent { samples, inner } = spec.extent;
    let elements = samples * spec.labels * inner;
    let types = Types::of::<B>(&target.device());
    let flat = Shape::new([elements]);
    let target = B::int_reshape(B::int_cast(target, types.int), flat.clone());
    let target = Checked::<B>::new(target, 2, spec.ignore_index, &types);

    let (pred, pred_fault, nan, outside) = match preds {
        Predictions::Labels(labels) => {
            let labels = B::int_reshape(B::int_cast(labels, types.int), flat);
            let labels = Checked::<B>::new(labels, 2, None, &types);
            (labels.label, Some(labels.out_of_range), None, None)
        }
        Predictions::Scores(scores) => {
            let scores = B::float_reshape(scores, flat);
            let nan = B::float_is_nan(scores.clone(), types.bool);
            let outside = (spec.probabilities).then(|| no_probability::<B>(scores.clone(), &types));
            let pred = B::float_greater_elem(scores, Scalar::from(spec.threshold), types.bool);
            (B::bool_into_int(pred, types.int), None, Some(nan), outside)
        }
    };

    let faults = [
        Some(target.out_of_range),
        pred_fault,
        nan,
        outside,
        bad_weight,
    ];
    let left_out = LeftOut::<B>::new(target.ignored, faults);

    if spec.table == LabelTable::Errors {
        let unit = B::int_arange(
            0..(samples * inner) as i64,
            &target.label.device(),
            types.int,
        );
        let unit = B::int_reshape(unit, Shape::new([samples, 1, inner]));
        let unit = B::int_expand(unit, Shape::new([samples, spec.labels, inner]));
        let unit = B::int_reshape(unit, Shape::new([elements]));
        let right = B::int_equal(pred, target.label, types.bool);
        let unit = B::int_mask_fill(unit, right, Scalar::from(spec.len() as i64));
        return left_out.places(vec![unit], spec.cells());
    }
    // The row of the table is 3 - 2 * pred - target: true positives, false positives, false negatives
    // and true negatives, in this order.
    let base = sample_base::<B>(
        spec.extent,
        spec.labels,
        spec.base(1),
        &target.label,
        &types,
    );
    let label = B::int_arange(0..spec.labels as i64, &target.label.device(), types.int);
    let label = B::int_expand(
        B::int_reshape(label, Shape::new([1, spec.labels, 1])),
        Shape::new([samples, spec.labels, inner]),
    );
    let label = B::int_reshape(label, Shape::new([elements]));
    let row = B::int_add(
        B::int_mul_scalar(pred, Scalar::from(-2i64)),
        B::int_mul_scalar(target.label, Scalar::from(-1i64)),
    );
    let row = B::int_add_scalar(row, Scalar::from(3i64));
    let cell = B::int_add(
        B::int_mul_scalar(row, Scalar::from(spec.labels as i64)),
        B::int_add(label, base),
    );
    left_out.places(vec![cell], spec.cells())
}

pub(super) fn count_bins<B: Backend>(
    scores: FloatTensor<B>,
    target: IntTensor<B>,
    thresholds: FloatTensor<B>,
    spec: ScoreSpec,
) -> IntTensor<B> {
    let len = spec.len(thresholds.shape().num_elements());
    count::<B>(bin_places::<B>(scores, target, None, thresholds, spec), len)
}

pub(super) fn weigh_bins<B: Backend>(
    scores: FloatTensor<B>,
    target: IntTensor<B>,
    weights: FloatTensor<B>,
    thresholds: FloatTensor<B>,
    spec: ScoreSpec,
) -> FloatTensor<B> {
    let len = spec.len(thresholds.shape().num_elements());
    let weights = spread::<B>(weights, spec.extent, spec.width);
    let bad = no_weight::<B>(weights.clone());
    let places = bin_places::<B>(scores, target, Some(bad), thresholds, spec);
    weigh::<B>(places, weights, len)
}

fn bin_places<B: Backend>(
    scores: FloatTensor<B>,
    target: IntTensor<B>,
    bad_weight: Option<BoolTensor<B>>,
    thresholds: FloatTensor<B>,
    spec: ScoreSpec,
) -> Places<B> {
    let ScoreSpec { width, .. } = spec;
    let Extent { samples, inner } = spec.extent;
    let (elements, bins) = (
        samples * width * inner,
        thresholds.shape().num_elements() + 1,
    );
    let types = Types::of::<B>(&target.device());
    let flat = Shape::new([elements]);
    let full = Shape::new([samples, width, inner]);

    let target = B::int_reshape(B::int_cast(target, types.int), Shape::new([spec.targets()]));
    let target = Checked::<B>::new(target, spec.labels(), spec.ignore_index, &types);
    let class = B::int_arange(0..width as i64, &target.label.device(), types.int);
    let class = B::int_reshape(class, Shape::new([1, width, 1]));
    let class = B::int_reshape(B::int_expand(class, full.clone()), flat.clone());

    let scores = B::float_reshape(scores, full.clone());
    let nan = B::float_is_nan(scores.clone(), types.bool);
    let outside = no_probability::<B>(scores.clone(), &types);
    // The faults of an element concern all of its classes, but are reported once: with the first class.
    let (positive, [nan, outside], out_of_range, ignored, reported) = if spec.exclusive {
        let row = Shape::new([samples, 1, inner]);
        let spread_int = |labels: IntTensor<B>| {
            let labels = B::int_reshape(labels, row.clone());
            B::int_reshape(B::int_expand(labels, full.clone()), flat.clone())
        };
        let spread_bool = |mask: BoolTensor<B>| {
            let ones = spread_int(B::bool_into_int(mask, types.int));
            B::int_greater_elem(ones, Scalar::from(0i64), types.bool)
        };
        let of_any = |mask: BoolTensor<B>| {
            let number = B::int_sum_dim(B::bool_into_int(mask, types.int), 1);
            spread_bool(B::int_greater_elem(number, Scalar::from(0i64), types.bool))
        };
        let positive = B::int_equal(spread_int(target.label), class.clone(), types.bool);
        let first = B::int_equal_elem(class.clone(), Scalar::from(0i64), types.bool);
        (
            positive,
            [nan, outside].map(of_any),
            spread_bool(target.out_of_range),
            spread_bool(target.ignored),
            Some(first),
        )
    } else {
        let positive = B::int_equal_elem(target.label, Scalar::from(1i64), types.bool);
        let masks = [nan, outside].map(|mask| B::bool_reshape(mask, flat.clone()));
        (positive, masks, target.out_of_range, target.ignored, None)
    };
    let faults = [
        Some(out_of_range),
        None,
        Some(nan),
        Some(outside),
        bad_weight,
    ];
    let mut left_out = LeftOut::<B>::new(ignored, faults);
    if let Some(first) = reported {
        let reported = |fault| B::bool_and(fault, first.clone());
        left_out.faults = left_out.faults.map(|fault| fault.map(reported));
    }

    let bin = bins_of::<B>(B::float_reshape(scores, flat), thresholds, &types);
    let side = B::int_mul_scalar(class, Scalar::from(2i64));
    let side = B::int_add(side, B::bool_into_int(positive, types.int));
    let cell = B::int_add(B::int_mul_scalar(side, Scalar::from(bins as i64)), bin);
    left_out.places(vec![cell], spec.width * 2 * bins)
}

/// The number of thresholds that are not above each score, by bisection in steps of decreasing powers of two.
fn bins_of<B: Backend>(
    scores: FloatTensor<B>,
    thresholds: FloatTensor<B>,
    types: &Types,
) -> IntTensor<B> {
    let (device, n) = (scores.device(), thresholds.shape().num_elements());
    let dtype = FloatDType::from(scores.dtype());
    let thresholds = B::float_cast(thresholds, dtype);
    let mut bin = B::int_zeros(scores.shape(), &device, types.int);
    for step in (0..=n.ilog2()).rev().map(|power| 1i64 << power) {
        let next = B::int_add_scalar(bin.clone(), Scalar::from(step));
        let exists = B::int_lower_equal_elem(next.clone(), Scalar::from(n as i64), types.bool);
        let place = B::int_clamp_max(next.clone(), Scalar::from(n as i64));
        let place = B::int_sub_scalar(place, Scalar::from(1i64));
        let threshold = B::float_select(thresholds.clone(), 0, place);
        let reached = B::float_greater_equal(scores.clone(), threshold, types.bool);
        bin = B::int_mask_where(bin, B::bool_and(exists, reached), next);
    }
    bin
}

/// Labels with their faults. Labels out of range are replaced by 0, so that they can be used as indices.
struct Checked<B: Backend> {
    label: IntTensor<B>,
    ignored: BoolTensor<B>,
    out_of_range: BoolTensor<B>,
}

impl<B: Backend> Checked<B> {
    fn new(label: IntTensor<B>, classes: usize, ignore: Option<i64>, types: &Types) -> Self {
        let below = B::int_lower_elem(label.clone(), Scalar::from(0i64), types.bool);
        let above =
            B::int_greater_equal_elem(label.clone(), Scalar::from(classes as i64), types.bool);
        let out_of_range = B::bool_or(below, above);
        let ignored = match ignore {
            Some(index) => B::int_equal_elem(label.clone(), Scalar::from(index), types.bool),
            None => B::bool_zeros(label.shape(), &label.device(), types.bool),
        };
        Self {
            label: B::int_mask_fill(label, out_of_range.clone(), Scalar::from(0i64)),
            ignored,
            out_of_range,
        }
    }
}

/// The class that each element counts as predicted, and whether it has a NaN score.
fn predicted_classes<B: Backend>(
    scores: FloatTensor<B>,
    target: &IntTensor<B>,
    spec: ClassSpec,
    types: &Types,
) -> (IntTensor<B>, BoolTensor<B>) {
    let Extent { samples, inner } = spec.extent;
    let flat = Shape::new([samples * inner]);
    let full = Shape::new([samples, spec.classes, inner]);
    let scores = B::float_reshape(scores, full.clone());

    let nan = B::float_is_nan(scores.clone(), types.bool);
    let nan = B::int_sum_dim(B::bool_into_int(nan, types.int), 1);
    let nan = B::int_greater_elem(nan, Scalar::from(0i64), types.bool);
    let nan = B::bool_reshape(nan, flat.clone());

    let best = B::float_argmax(scores.clone(), 1, types.int);
    let best = B::int_reshape(best, flat.clone());
    if spec.top_k == 1 {
        return (best, nan);
    }

    // A target is among the top k if fewer than k classes are ahead of it: those with a higher score,
    // and those with the same score and a lower index.
    let target3 = B::int_reshape(target.clone(), Shape::new([samples, 1, inner]));
    let own = B::float_gather(1, scores.clone(), target3.clone());
    let own = B::float_expand(own, full.clone());
    let higher = B::float_greater(scores.clone(), own.clone(), types.bool);
    let tied = B::float_equal(scores, own, types.bool);
    let class = B::int_arange(0..spec.classes as i64, &target.device(), types.int);
    let class = B::int_reshape(class, Shape::new([1, spec.classes, 1]));
    let earlier = B::int_lower(
        B::int_expand(class, full.clone()),
        B::int_expand(target3, full),
        types.bool,
    );
    let ahead = B::bool_or(higher, B::bool_and(tied, earlier));
    let rank = B::int_sum_dim(B::bool_into_int(ahead, types.int), 1);
    let hit = B::int_lower_elem(rank, Scalar::from(spec.top_k as i64), types.bool);
    let hit = B::bool_reshape(hit, flat);
    (B::int_mask_where(best, hit, target.clone()), nan)
}

/// The index of the first cell of the sample of each element.
fn sample_base<B: Backend>(
    extent: Extent,
    width: usize,
    stride: usize,
    like: &IntTensor<B>,
    types: &Types,
) -> IntTensor<B> {
    let Extent { samples, inner } = extent;
    let base = B::int_arange(0..samples as i64, &like.device(), types.int);
    let base = B::int_mul_scalar(base, Scalar::from(stride as i64));
    let base = B::int_reshape(base, Shape::new([samples, 1]));
    let base = B::int_expand(base, Shape::new([samples, width * inner]));
    B::int_reshape(base, Shape::new([samples * width * inner]))
}

/// Repeats the weight of a sample for each of its elements.
fn spread<B: Backend>(weights: FloatTensor<B>, extent: Extent, width: usize) -> FloatTensor<B> {
    let Extent { samples, inner } = extent;
    let weights = B::float_reshape(weights, Shape::new([samples, 1]));
    let weights = B::float_expand(weights, Shape::new([samples, width * inner]));
    B::float_reshape(weights, Shape::new([samples * width * inner]))
}

/// Whether a sample cannot have this weight: it is negative, infinite or NaN.
pub(super) fn no_weight<B: Backend>(weights: FloatTensor<B>) -> BoolTensor<B> {
    let bool = Types::of::<B>(&weights.device()).bool;
    let negative = B::float_lower_elem(weights.clone(), Scalar::from(0.0), bool);
    B::bool_or(negative, not_finite::<B>(weights))
}

/// Whether a score is no probability. NaN may be one.
fn no_probability<B: Backend>(scores: FloatTensor<B>, types: &Types) -> BoolTensor<B> {
    let [least, most] = PROBABILITIES.map(Scalar::from);
    let below = B::float_lower_elem(scores.clone(), least, types.bool);
    B::bool_or(below, B::float_greater_elem(scores, most, types.bool))
}

/// Whether a number is infinite or NaN.
pub(super) fn not_finite<B: Backend>(numbers: FloatTensor<B>) -> BoolTensor<B> {
    let bool = Types::of::<B>(&numbers.device()).bool;
    B::bool_or(
        B::float_is_nan(numbers.clone(), bool),
        B::float_is_inf(numbers, bool),
    )
}

/// The elements that are not counted in the table, and why.
struct LeftOut<B: Backend> {
    all: BoolTensor<B>,
    /// One mask per [`Fault`](crate::Fault) of tables, if there can be such a fault.
    faults: [Option<BoolTensor<B>>; Faults::OF_TABLES],
}

impl<B: Backend> LeftOut<B> {
    /// Only the first fault of an element is reported.
    fn new(ignored: BoolTensor<B>, faults: [Option<BoolTensor<B>>; Faults::OF_TABLES]) -> Self {
        let mut all = ignored;
        let faults = faults.map(|fault| {
            let fault = B::bool_and(fault?, B::bool_not(all.clone()));
            all = B::bool_or(all.clone(), fault.clone());
            Some(fault)
        });
        Self { all, faults }
    }

    /// Sends ignored elements to the cell past the end, and faults to their own cells.
    fn places(self, cells: Vec<IntTensor<B>>, table: usize) -> Places<B> {
        let scalar = |cell: usize| Scalar::from(cell as i64);
        let nowhere = scalar(table + Faults::OF_TABLES);
        let mut cells: Vec<_> = cells
            .into_iter()
            .map(|cell| B::int_mask_fill(cell, self.all.clone(), nowhere))
            .collect();
        for (kind, fault) in self.faults.into_iter().enumerate() {
            if let Some(fault) = fault {
                cells[0] = B::int_mask_fill(cells[0].clone(), fault, scalar(table + kind));
            }
        }
        Places { cells }
    }
}

fn count<B: Backend>(places: Places<B>, len: usize) -> IntTensor<B> {
    let first = &places.cells[0];
    let (device, dtype) = (first.device(), IntDType::from(first.dtype()));
    let ones = B::int_ones(first.shape(), &device, dtype);
    let mut table = B::int_zeros(Shape::new([len + 1]), &device, dtype);
    for cells in places.cells {
        table = B::int_scatter(0, table, cells, ones.clone(), IndexingUpdateOp::Add);
    }
    B::int_slice(table, &[burn::tensor::Slice::from(0..len)])
}

fn weigh<B: Backend>(places: Places<B>, weights: FloatTensor<B>, len: usize) -> FloatTensor<B> {
    let device = weights.device();
    let weights = match B::supports_dtype(&device, DType::F64) {
        true => B::float_cast(weights, FloatDType::F64),
        false => weights,
    };
    let dtype = FloatDType::from(weights.dtype());
    let faults = len - Faults::OF_TABLES;
    let mut table = B::float_zeros(Shape::new([len + 1]), &device, dtype);
    for cells in places.cells {
        // A fault counts as one whatever its weight, which may be NaN.
        let bool = Types::of::<B>(&device).bool;
        let fault = B::int_greater_equal_elem(cells.clone(), Scalar::from(faults as i64), bool);
        let weights = B::float_mask_fill(weights.clone(), fault, Scalar::from(1.0f64));
        table = B::float_scatter(0, table, cells, weights, IndexingUpdateOp::Add);
    }
    B::float_slice(table, &[burn::tensor::Slice::from(0..len)])
}
