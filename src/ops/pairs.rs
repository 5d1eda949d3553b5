//! Moments and sums of pairs, from backend primitives.

use burn::{
    backend::{
        Backend, TensorMetadata,
        tensor::{BoolTensor, FloatTensor},
    },
    tensor::{FloatDType, Scalar, Shape, Slice},
};

use super::{
    LONGEST, Moments, PairTerm, Part, Sums, Weights,
    portable::{Types, no_weight, not_finite},
};
use crate::{Fault, MetricError, Result};

/// A batch in the type of the computation: `[samples, outputs]`, with weights `[samples, 1]`.
struct PairBatch<B: Backend> {
    preds: FloatTensor<B>,
    target: FloatTensor<B>,
    weights: Option<FloatTensor<B>>,
    types: Types,
}

impl<B: Backend> PairBatch<B> {
    fn new(
        preds: FloatTensor<B>,
        target: FloatTensor<B>,
        weights: Weights<B>,
        dtype: FloatDType,
    ) -> Self {
        let samples = preds.shape()[0];
        let weights = match weights {
            Weights::Equal => None,
            Weights::Each(weights) => {
                let column = B::float_reshape(weights, Shape::new([samples, 1]));
                Some(B::float_cast(column, dtype))
            }
        };
        Self {
            types: Types::of::<B>(&preds.device()),
            preds: B::float_cast(preds, dtype),
            target: B::float_cast(target, dtype),
            weights,
        }
    }

    fn scalar_like(&self, like: &FloatTensor<B>, value: f64) -> FloatTensor<B> {
        B::float_full(
            like.shape(),
            Scalar::from(value),
            &like.device(),
            FloatDType::from(like.dtype()),
        )
    }

    /// Sums a quantity over the samples: `[1, outputs]`.
    fn sum(&self, numbers: FloatTensor<B>) -> FloatTensor<B> {
        let numbers = match &self.weights {
            None => numbers,
            Some(weights) => B::float_mul(numbers, weights.clone()),
        };
        over_samples::<B>(numbers, B::float_sum_dim)
    }

    /// The weight of the samples, in units of `high` and of 1: two rows.
    fn weight(&self, high: f64) -> [FloatTensor<B>; 2] {
        let [samples, outputs] = self.preds.shape().dims::<2>();
        let row = B::float_slice(self.preds.clone(), &[Slice::from(0..1)]);
        match &self.weights {
            None => [(samples as f64 / high).floor(), samples as f64 % high]
                .map(|number| self.scalar_like(&row, number)),
            Some(weights) => {
                let sum = over_samples::<B>(weights.clone(), B::float_sum_dim);
                let sum = B::float_expand(sum, Shape::new([1, outputs]));
                [self.scalar_like(&row, 0.0), sum]
            }
        }
    }

    /// Pairs with a weight that is negative, infinite or NaN.
    fn bad_weight(&self) -> Option<BoolTensor<B>> {
        let bad = no_weight::<B>(self.weights.clone()?);
        Some(B::bool_expand(bad, self.preds.shape()))
    }

    /// Assembles a result from rows and the pairs that are outside the domain.
    fn result(&self, rows: Vec<FloatTensor<B>>, outside: Option<BoolTensor<B>>) -> FloatTensor<B> {
        let (n, dtype) = (rows.len(), FloatDType::from(self.preds.dtype()));
        let outputs = self.preds.shape()[1];
        let table = B::float_reshape(B::float_cat(rows, 0), Shape::new([n * outputs]));
        let count = |which| B::float_sum(B::bool_into_float(which, dtype));
        let infinite = B::bool_or(
            not_finite::<B>(self.preds.clone()),
            not_finite::<B>(self.target.clone()),
        );
        let infinite = count(infinite);
        let none = self.scalar_like(&infinite, 0.0);
        let mut result = vec![table];
        result.extend(Fault::ALL.map(|fault| match fault {
            Fault::Weight => self.bad_weight().map_or(none.clone(), count),
            Fault::Domain => outside.clone().map_or(none.clone(), count),
            Fault::Infinite => infinite.clone(),
            _ => none.clone(),
        }));
        B::float_cat(result, 0)
    }
}

/// Reduces `[samples, outputs]` to `[1, outputs]`, in blocks of as many samples as possible.
fn over_samples<B: Backend>(
    mut numbers: FloatTensor<B>,
    reduce: fn(FloatTensor<B>, usize) -> FloatTensor<B>,
) -> FloatTensor<B> {
    loop {
        let [samples, outputs] = numbers.shape().dims();
        if samples <= LONGEST {
            return reduce(numbers, 0);
        }
        let whole = samples / LONGEST;
        let part = |range| B::float_slice(numbers.clone(), &[Slice::from(range)]);
        let head = part(0..whole * LONGEST);
        let head = B::float_reshape(head, Shape::new([whole, LONGEST, outputs]));
        let mut parts = vec![B::float_reshape(
            reduce(head, 1),
            Shape::new([whole, outputs]),
        )];
        if samples % LONGEST > 0 {
            parts.push(reduce(part(whole * LONGEST..samples), 0));
        }
        numbers = B::float_cat(parts, 0);
    }
}

pub(super) fn pair_moments<B: Backend>(
    preds: FloatTensor<B>,
    target: FloatTensor<B>,
    weights: Weights<B>,
    dtype: FloatDType,
) -> FloatTensor<B> {
    let pairs = PairBatch::<B>::new(preds, target, weights, dtype);
    let weight = pairs.weight(Moments::HIGH);
    let error = B::float_sub(pairs.preds.clone(), pairs.target.clone());
    let columns = [pairs.preds.clone(), pairs.target.clone(), error];

    // These are moments around a mean that is only as exact as the type. The host corrects them.
    let samples = B::float_add(
        B::float_mul_scalar(weight[0].clone(), Scalar::from(Moments::HIGH)),
        weight[1].clone(),
    );
    let none = B::float_equal_elem(samples.clone(), Scalar::from(0.0), pairs.types.bool);
    let samples = B::float_mask_fill(samples, none, Scalar::from(1.0));
    let around = columns
        .clone()
        .map(|column| B::float_div(pairs.sum(column), samples.clone()));
    let mut deviations = columns.into_iter().zip(around.clone());
    let deviations: [_; 3] = std::array::from_fn(|_| {
        let (column, around) = deviations.next().expect("three columns");
        B::float_sub(column, around)
    });
    let product =
        |a: usize, b: usize| pairs.sum(B::float_mul(deviations[a].clone(), deviations[b].clone()));
    let squares = [0, 1, 2].map(|column| product(column, column));
    let products = product(0, 1);

    // Samples without weight do not extend the range.
    let weightless = pairs.weights.clone().map(|weights| {
        let none = B::float_lower_equal_elem(weights, Scalar::from(0.0), pairs.types.bool);
        B::bool_expand(none, pairs.target.shape())
    });
    let without = |column: &FloatTensor<B>, fill: f64| match &weightless {
        None => column.clone(),
        Some(mask) => B::float_mask_fill(column.clone(), mask.clone(), Scalar::from(fill)),
    };
    let range = |column: &FloatTensor<B>| {
        [
            over_samples::<B>(without(column, f64::INFINITY), B::float_min_dim),
            over_samples::<B>(without(column, f64::NEG_INFINITY), B::float_max_dim),
        ]
    };
    let ranges = [range(&pairs.preds), range(&pairs.target)];

    let sums = deviations.clone().map(|deviations| pairs.sum(deviations));
    let rows = weight.into_iter().chain(around).chain(sums).chain(squares);
    let rows = rows.chain([products]).chain(ranges.into_iter().flatten());
    pairs.result(rows.collect(), None)
}

pub(super) fn pair_sums<B: Backend>(
    preds: FloatTensor<B>,
    target: FloatTensor<B>,
    weights: Weights<B>,
    term: PairTerm,
    dtype: FloatDType,
) -> FloatTensor<B> {
    let pairs = PairBatch::<B>::new(preds, target, weights, dtype);
    let (terms, outside) = terms(&pairs, term);
    let [high, low] = pairs.weight(Sums::HIGH);
    let empty = pairs.scalar_like(&low, 0.0);
    let mut rows = vec![high, low];
    rows.extend(terms.into_iter().map(|term| pairs.sum(term)));
    rows.resize(Sums::ROWS, empty);
    pairs.result(rows, outside)
}

/// The terms of each pair, and the pairs that are outside the domain.
fn terms<B: Backend>(
    pairs: &PairBatch<B>,
    term: PairTerm,
) -> (Vec<FloatTensor<B>>, Option<BoolTensor<B>>) {
    let (p, t, bool) = (pairs.preds.clone(), pairs.target.clone(), pairs.types.bool);
    let distance = B::float_abs(B::float_sub(p.clone(), t.clone()));
    let over = |scale: f64, epsilon: f64, denominator| {
        let denominator = B::float_clamp_min(denominator, Scalar::from(epsilon));
        let numerator = B::float_mul_scalar(distance.clone(), Scalar::from(scale));
        B::float_div(numerator, denominator)
    };
    match term {
        PairTerm::Absolute => (vec![distance], None),
        PairTerm::SquaredLog => {
            let none =
                |x: &FloatTensor<B>| B::float_lower_equal_elem(x.clone(), Scalar::from(-1.0), bool);
            let outside = B::bool_or(none(&p), none(&t));
            let gap = B::float_sub(B::float_log1p(p), B::float_log1p(t));
            (vec![B::float_mul(gap.clone(), gap)], Some(outside))
        }
        PairTerm::AbsolutePercentage { epsilon } => {
            (vec![over(1.0, epsilon, B::float_abs(t))], None)
        }
        PairTerm::SymmetricPercentage { epsilon } => {
            let size = B::float_add(B::float_abs(p), B::float_abs(t));
            (vec![over(2.0, epsilon, size)], None)
        }
        PairTerm::AbsoluteAndTarget => (vec![distance, B::float_abs(t)], None),
        PairTerm::LogCosh => {
            // ln cosh a = ln(1 + 2 sinh^2(a / 2)), exact for small a; beyond 20 it is a - ln 2.
            let most = B::float_clamp_max(distance.clone(), Scalar::from(LINEAR));
            let beyond = B::float_sub(distance, most.clone());
            let sinh = B::float_sinh(B::float_mul_scalar(most, Scalar::from(0.5)));
            let square = B::float_mul(sinh.clone(), sinh);
            let value = B::float_log1p(B::float_mul_scalar(square, Scalar::from(2.0)));
            (vec![B::float_add(value, beyond)], None)
        }
        PairTerm::Power { exponent } => (vec![power::<B>(distance, exponent)], None),
        PairTerm::Deviance { power } => {
            let (deviance, outside) = deviance::<B>(p, t, power, &pairs.types);
            (vec![deviance], outside)
        }
        PairTerm::Reach { threshold } => {
            let reaches = |x| B::float_greater_equal_elem(x, Scalar::from(threshold), bool);
            let (p, t) = (reaches(p), reaches(t));
            let dtype = FloatDType::from(pairs.preds.dtype());
            let number = |which| B::bool_into_float(which, dtype);
            let both = number(B::bool_and(p.clone(), t.clone()));
            (vec![both, number(B::bool_or(p, t))], None)
        }
        PairTerm::Values => (vec![p, t], None),
    }
}

/// Above this number, `ln cosh` is linear to the last bit of an `f64`.
pub(super) const LINEAR: f64 = 20.0;

fn power<B: Backend>(x: FloatTensor<B>, exponent: f64) -> FloatTensor<B> {
    B::float_powf_scalar(x, Scalar::from(exponent))
}

/// See [`PairTerm::Deviance`]; `mean` is the prediction.
fn deviance<B: Backend>(
    mean: FloatTensor<B>,
    target: FloatTensor<B>,
    power_: f64,
    types: &Types,
) -> (FloatTensor<B>, Option<BoolTensor<B>>) {
    let zero = || Scalar::from(0.0);
    let at_most_zero =
        |x: &FloatTensor<B>| B::float_lower_equal_elem(x.clone(), zero(), types.bool);
    let negative = |x: &FloatTensor<B>| B::float_lower_elem(x.clone(), zero(), types.bool);
    let scale = |x, by: f64| B::float_mul_scalar(x, Scalar::from(by));
    let outside = match power_ {
        0.0 => None,
        ..0.0 => Some(at_most_zero(&mean)),
        1.0..2.0 => Some(B::bool_or(negative(&target), at_most_zero(&mean))),
        _ => Some(B::bool_or(at_most_zero(&target), at_most_zero(&mean))),
    };
    let half = match power_ {
        0.0 => {
            let error = B::float_sub(target, mean);
            scale(B::float_mul(error.clone(), error), 0.5)
        }
        1.0 => {
            let ratio = B::float_div(target.clone(), mean.clone());
            let log = B::float_mul(target.clone(), B::float_log(ratio));
            let none = B::float_equal_elem(target.clone(), zero(), types.bool);
            let log = B::float_mask_fill(log, none, zero());
            B::float_add(B::float_sub(log, target), mean)
        }
        2.0 => {
            let ratio = B::float_div(target, mean);
            let log = B::float_log(ratio.clone());
            B::float_add_scalar(B::float_sub(ratio, log), Scalar::from(-1.0))
        }
        p => {
            let base = match p < 0.0 {
                true => B::float_clamp_min(target.clone(), zero()),
                false => target.clone(),
            };
            let own = scale(power::<B>(base, 2.0 - p), 1.0 / ((1.0 - p) * (2.0 - p)));
            let mixed = B::float_mul(target, power::<B>(mean.clone(), 1.0 - p));
            let theirs = scale(power::<B>(mean, 2.0 - p), 1.0 / (2.0 - p));
            B::float_add(B::float_sub(own, scale(mixed, 1.0 / (1.0 - p))), theirs)
        }
    };
    (scale(half, 2.0), outside)
}

impl PairTerm {
    /// Checks the options.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    pub fn check(&self) -> Result<()> {
        let wrong =
            |option, expected: &str, got: f64| Err(MetricError::config(option, expected, got));
        match *self {
            Self::AbsolutePercentage { epsilon } | Self::SymmetricPercentage { epsilon }
                if !(epsilon.is_finite() && epsilon > 0.0) =>
            {
                wrong("epsilon", "a positive number", epsilon)
            }
            Self::Power { exponent } if !(exponent.is_finite() && exponent >= 1.0) => {
                wrong("exponent", "a number of at least 1", exponent)
            }
            Self::Deviance { power } if !power.is_finite() || power > 0.0 && power < 1.0 => {
                wrong("power", "a number that is not between 0 and 1", power)
            }
            Self::Reach { threshold } if !threshold.is_finite() => {
                wrong("threshold", "a finite number", threshold)
            }
            _ => Ok(()),
        }
    }
}
