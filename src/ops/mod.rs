//! The operations that do nearly all the work, with an implementation for each kind of backend.
//!
//! [`MetricOps`] is generic over Burn's `Backend`. Each operation has a portable implementation from backend
//! primitives, which is also the reference in tests, a host implementation for Flex that passes over memory once, and
//! CubeCL kernels for GPUs.

// Burn deprecates `NdArray`, but this crate supports it as long as Burn has it.
#![cfg_attr(feature = "ndarray", allow(deprecated))]
// Burn derives types without `Debug` from those of this module.
#![cfg_attr(feature = "fusion", allow(missing_debug_implementations))]

mod elementary;
pub(crate) mod host;
mod pairs;
pub(crate) mod parts;
mod portable;
mod wrong_label;

#[cfg(feature = "cube")]
mod cube;
#[cfg(feature = "flex")]
mod flex;

#[cfg(feature = "text")]
pub(crate) use elementary::exp_f32;
pub(crate) use elementary::{exp_of_negative, ln, ln_1p};
pub(crate) use host::{HostTensor, LANES, Readable, RowFormula, Wide, sum_lanes, widest};
pub(crate) use parts::{Moments, Part, Parts, Sums};
pub(crate) use wrong_label::wrong_label;

#[cfg(feature = "fusion")]
use burn::tensor::Shape;
use burn::{
    backend::{
        Backend, Dispatch, ExtensionType, TensorMetadata, backend_extension,
        ops::{BoolTensorOps, FloatTensorOps, IntTensorOps},
        tensor::{FloatTensor, IntTensor},
    },
    tensor::{Bool, DType, Device, FloatDType, Int, IntDType, Tensor, kind::Basic},
};
use serde::{Deserialize, Serialize};

/// The predictions of a classifier.
#[derive(Debug, Clone, ExtensionType)]
#[cfg_attr(feature = "fusion", extension_type(fusion))]
pub enum Predictions<B: Backend> {
    /// A score for each class or label: `[samples, classes, ...]`.
    Scores(FloatTensor<B>),
    /// A label: `[samples, ...]`, or for multilabel tasks `[samples, labels, ...]`.
    Labels(IntTensor<B>),
}

/// The layout of a batch: `[samples, width, inner]`, where `width` is the number of classes or labels and `inner` the
/// product of all further dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The length of the first dimension.
    pub samples: usize,
    /// The product of the dimensions after the classes.
    pub inner: usize,
}

/// The options of [`MetricOps::count_classes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassSpec {
    /// The shape of the batch.
    pub extent: Extent,
    /// The number of classes.
    pub classes: usize,
    /// A sample counts as correct if its target is among its `top_k` highest scores.
    pub top_k: usize,
    /// Elements with this target are ignored.
    pub ignore_index: Option<i64>,
    /// The table to fill.
    pub table: ClassTable,
}

/// A table of counts over classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassTable {
    /// True positives, false positives and false negatives of each class: `[3, classes]`.
    PerClass,
    /// The same for each sample: `[samples, 3, classes]`.
    PerSample,
    /// How often each class (row) was predicted as each class (column): `[classes, classes]`.
    Confusion,
    /// The number of wrongly predicted elements of each sample: `[samples]`.
    Errors,
}

impl ClassSpec {
    /// The number of cells.
    pub fn cells(&self) -> usize {
        match self.table {
            ClassTable::PerClass => 3 * self.classes,
            ClassTable::PerSample => 3 * self.classes * self.extent.samples,
            ClassTable::Confusion => self.classes * self.classes,
            ClassTable::Errors => self.extent.samples,
        }
    }

    /// The index of the first cell of a sample.
    #[inline(always)]
    fn base(&self, sample: usize) -> usize {
        match self.table {
            ClassTable::PerClass | ClassTable::Confusion => 0,
            ClassTable::PerSample => sample * 3 * self.classes,
            ClassTable::Errors => sample,
        }
    }

    fn len(&self) -> usize {
        self.cells() + crate::Faults::OF_TABLES
    }
}

/// The options of [`MetricOps::count_labels`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelSpec {
    /// The shape of the batch.
    pub extent: Extent,
    /// The number of labels that an element can have.
    pub labels: usize,
    /// A label is predicted if its score is above this threshold.
    pub threshold: f64,
    /// Whether scores must be [probabilities](crate::Fault::Probability).
    pub probabilities: bool,
    /// Elements with this target are ignored.
    pub ignore_index: Option<i64>,
    /// The table to fill.
    pub table: LabelTable,
}

/// A table of counts over labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelTable {
    /// True positives, false positives, false negatives and true negatives of each label: `[4, labels]`.
    Global,
    /// The same for each sample: `[samples, 4, labels]`.
    PerSample,
    /// The number of wrongly predicted labels of each element: `[samples, inner]`.
    Errors,
}

impl LabelSpec {
    /// The number of cells.
    pub fn cells(&self) -> usize {
        match self.table {
            LabelTable::Global => 4 * self.labels,
            LabelTable::PerSample => 4 * self.labels * self.extent.samples,
            LabelTable::Errors => self.extent.samples * self.extent.inner,
        }
    }

    /// The index of the first cell of a sample.
    #[inline(always)]
    fn base(&self, sample: usize) -> usize {
        match self.table {
            LabelTable::Global => 0,
            LabelTable::PerSample => sample * 4 * self.labels,
            LabelTable::Errors => sample * self.extent.inner,
        }
    }

    fn len(&self) -> usize {
        self.cells() + crate::Faults::OF_TABLES
    }
}

/// The layout of scores, `[samples, width, inner]`, and their targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreSpec {
    /// The shape of the batch.
    pub extent: Extent,
    /// The number of classes or labels.
    pub width: usize,
    /// Whether the target of an element is one of the classes, `[samples, inner]`. Otherwise it is 0 or 1 for each
    /// label, `[samples, width, inner]`.
    pub exclusive: bool,
    /// Elements with this target are ignored.
    pub ignore_index: Option<i64>,
}

impl ScoreSpec {
    /// The number of scores.
    pub fn scores(&self) -> usize {
        self.targets() * if self.exclusive { self.width } else { 1 }
    }

    /// The number of targets.
    pub fn targets(&self) -> usize {
        let Extent { samples, inner } = self.extent;
        samples * inner * if self.exclusive { 1 } else { self.width }
    }

    /// The number of values that a target can have.
    pub(crate) fn labels(&self) -> usize {
        if self.exclusive { self.width } else { 2 }
    }

    /// The number of cells of a histogram over this many thresholds: `[width, 2, thresholds + 1]`.
    pub fn cells(&self, thresholds: usize) -> usize {
        self.width * 2 * (thresholds + 1)
    }

    fn len(&self, thresholds: usize) -> usize {
        self.cells(thresholds) + crate::Faults::OF_TABLES
    }
}

/// The range of scores that are probabilities. They may exceed 0 and 1 by one step of `bf16`, since they can be rounded.
pub(crate) const PROBABILITIES: [f32; 2] = [-1.0 / 128.0, 1.0 + 1.0 / 128.0];

/// The weights of samples.
#[derive(Debug, Clone, ExtensionType)]
#[cfg_attr(feature = "fusion", extension_type(fusion))]
pub enum Weights<B: Backend> {
    /// All samples have the same weight.
    Equal,
    /// One per sample: `[samples]`.
    Each(FloatTensor<B>),
}

/// The terms that [`MetricOps::pair_sums`] sums over pairs of a prediction `p` and a target `t`: up to three.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairTerm {
    /// `|p - t|`.
    Absolute,
    /// `(ln(1 + p) - ln(1 + t))^2`, of numbers above -1.
    SquaredLog,
    /// `|p - t| / max(|t|, epsilon)`.
    AbsolutePercentage {
        /// The smallest denominator.
        epsilon: f64,
    },
    /// `2 |p - t| / max(|p| + |t|, epsilon)`.
    SymmetricPercentage {
        /// The smallest denominator.
        epsilon: f64,
    },
    /// `|p - t|` and `|t|`.
    AbsoluteAndTarget,
    /// `ln cosh(p - t)`.
    LogCosh,
    /// `|p - t|^exponent`.
    Power {
        /// The exponent.
        exponent: f64,
    },
    /// The unit deviance of the Tweedie distribution of this power, where it is defined.
    Deviance {
        /// The power: 0 normal, 1 Poisson, 2 gamma, 3 inverse Gaussian.
        power: f64,
    },
    /// Two terms: 1 if both numbers reach the threshold, and 1 if at least one does.
    Reach {
        /// The threshold.
        threshold: f64,
    },
    /// `p` and `t`.
    Values,
}

/// The operations that metrics need in addition to Burn's own.
///
/// All tables are `[cells + 5]`: the cells, followed by the number of elements with a target out of range, with a predicted
/// label out of range, with a NaN score, with a score that is no probability where it must be one, and with a weight that
/// is negative, infinite or NaN. Such elements are not counted in the cells, and only their first fault is counted. An
/// ignored element is never a fault.
#[backend_extension(
    Fusion: cfg(feature = "fusion"),
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "cube"),
)]
pub trait MetricOps: Backend {
    /// Counts elements by target and predicted class.
    ///
    /// The predicted class is the one with the highest score, and the first of several equal ones; see
    /// [`ClassSpec::top_k`]. `target` has one label per element: `[samples, inner]`.
    #[fusion(dtype = count_dtype(target), shape = Shape::new([spec.len()]))]
    fn count_classes(
        #[extension_type] preds: Predictions<Self>,
        target: IntTensor<Self>,
        spec: ClassSpec,
    ) -> IntTensor<Self> {
        portable::count_classes::<Self>(preds, target, spec)
    }

    /// Does the same as [`count_classes`](Self::count_classes), with the weights of the samples, `[samples]`.
    #[fusion(dtype = sum_dtype(weights), shape = Shape::new([spec.len()]))]
    fn weigh_classes(
        #[extension_type] preds: Predictions<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        spec: ClassSpec,
    ) -> FloatTensor<Self> {
        portable::weigh_classes::<Self>(preds, target, weights, spec)
    }

    /// Counts labels that are present (target 1) or absent (target 0) by whether they were predicted.
    ///
    /// `target` is `[samples, labels, inner]`.
    #[fusion(dtype = count_dtype(target), shape = Shape::new([spec.len()]))]
    fn count_labels(
        #[extension_type] preds: Predictions<Self>,
        target: IntTensor<Self>,
        spec: LabelSpec,
    ) -> IntTensor<Self> {
        portable::count_labels::<Self>(preds, target, spec)
    }

    /// Does the same as [`count_labels`](Self::count_labels), with the weights of the samples, `[samples]`.
    #[fusion(dtype = sum_dtype(weights), shape = Shape::new([spec.len()]))]
    fn weigh_labels(
        #[extension_type] preds: Predictions<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        spec: LabelSpec,
    ) -> FloatTensor<Self> {
        portable::weigh_labels::<Self>(preds, target, weights, spec)
    }

    /// Counts scores by class, by whether the element belongs to the class, and by the number of thresholds that are
    /// not above the score. Scores must be probabilities.
    ///
    /// The `thresholds` are ascending. The table is `[width, 2, thresholds + 1]`, with the negatives first.
    #[fusion(dtype = count_dtype(target), shape = Shape::new([spec.len(thresholds.num_elements())]))]
    fn count_bins(
        scores: FloatTensor<Self>,
        target: IntTensor<Self>,
        thresholds: FloatTensor<Self>,
        spec: ScoreSpec,
    ) -> IntTensor<Self> {
        portable::count_bins::<Self>(scores, target, thresholds, spec)
    }

    /// Does the same as [`count_bins`](Self::count_bins), with the weights of the samples, `[samples]`.
    #[fusion(dtype = sum_dtype(weights), shape = Shape::new([spec.len(thresholds.num_elements())]))]
    fn weigh_bins(
        scores: FloatTensor<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        thresholds: FloatTensor<Self>,
        spec: ScoreSpec,
    ) -> FloatTensor<Self> {
        portable::weigh_bins::<Self>(scores, target, weights, thresholds, spec)
    }

    /// Computes the moments of pairs, `[samples, outputs]` each, in the type `dtype` and the layout that [`Moments`]
    /// reads.
    ///
    /// The result is `[16 * outputs + 7]`: a row of numbers per quantity, followed by the number of faults of each
    /// kind.
    #[fusion(default)]
    fn pair_moments(
        preds: FloatTensor<Self>,
        target: FloatTensor<Self>,
        #[extension_type] weights: Weights<Self>,
        dtype: FloatDType,
    ) -> FloatTensor<Self> {
        pairs::pair_moments::<Self>(preds, target, weights, dtype)
    }

    /// Computes sums of terms over pairs, `[samples, outputs]` each, in the type `dtype` and the layout that [`Sums`]
    /// reads.
    ///
    /// The result is `[5 * outputs + 7]`: a row of numbers per quantity, followed by the number of faults of each kind.
    #[fusion(default)]
    fn pair_sums(
        preds: FloatTensor<Self>,
        target: FloatTensor<Self>,
        #[extension_type] weights: Weights<Self>,
        term: PairTerm,
        dtype: FloatDType,
    ) -> FloatTensor<Self> {
        pairs::pair_sums::<Self>(preds, target, weights, term, dtype)
    }

    /// Computes the rounding error of each number of `sum = a + b`.
    ///
    /// It is an operation of its own so that no two of its steps are fused: shader compilers for Vulkan simplify
    /// `(a + b) - a` to `b` if they see the whole expression.
    #[fusion(dtype = sum, shape = sum.clone())]
    fn rounded_off(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        sum: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        portable::rounded_off::<Self>(a, b, sum)
    }
}

#[cfg(feature = "ndarray")]
impl MetricOps for burn::backend::NdArray {}

/// GPU kernels count in 32 bits, whatever the type of the labels.
#[cfg(feature = "fusion")]
fn count_dtype(_target: DType) -> DType {
    DType::I32
}

/// GPU kernels sum in `f32`, whatever the type of the weights.
#[cfg(feature = "fusion")]
fn sum_dtype(_weights: DType) -> DType {
    DType::F32
}

/// Predictions in the form of high-level tensors.
pub(crate) type Predicted = Predictions<Dispatch>;

impl<const D: usize> From<Tensor<D>> for Predicted {
    fn from(scores: Tensor<D>) -> Self {
        Self::Scores(scores.inner().into_dispatch())
    }
}

impl<const D: usize> From<Tensor<D, Int>> for Predicted {
    fn from(labels: Tensor<D, Int>) -> Self {
        Self::Labels(labels.inner().into_dispatch())
    }
}

/// A tensor of any rank.
pub(crate) type AnyTensor = FloatTensor<Dispatch>;
/// Weights in the form of high-level tensors.
pub(crate) type AnyWeights = Weights<Dispatch>;

/// See [`MetricOps::count_classes`].
pub(crate) fn count_classes(
    preds: Predicted,
    target: AnyTensor,
    spec: ClassSpec,
) -> Tensor<1, Int> {
    Tensor::from_dispatch(<Dispatch as MetricOps>::count_classes(preds, target, spec))
}

/// See [`MetricOps::weigh_classes`].
pub(crate) fn weigh_classes(
    preds: Predicted,
    target: AnyTensor,
    weights: AnyTensor,
    spec: ClassSpec,
) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as MetricOps>::weigh_classes(
        preds, target, weights, spec,
    ))
}

/// See [`MetricOps::count_labels`].
pub(crate) fn count_labels(preds: Predicted, target: AnyTensor, spec: LabelSpec) -> Tensor<1, Int> {
    Tensor::from_dispatch(<Dispatch as MetricOps>::count_labels(preds, target, spec))
}

/// See [`MetricOps::weigh_labels`].
pub(crate) fn weigh_labels(
    preds: Predicted,
    target: AnyTensor,
    weights: AnyTensor,
    spec: LabelSpec,
) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as MetricOps>::weigh_labels(
        preds, target, weights, spec,
    ))
}

/// See [`MetricOps::count_bins`].
pub(crate) fn count_bins(
    scores: AnyTensor,
    target: AnyTensor,
    thresholds: AnyTensor,
    spec: ScoreSpec,
) -> Tensor<1, Int> {
    Tensor::from_dispatch(<Dispatch as MetricOps>::count_bins(
        scores, target, thresholds, spec,
    ))
}

/// See [`MetricOps::weigh_bins`].
pub(crate) fn weigh_bins(
    scores: AnyTensor,
    target: AnyTensor,
    weights: AnyTensor,
    thresholds: AnyTensor,
    spec: ScoreSpec,
) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as MetricOps>::weigh_bins(
        scores, target, weights, thresholds, spec,
    ))
}

/// See [`MetricOps::rounded_off`].
pub(crate) fn rounded_off(a: Tensor<1>, b: Tensor<1>, sum: Tensor<1>) -> Tensor<1> {
    let [a, b, sum] = [a, b, sum].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as MetricOps>::rounded_off(a, b, sum))
}

/// Pairs of predictions and targets, `[samples, outputs]`, with the weights of the samples.
pub(crate) type AnyPairs = (AnyTensor, AnyTensor, AnyWeights);

/// The moments of pairs. See [`MetricOps::pair_moments`].
pub(crate) fn pair_moments(pairs: AnyPairs) -> Parts<Moments> {
    #[cfg(feature = "flex")]
    if let Some(pairs) = on_flex(&pairs) {
        return flex::pair_moments(pairs);
    }
    let (preds, target, weights) = pairs;
    let double = [preds.dtype(), target.dtype()].contains(&DType::F64);
    // GPUs are slow in `f64`. For `f64` numbers, means and squares are worth it.
    let dtype = match is_host(&device_of(&preds)) || double {
        true => FloatDType::F64,
        false => FloatDType::F32,
    };
    let moments = <Dispatch as MetricOps>::pair_moments(preds, target, weights, dtype);
    Parts::Device(Tensor::from_dispatch(moments))
}

/// The sums of a term over pairs. See [`MetricOps::pair_sums`].
pub(crate) fn pair_sums(pairs: AnyPairs, term: PairTerm) -> Parts<Sums> {
    #[cfg(feature = "flex")]
    if let Some(pairs) = on_flex(&pairs) {
        return flex::pair_sums(pairs, term);
    }
    let (preds, target, weights) = pairs;
    // Vulkan has no logarithms and powers in `f64`.
    let dtype = match is_host(&device_of(&preds)) {
        true => FloatDType::F64,
        false => FloatDType::F32,
    };
    let sums = <Dispatch as MetricOps>::pair_sums(preds, target, weights, term, dtype);
    Parts::Device(Tensor::from_dispatch(sums))
}

fn device_of(tensor: &AnyTensor) -> Device {
    Tensor::<2>::from_dispatch(tensor.clone()).device()
}

/// The tensors of pairs in the memory of Flex, which passes over them once.
#[cfg(feature = "flex")]
fn on_flex((preds, target, weights): &AnyPairs) -> Option<flex::FlexPairs> {
    use burn::backend::{BackendTensor, DispatchTensorKind};
    let flex = |tensor: &AnyTensor| match &tensor.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(tensor)) => Some(tensor.clone()),
        _ => None,
    };
    let weights = match weights {
        Weights::Equal => None,
        Weights::Each(weights) => Some(flex(weights)?),
    };
    Some((flex(preds)?, flex(target)?, weights))
}

/// Converts scores to a tensor of this shape.
pub(crate) fn floats<const D: usize>(tensor: AnyTensor, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::float_reshape(tensor, shape.into()))
}

/// Converts labels to a tensor of this shape.
pub(crate) fn ints<const D: usize>(tensor: AnyTensor, shape: [usize; D]) -> Tensor<D, Int> {
    Tensor::from_dispatch(Dispatch::int_reshape(tensor, shape.into()))
}

/// Selects scores along the first dimension.
pub(crate) fn select_floats(tensor: AnyTensor, places: &Tensor<1, Int>) -> AnyTensor {
    Dispatch::float_select(tensor, 0, places.clone().into_dispatch())
}

/// Selects labels along the first dimension.
pub(crate) fn select_ints(tensor: AnyTensor, places: &Tensor<1, Int>) -> AnyTensor {
    Dispatch::int_select(tensor, 0, places.clone().into_dispatch())
}

/// Converts a mask to numbers that are 1 where it is true, in the smallest type that kernels take on its device.
pub(crate) fn zeros_and_ones<const D: usize>(mask: Tensor<D, Bool>) -> Tensor<D, Int> {
    let dtype = match is_host(&mask.device()) {
        true => IntDType::U8,
        false => IntDType::I32,
    };
    Tensor::from_dispatch(Dispatch::bool_into_int(mask.into_dispatch(), dtype))
}

/// Converts labels to a type that does not wrap around.
pub(crate) fn wide_labels<const D: usize>(labels: Tensor<D, Int>) -> Tensor<D, Int> {
    match (labels.dtype(), is_host(&labels.device())) {
        (DType::I64, _) | (DType::I32, false) => labels,
        // Labels that an `i64` cannot hold are none, and must not become negative, such as the -1 that is often ignored.
        (DType::U64, true) => {
            let labels = labels.cast(IntDType::I64);
            let beyond = labels.clone().lower_elem(0);
            labels.mask_fill(beyond, i64::MAX)
        }
        (_, true) => labels.cast(IntDType::I64),
        (_, false) => labels.cast(IntDType::I32),
    }
}

/// Whether a sample cannot have this weight: it is negative, infinite or NaN.
pub(crate) fn no_weight<const D: usize>(weights: Tensor<D>) -> Tensor<D, Bool> {
    let infinite = weights.clone().is_finite().bool_not();
    weights.lower_elem(0.0).bool_or(infinite)
}

/// Whether a score is no probability. NaN may be one.
pub(crate) fn no_probability<const D: usize>(scores: Tensor<D>) -> Tensor<D, Bool> {
    let [least, most] = PROBABILITIES;
    let below = scores.clone().lower_elem(least);
    below.bool_or(scores.greater_elem(most))
}

/// Multiplies weights, if there are any, by others: `[samples]`.
pub(crate) fn times_weights(weights: Option<Tensor<1>>, others: Tensor<1>) -> Tensor<1> {
    match weights {
        None => others,
        Some(weights) => {
            let (weights, others) = in_one_type(weights, others);
            weights * others
        }
    }
}

/// Moves the tensor to this device.
pub(crate) fn on_device<const D: usize, K: Basic>(
    tensor: Tensor<D, K>,
    device: &Device,
) -> Tensor<D, K> {
    if tensor.device() == *device {
        tensor
    } else {
        tensor.to_device(device)
    }
}

/// Checks that a tensor has a floating-point type.
pub(crate) fn expect_float(what: &'static str, got: DType) -> crate::Result<()> {
    match got {
        DType::F64 | DType::F32 | DType::Flex32 | DType::F16 | DType::BF16 => Ok(()),
        _ => Err(crate::MetricError::Kind {
            what,
            expected: "a floating-point type",
            got,
        }),
    }
}

/// The maximum number of numbers that a GPU adds at once: CubeCL drops those of a dimension beyond 65 535 (Burn
/// 0.22.1).
pub(crate) const LONGEST: usize = 4096;

/// Sums along a dimension of any length.
pub(crate) fn sum_along<const D: usize>(numbers: Tensor<D>, dim: usize) -> Tensor<D> {
    reduce_along(numbers, dim, |numbers| numbers.sum_dim(1))
}

/// Reduces a dimension of any length, with an associative reduction of dimension 1.
pub(crate) fn reduce_along<const D: usize>(
    numbers: Tensor<D>,
    dim: usize,
    reduce: fn(Tensor<3>) -> Tensor<3>,
) -> Tensor<D> {
    let mut dims = numbers.dims();
    let [before, after]: [usize; 2] = [&dims[..dim], &dims[dim + 1..]].map(|d| d.iter().product());
    let most = match is_host(&numbers.device()) {
        true => usize::MAX,
        false => LONGEST,
    };
    let mut numbers = numbers.reshape([before, dims[dim], after]);
    while numbers.dims()[1] > most {
        let whole = numbers.dims()[1] / most;
        let rest = numbers.dims()[1] % most;
        let head = numbers.clone().narrow(1, 0, whole * most);
        let head = reduce(head.reshape([before * whole, most, after]));
        let head = head.reshape([before, whole, after]);
        numbers = match rest {
            0 => head,
            _ => Tensor::cat(vec![head, reduce(numbers.narrow(1, whole * most, rest))], 1),
        };
    }
    dims[dim] = 1;
    reduce(numbers).reshape(dims)
}

/// Converts both tensors to one type that holds the numbers of either, at least `f32`.
pub(crate) fn in_one_type<const A: usize, const B: usize>(
    a: Tensor<A>,
    b: Tensor<B>,
) -> (Tensor<A>, Tensor<B>) {
    let double = [a.dtype(), b.dtype()].contains(&DType::F64);
    let dtype = if double { DType::F64 } else { DType::F32 };
    let cast = FloatDType::from(dtype);
    let a = if a.dtype() == dtype { a } else { a.cast(cast) };
    let b = if b.dtype() == dtype { b } else { b.cast(cast) };
    (a, b)
}

/// Whether results of this device are in host memory as soon as an operation returns.
pub(crate) fn is_host(device: &Device) -> bool {
    #[allow(unreachable_patterns)]
    match device.as_dispatch() {
        #[cfg(feature = "flex")]
        burn::backend::DispatchDevice::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        burn::backend::DispatchDevice::NdArray(_) => true,
        _ => false,
    }
}
