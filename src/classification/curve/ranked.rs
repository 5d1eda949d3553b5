use std::{fmt::Debug, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Binned, Curves, Exact, OneVsRest, Points, Resolution, Thresholds};
use crate::{
    Meta, Metric, MetricError, Result, Total, Value,
    classification::{Macro, Micro, Options, PerClass, ScoredTask, Weighted, average::by_name},
    sealed::Sealed,
};

/// A value computed from the curve of one class.
pub trait CurveFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The type of the value of a class.
    type Value: Value;

    /// Whether the value is undefined without negatives.
    const NEEDS_NEGATIVES: bool = true;

    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// The default average over the classes, which the name of the metric does not mention.
    const AVERAGE: &'static str = <Macro as crate::classification::Average>::NAME;

    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Computes the value of a class from its curve.
    fn value(&self, curve: &Arc<Points>) -> Self::Value;
}

/// A [`CurveFormula`] that has a macro average.
pub trait MacroFormula: CurveFormula {
    /// Computes the average over the classes, in which each class counts the same.
    fn macro_average(&self, classes: &[Arc<Points>]) -> Self::Value;
}

/// Combines the curves of the classes into a value: [`Micro`], [`Macro`], [`Weighted`] or [`PerClass`].
///
/// This trait is sealed: only types of this crate implement it.
pub trait CurveAverage<F: CurveFormula>:
    Sealed + Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static
{
    /// The average as part of a metric's name.
    const NAME: &'static str;

    /// The type of the value: one value, or one value per class.
    type Value: Value;

    /// Computes the value from the curves.
    ///
    /// # Errors
    ///
    /// [`MetricError::Absent`] if positives or negatives that the value needs are missing.
    fn average(formula: &F, curves: &impl Curves) -> Result<Self::Value>;
}

impl<F: CurveFormula> CurveAverage<F> for Micro {
    const NAME: &'static str = <Micro as crate::classification::Average>::NAME;

    type Value = F::Value;

    fn average(formula: &F, curves: &impl Curves) -> Result<F::Value> {
        let curve = curves.pooled();
        match missing::<F>(curve) {
            None => Ok(formula.value(curve)),
            Some(missing) => Err(MetricError::Absent {
                metric: formula.meta().name.into_owned(),
                missing,
            }),
        }
    }
}

impl<F: CurveFormula> CurveAverage<F> for PerClass {
    const NAME: &'static str = <PerClass as crate::classification::Average>::NAME;

    type Value = Vec<F::Value>;

    fn average(formula: &F, curves: &impl Curves) -> Result<Self::Value> {
        Ok(curves
            .classes()
            .iter()
            .map(|class| formula.value(class))
            .collect())
    }
}

impl<F: MacroFormula> CurveAverage<F> for Macro {
    const NAME: &'static str = <Macro as crate::classification::Average>::NAME;

    type Value = F::Value;

    fn average(formula: &F, curves: &impl Curves) -> Result<F::Value> {
        Ok(formula.macro_average(&defined(formula, curves)?))
    }
}

impl<F: CurveFormula<Value = f64>> CurveAverage<F> for MacroOfAll {
    const NAME: &'static str = "macro of all classes";

    type Value = f64;

    fn average(formula: &F, curves: &impl Curves) -> Result<f64> {
        let classes = curves.classes();
        let defined = classes.iter().filter(|class| missing::<F>(class).is_none());
        let sum: f64 = defined.map(|class| formula.value(class)).sum();
        Ok(sum / classes.len() as f64)
    }
}

/// A macro average in which a class without positives or without negatives counts as 0, as in TorchMetrics' AUROC.
///
/// [`Macro`] leaves such classes out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MacroOfAll;

by_name!(MacroOfAll "macro_of_all");

impl Sealed for MacroOfAll {}

/// The classes that have a value, of which there is at least one.
fn defined<F: CurveFormula>(formula: &F, curves: &impl Curves) -> Result<Vec<Arc<Points>>> {
    let classes = curves.classes().iter();
    let defined = classes
        .clone()
        .filter(|class| missing::<F>(class).is_none());
    let defined: Vec<_> = defined.cloned().collect();
    match classes.clone().find_map(|class| missing::<F>(class)) {
        Some(missing) if defined.is_empty() => Err(MetricError::Absent {
            metric: formula.meta().name.into_owned(),
            missing,
        }),
        _ => Ok(defined),
    }
}

/// What a class lacks so that it has no value.
fn missing<F: CurveFormula>(curve: &Points) -> Option<&'static str> {
    match (curve.positives() > 0.0, curve.negatives() > 0.0) {
        (false, _) => Some("positive"),
        (_, false) if F::NEEDS_NEGATIVES => Some("negative"),
        _ => None,
    }
}

impl<F: CurveFormula<Value = f64>> CurveAverage<F> for Weighted {
    const NAME: &'static str = <Weighted as crate::classification::Average>::NAME;

    type Value = f64;

    fn average(formula: &F, curves: &impl Curves) -> Result<f64> {
        let classes = defined(formula, curves)?;
        let weighted = classes.iter();
        let weighted = weighted.map(|class| (formula.value(class), class.positives()));
        Ok(mean(weighted))
    }
}

/// The weighted mean of the values that are not NaN. It is NaN if there are none, and 0 if all weights are 0.
pub(super) fn mean(weighted: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut numbers = weighted.filter(|(value, _)| !value.is_nan()).peekable();
    if numbers.peek().is_none() {
        return f64::NAN;
    }
    let (sum, weight) = numbers.fold((0.0, 0.0), |(sum, weight), (value, w)| {
        (sum + w * value, weight + w)
    });
    if weight == 0.0 { 0.0 } else { sum / weight }
}

/// A [`CurveFormula`] applied to the curves of a task.
///
/// The formulas create it, for example [`Auroc::binary`](super::Auroc::binary). `R` says whether curves are exact or
/// binned: [`Exact`], unless [`thresholds`](Self::thresholds) are given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "F: Serialize, A: Serialize",
    deserialize = "F: Deserialize<'de>, A: Deserialize<'de>"
))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Ranked<F, T: ScoredTask, A, R: Resolution = Exact> {
    pub(super) formula: F,
    #[serde(flatten)]
    pub(super) statistic: OneVsRest<T, R>,
    pub(super) average: A,
}

impl<F: CurveFormula, T: ScoredTask, A: CurveAverage<F>> Ranked<F, T, A> {
    /// Applies a formula to the exact curves of a task with options.
    pub fn new(formula: F, task: T, average: A) -> Self {
        let resolution = Exact;
        Self {
            formula,
            statistic: OneVsRest { task, resolution },
            average,
        }
    }
}

impl<F, T: ScoredTask, A, R: Resolution> Options for Ranked<F, T, A, R> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.statistic.task
    }
}

impl<F, T: ScoredTask, A, R: Resolution> Ranked<F, T, A, R> {
    /// Keeps a histogram of the scores between thresholds instead of all scores: see [`Binned`].
    ///
    /// A number of thresholds is spaced evenly from 0 to 1.
    pub fn thresholds(self, thresholds: impl Into<Thresholds>) -> Ranked<F, T, A, Binned> {
        Ranked {
            formula: self.formula,
            statistic: OneVsRest {
                task: self.statistic.task,
                resolution: Binned {
                    thresholds: thresholds.into(),
                },
            },
            average: self.average,
        }
    }

    /// Sets the average over the classes: [`Micro`], [`Macro`], [`Weighted`] or [`PerClass`].
    pub fn average<B: CurveAverage<F>>(self, average: B) -> Ranked<F, T, B, R>
    where
        F: CurveFormula,
    {
        Ranked {
            formula: self.formula,
            statistic: self.statistic,
            average,
        }
    }

    /// Applies another formula to the same curves.
    pub(super) fn with_formula<G, B>(self, formula: G, average: B) -> Ranked<G, T, B, R> {
        Ranked {
            formula,
            statistic: self.statistic,
            average,
        }
    }
}

impl<F, T, A, R> Metric for Ranked<F, T, A, R>
where
    F: CurveFormula,
    T: ScoredTask,
    A: CurveAverage<F>,
    R: Resolution,
{
    type Statistic = OneVsRest<T, R>;
    type Value = A::Value;

    fn statistic(&self) -> &OneVsRest<T, R> {
        &self.statistic
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<A::Value> {
        self.formula.check()?;
        let OneVsRest { task, resolution } = &self.statistic;
        let curves = resolution.curves(total, task);
        if curves.is_empty() {
            return Err(MetricError::empty(self.name()));
        }
        let value = A::average(&self.formula, &curves);
        value.map_err(|error| error.of(&self.name()))
    }

    fn meta(&self) -> Meta {
        let meta = self.statistic.resolution.named(self.formula.meta());
        match T::AVERAGED {
            true => meta.with_other(A::NAME, F::AVERAGE),
            false => meta,
        }
    }
}

crate::combinator::arithmetic!([F, T: ScoredTask, A, R: Resolution] Ranked<F, T, A, R>);

/// Defines `binary`, `multiclass` and `multilabel` for a formula. The option of the formula, if it has one, comes last.
macro_rules! curve_constructors {
    ($Formula:ident, $Average:ident $(, $option:ident: $Option:ty, $doc:literal)?) => {
        impl $Formula {
            /// Creates the metric for two classes.
            $(#[doc = ""] #[doc = $doc])?
            pub fn binary($($option: $Option)?) -> super::Ranked<Self, crate::classification::Binary, crate::classification::Micro> {
                let formula = Self::new($($option)?);
                super::Ranked::new(formula, crate::classification::Binary::new(), crate::classification::Micro)
            }

            #[doc = concat!("Creates the metric for `classes` classes, each against the rest, with the [`", stringify!($Average), "`](crate::classification::", stringify!($Average), ") average.")]
            $(#[doc = ""] #[doc = $doc])?
            pub fn multiclass(classes: usize $(, $option: $Option)?) -> super::Ranked<Self, crate::classification::Multiclass, crate::classification::$Average> {
                let formula = Self::new($($option)?);
                super::Ranked::new(formula, crate::classification::Multiclass::new(classes), crate::classification::$Average)
            }

            #[doc = concat!("Creates the metric for `labels` labels, with the [`", stringify!($Average), "`](crate::classification::", stringify!($Average), ") average.")]
            $(#[doc = ""] #[doc = $doc])?
            pub fn multilabel(labels: usize $(, $option: $Option)?) -> super::Ranked<Self, crate::classification::Multilabel, crate::classification::$Average> {
                let formula = Self::new($($option)?);
                super::Ranked::new(formula, crate::classification::Multilabel::new(labels), crate::classification::$Average)
            }
        }
    };
}
pub(super) use curve_constructors;

/// Defines the TorchMetrics names of the metrics of a formula.
macro_rules! curve_aliases {
    ($Formula:ident, $Average:ident, $Binary:ident, $Multiclass:ident, $Multilabel:ident) => {
        #[doc = concat!("The type of [`", stringify!($Formula), "::binary`], under its TorchMetrics name.")]
        pub type $Binary<R = super::Exact> =
            super::Ranked<$Formula, crate::classification::Binary, crate::classification::Micro, R>;
        #[doc = concat!("The type of [`", stringify!($Formula), "::multiclass`], under its TorchMetrics name.")]
        pub type $Multiclass<A = crate::classification::$Average, R = super::Exact> =
            super::Ranked<$Formula, crate::classification::Multiclass, A, R>;
        #[doc = concat!("The type of [`", stringify!($Formula), "::multilabel`], under its TorchMetrics name.")]
        pub type $Multilabel<A = crate::classification::$Average, R = super::Exact> =
            super::Ranked<$Formula, crate::classification::Multilabel, A, R>;
    };
}
pub(super) use curve_aliases;
