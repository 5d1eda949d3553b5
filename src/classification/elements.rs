use std::{fmt::Debug, ops::Range};

use burn::tensor::{Bool, DType, FloatDType, Int, Tensor};

use super::ScoredBatch;
use crate::{
    Fault,
    measure::{Block, HostLoop, Measured},
    ops::{HostTensor, PROBABILITIES, ScoreSpec, Wide, is_host, no_probability, widest},
    state::Unread,
};

/// A batch for formulas that are tensor operations, with masks of the relevant and the used scores.
pub(super) struct Elements {
    /// The scores, in `f64` where the device supports it, and 0 where left out: `[samples, width, inner]`.
    pub scores: Tensor<3>,
    /// Whether the element is of the class and is not left out: `[samples, width, inner]`.
    pub relevant: Tensor<3, Bool>,
    /// Whether the score is neither ignored nor invalid: `[samples, width, inner]`.
    pub counts: Tensor<3, Bool>,
    /// The number of each kind of fault in labels and scores.
    faults: Vec<(Fault, Tensor<1>)>,
}

impl Elements {
    fn of(batch: ScoredBatch, probabilities: bool) -> Self {
        let ScoredBatch {
            scores,
            target,
            spec,
            ..
        } = batch;
        let ScoreSpec { extent, width, .. } = spec;
        let full = [extent.samples, width, extent.inner];
        let rows = [
            extent.samples,
            if spec.exclusive { 1 } else { width },
            extent.inner,
        ];
        // Sums should not depend on how the data is split into batches, hence `f64`. Most GPUs do not support it.
        let dtype = match is_host(&scores.device()) || scores.dtype() == DType::F64 {
            true => FloatDType::F64,
            false => FloatDType::F32,
        };
        let scores = scores.cast(dtype).reshape(full);
        let target: Tensor<3, Int> = target.reshape(rows);

        let below = target.clone().lower_elem(0);
        let no_label = below.bool_or(target.clone().greater_equal_elem(spec.labels() as i64));
        let ignored = spec
            .ignore_index
            .map(|index| target.clone().equal_elem(index));
        let bad_label = match &ignored {
            Some(ignored) => no_label.bool_and(ignored.clone().bool_not()),
            None => no_label,
        };
        // A bad score of one class invalidates the whole element.
        let of_element = |bad: Tensor<3, Bool>| match spec.exclusive {
            true => bad.int().sum_dim(1).greater_elem(0),
            false => bad,
        };
        let mut left_out = match ignored {
            Some(ignored) => ignored.bool_or(bad_label.clone()),
            None => bad_label.clone(),
        };
        let mut leave_out = |bad: Tensor<3, Bool>| {
            let bad = of_element(bad).bool_and(left_out.clone().bool_not());
            left_out = left_out.clone().bool_or(bad.clone());
            bad
        };
        let nan = leave_out(scores.clone().is_nan());
        let outside = probabilities.then(|| leave_out(no_probability(scores.clone())));
        let left_out = left_out.expand(full);

        let relevant = match spec.exclusive {
            true => {
                let class = Tensor::<1, Int>::arange(0..width as i64, &target.device());
                let class = class.cast(target.dtype()).reshape([1, width as i64, 1]);
                target.expand(full).equal(class.expand(full))
            }
            false => target.equal_elem(1),
        };
        let number = |mask: Tensor<3, Bool>| mask.int().sum().cast(dtype);
        Self {
            faults: {
                let outside = outside.map(|outside| (Fault::Probability, number(outside)));
                [
                    (Fault::TargetLabel, number(bad_label)),
                    (Fault::Nan, number(nan)),
                ]
                .into_iter()
                .chain(outside)
                .collect()
            },
            relevant: relevant.bool_and(left_out.clone().bool_not()),
            scores: scores.mask_fill(left_out.clone(), 0.0),
            counts: left_out.bool_not(),
        }
    }

    /// Converts a mask to numbers of the same type as the scores.
    pub fn number(&self, mask: Tensor<3, Bool>) -> Tensor<3> {
        let dtype = self.scores.dtype();
        Tensor::zeros(mask.dims(), (&mask.device(), dtype)).mask_fill(mask, 1.0)
    }
}

/// An element in host memory.
pub(super) struct Element<'a> {
    /// The scores in `f64`: `[width]`.
    pub scores: &'a [f64],
    /// The class of the element if the batch is exclusive, which is a single label for several scores. Otherwise 1, 0
    /// or [`LEFT_OUT`] for each score.
    pub labels: &'a [i64],
}

impl Element<'_> {
    /// Whether the element is of a class, or `None` if that label is left out.
    #[inline(always)]
    pub fn relevant(&self, class: usize) -> Option<bool> {
        match self.labels.len() == self.scores.len() {
            true => (self.labels[class] != LEFT_OUT).then_some(self.labels[class] == 1),
            false => Some(self.labels[0] == class as i64),
        }
    }
}

/// The label of a score that is ignored or invalid.
const LEFT_OUT: i64 = -1;

/// A formula that computes some numbers for each element, such as its loss.
pub(super) trait ElementFormula: Debug + Clone + Send + Sync + 'static {
    /// The number of numbers per element.
    fn numbers(&self) -> usize;

    /// Whether scores must be probabilities.
    fn probabilities(&self) -> bool {
        false
    }

    /// Computes the numbers of an element in host memory, and returns whether the element counts.
    ///
    /// Implementations are `#[inline(always)]`, so that they are compiled for wide instructions.
    fn measure(&self, element: &Element<'_>, numbers: &mut [f64]) -> bool;

    /// Computes the same numbers for all elements at once, `[samples, numbers, inner]`, and which elements count,
    /// `[samples, 1, inner]`.
    fn expression(&self, elements: &Elements) -> (Tensor<3>, Tensor<3, Bool>);
}

/// Measures the elements of a batch: in one pass on hosts, and with a tensor expression on other devices.
pub(super) fn measure(batch: ScoredBatch, formula: impl ElementFormula) -> Measured {
    let (weights, spec) = (batch.weights.clone(), batch.spec);
    let measured = match is_host(&batch.scores.device()) {
        true => {
            let numbers = formula.numbers();
            let elements = Unread::new(move |tensors: Vec<HostTensor>| ElementLoop {
                tensors: tensors.try_into().expect("two tensors were added"),
                spec,
                formula: formula.clone(),
            });
            let elements = elements.with(batch.scores).with_ints(batch.target);
            Measured::on_host(numbers, elements)
        }
        false => {
            let elements = Elements::of(batch, formula.probabilities());
            let (numbers, counts) = formula.expression(&elements);
            let [samples, width, inner] = numbers.dims();
            let numbers = numbers.swap_dims(1, 2).reshape([samples * inner, width]);
            let counts = counts.reshape([samples * inner]);
            Measured::of_several(numbers).counted(counts, elements.faults)
        }
    };
    measured.weighted(weights).per_sample(spec.extent.inner)
}

/// The elements of a batch in host memory.
#[derive(Debug)]
struct ElementLoop<F> {
    /// Scores and targets.
    tensors: [HostTensor; 2],
    spec: ScoreSpec,
    formula: F,
}

impl<F: ElementFormula> HostLoop for ElementLoop<F> {
    fn samples(&self) -> usize {
        self.spec.extent.samples * self.spec.extent.inner
    }

    fn numbers(&self) -> usize {
        self.formula.numbers()
    }

    fn block(&self) -> usize {
        /// The number of scores that is worth a thread.
        const CHUNK: usize = 1 << 14;
        (CHUNK / self.spec.width).max(1)
    }

    fn measure(&self, samples: Range<usize>, block: &mut Block<'_>) {
        let [scores, target] = &self.tensors;
        let target = &target.read::<i64>();
        match scores.dtype() {
            DType::F64 => widest(Run {
                elements: self,
                scores: &scores.read::<f64>(),
                target,
                samples,
                block,
            }),
            _ => widest(Run {
                elements: self,
                scores: &scores.read::<f32>(),
                target,
                samples,
                block,
            }),
        }
    }
}

struct Run<'a, 'b, N, F> {
    elements: &'a ElementLoop<F>,
    scores: &'a [N],
    target: &'a [i64],
    samples: Range<usize>,
    block: &'a mut Block<'b>,
}

impl<N: Copy + Into<f64>, F: ElementFormula> Wide for Run<'_, '_, N, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (target, spec, formula) = (self.target, self.elements.spec, &self.elements.formula);
        let (width, inner) = (spec.width, spec.extent.inner);
        let faults = &mut self.block.faults;
        let numbers = self.block.numbers.chunks_exact_mut(formula.numbers());
        let (mut scores, mut labels) = (vec![0.0; width], vec![0; width]);
        let [least, most] = match formula.probabilities() {
            true => PROBABILITIES.map(f64::from),
            false => [f64::NEG_INFINITY, f64::INFINITY],
        };
        let is_bad = |score: &f64| !((*score >= least) & (*score <= most));
        for ((at, numbers), weight) in self.samples.zip(numbers).zip(&mut *self.block.weights) {
            let first = at / inner * width * inner + at % inner;
            let own = self.scores[first..].iter().step_by(inner);
            scores
                .iter_mut()
                .zip(own)
                .for_each(|(to, score)| *to = (*score).into());
            let mut good = |label: i64, scores: &[f64]| {
                let ignored = spec.ignore_index == Some(label);
                let is_label = (0..spec.labels() as i64).contains(&label);
                let bad_score = scores.iter().any(is_bad);
                if !ignored & (!is_label | bad_score) {
                    let fault = match is_label {
                        false => Fault::TargetLabel,
                        true if scores.iter().any(|score| score.is_nan()) => Fault::Nan,
                        true => Fault::Probability,
                    };
                    faults.add(fault, 1);
                }
                !ignored & is_label & !bad_score
            };
            let labels = if spec.exclusive {
                labels[0] = target[at];
                if !good(target[at], &scores) {
                    *weight = 0.0;
                    continue;
                }
                &labels[..1]
            } else {
                let own = target[first..].iter().step_by(inner);
                for (label, (target, score)) in labels.iter_mut().zip(own.zip(&scores)) {
                    let is_good = good(*target, std::slice::from_ref(score));
                    *label = if is_good { *target } else { LEFT_OUT };
                }
                &labels[..]
            };
            let element = Element {
                scores: &scores,
                labels,
            };
            if !formula.measure(&element, numbers) {
                *weight = 0.0;
            }
        }
    }
}
