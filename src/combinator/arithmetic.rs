use super::{Map, MetricExt, Named, Running, WithInput, Zip};
use crate::{Bounds, Direction, InputOf, Meta, Metric, Result, Statistic, Total};

/// An operation on two numbers, with its sign.
#[derive(Debug, Clone, Copy)]
struct Operation {
    sign: char,
    apply: fn(f64, f64) -> f64,
}

/// Two metrics joined by arithmetic, such as `a + b`.
#[derive(Debug, Clone)]
pub struct Combined<A: Metric, B: Metric> {
    both: Zip<A, B>,
    operation: Operation,
}

impl<A, B> Metric for Combined<A, B>
where
    A: Metric<Value = f64>,
    B: Metric<Value = f64>,
    B::Statistic: Statistic<Input = InputOf<A>>,
{
    type Statistic = (A::Statistic, B::Statistic);
    type Value = f64;

    fn statistic(&self) -> &Self::Statistic {
        self.both.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
        let (a, b) = self.both.compute(total)?;
        Ok((self.operation.apply)(a, b))
    }

    fn meta(&self) -> Meta {
        let (a, b) = &self.both.metrics;
        let (a, b) = (a.meta(), b.meta());
        let direction = match self.operation.sign {
            '+' if a.direction == b.direction => a.direction,
            '-' if a.direction == b.direction.flipped() => a.direction,
            _ => Direction::Neither,
        };
        Meta {
            name: format!("({} {} {})", a.name, self.operation.sign, b.name).into(),
            direction,
            bounds: Bounds::UNBOUNDED,
        }
    }
}

/// A metric and a number joined by arithmetic, such as `2.0 * a`.
#[derive(Debug, Clone)]
pub struct Shifted<M> {
    metric: M,
    number: f64,
    number_first: bool,
    operation: Operation,
}

impl<M> Shifted<M> {
    fn apply(&self, value: f64) -> f64 {
        match self.number_first {
            true => (self.operation.apply)(self.number, value),
            false => (self.operation.apply)(value, self.number),
        }
    }
}

impl<M: Metric<Value = f64>> Metric for Shifted<M> {
    type Statistic = M::Statistic;
    type Value = f64;

    fn statistic(&self) -> &M::Statistic {
        self.metric.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
        Ok(self.apply(self.metric.compute(total)?))
    }

    fn meta(&self) -> Meta {
        let Meta {
            name,
            direction,
            bounds,
        } = self.metric.meta();
        let (number, sign) = (self.number, self.operation.sign);
        let (name, falls) = match self.number_first {
            true => (format!("({number} {sign} {name})"), sign == '-'),
            false => (
                format!("({name} {sign} {number})"),
                matches!(sign, '*' | '/') && number < 0.0,
            ),
        };
        let falls = falls || (sign == '*' && number < 0.0);
        let is_constant = matches!(sign, '*' | '/') && number == 0.0;
        // These do not keep the order of the values: `number / metric`, and numbers such as 0 and NaN.
        if (self.number_first && sign == '/') || is_constant || !number.is_finite() {
            return Meta {
                name: name.into(),
                direction: Direction::Neither,
                bounds: Bounds::UNBOUNDED,
            };
        }
        let (lower, upper) = (self.apply(bounds.lower), self.apply(bounds.upper));
        Meta {
            name: name.into(),
            direction: if falls {
                direction.flipped()
            } else {
                direction
            },
            bounds: Bounds::new(lower.min(upper), lower.max(upper)),
        }
    }
}

/// Implements arithmetic for a metric type of this crate. (Rust does not allow a crate to implement `Add` for every
/// type that is a metric; [`Expr`] provides it for metrics of other crates.)
macro_rules! arithmetic {
    ([$($generics:tt)*] $Metric:ty) => {
        $crate::combinator::arithmetic!(@ [$($generics)*] $Metric, Add, add, '+');
        $crate::combinator::arithmetic!(@ [$($generics)*] $Metric, Sub, sub, '-');
        $crate::combinator::arithmetic!(@ [$($generics)*] $Metric, Mul, mul, '*');
        $crate::combinator::arithmetic!(@ [$($generics)*] $Metric, Div, div, '/');
    };
    (@ [$($generics:tt)*] $Metric:ty, $Op:ident, $op:ident, $sign:literal) => {
        impl<Rhs, $($generics)*> std::ops::$Op<Rhs> for $Metric
        where
            Self: $crate::Metric<Value = f64>,
            Rhs: $crate::Metric<Value = f64>,
            Rhs::Statistic: $crate::Statistic<Input = $crate::InputOf<Self>>,
        {
            type Output = $crate::combinator::Combined<Self, Rhs>;

            fn $op(self, other: Rhs) -> Self::Output {
                $crate::combinator::combined(self, other, $sign, <f64 as std::ops::$Op>::$op)
            }
        }

        impl<$($generics)*> std::ops::$Op<f64> for $Metric
        where
            Self: $crate::Metric<Value = f64>,
        {
            type Output = $crate::combinator::Shifted<Self>;

            fn $op(self, number: f64) -> Self::Output {
                $crate::combinator::shifted(self, number, false, $sign, <f64 as std::ops::$Op>::$op)
            }
        }

        impl<$($generics)*> std::ops::$Op<$Metric> for f64
        where
            $Metric: $crate::Metric<Value = f64>,
        {
            type Output = $crate::combinator::Shifted<$Metric>;

            fn $op(self, metric: $Metric) -> Self::Output {
                $crate::combinator::shifted(metric, self, true, $sign, <f64 as std::ops::$Op>::$op)
            }
        }
    };
}
pub(crate) use arithmetic;

pub(crate) fn combined<A, B>(a: A, b: B, sign: char, apply: fn(f64, f64) -> f64) -> Combined<A, B>
where
    A: Metric<Value = f64>,
    B: Metric<Value = f64>,
    B::Statistic: Statistic<Input = InputOf<A>>,
{
    Combined {
        both: a.zip(b),
        operation: Operation { sign, apply },
    }
}

pub(crate) fn shifted<M>(
    metric: M,
    number: f64,
    number_first: bool,
    sign: char,
    apply: fn(f64, f64) -> f64,
) -> Shifted<M> {
    Shifted {
        metric,
        number,
        number_first,
        operation: Operation { sign, apply },
    }
}

/// Adds arithmetic to a metric of another crate: `Expr(mine) / 2.0`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Expr<M>(pub M);

impl<M: Metric> Metric for Expr<M> {
    type Statistic = M::Statistic;
    type Value = M::Value;

    fn statistic(&self) -> &M::Statistic {
        self.0.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<M::Value> {
        self.0.compute(total)
    }

    fn meta(&self) -> Meta {
        self.0.meta()
    }
}

arithmetic!([M] Expr<M>);
arithmetic!([M] Named<M>);
arithmetic!([M: Metric] Running<M>);
arithmetic!([M: Metric, I] WithInput<M, I>);
arithmetic!([M] Shifted<M>);
arithmetic!([M, F] Map<M, F>);
arithmetic!([A: Metric, B: Metric] Combined<A, B>);
