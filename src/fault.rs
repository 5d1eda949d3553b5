//! Values that cannot be scored: their kinds, how many there are of each, and what is said about them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{MetricError, Result};

/// A kind of value that cannot be scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// A true label that is not a class of the metric.
    TargetLabel,
    /// A predicted label that is not a class of the metric.
    PredictedLabel,
    /// A score or another number that is NaN.
    Nan,
    /// A score that is not a probability, of a metric that takes probabilities: it is below 0 or above 1. Scores may exceed
    /// 0 and 1 by 1/128, since probabilities can be rounded.
    Probability,
    /// A sample weight that is negative, infinite or NaN.
    Weight,
    /// A value for which the metric is not defined, such as a negative one where a logarithm is taken.
    Domain,
    /// A predicted or true number that is infinite or NaN.
    Infinite,
}

impl Fault {
    /// All kinds, in the order of their indices.
    pub(crate) const ALL: [Self; 7] = [
        Self::TargetLabel,
        Self::PredictedLabel,
        Self::Nan,
        Self::Probability,
        Self::Weight,
        Self::Domain,
        Self::Infinite,
    ];
}

/// The number of values that could not be scored, by kind. They are counted in the pass that scores the others.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::{Fault, prelude::*};
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([0, 1, 2], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 2, 3], &device);
///
/// let error = Accuracy::multiclass(3).evaluate((preds, target)).unwrap_err();
/// assert_eq!(error.faults().get(Fault::TargetLabel), 1);
/// assert_eq!(
///     error.to_string(),
///     "Accuracy: 1 target label is outside 0..3, for example 3 at sample 2 (labels to ignore need `ignore_index`)"
/// );
/// ```
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Faults([u64; Fault::ALL.len()]);

impl Faults {
    /// How many numbers a table of counts has for them: the first kinds, one each.
    pub(crate) const OF_TABLES: usize = 5;

    /// So many faults of one kind.
    pub fn of(fault: Fault, n: u64) -> Self {
        let mut faults = Self::default();
        faults.add(fault, n);
        faults
    }

    /// The numbers behind a table, one for each of the first kinds.
    pub(crate) fn read(numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut faults = Self::default();
        for (fault, n) in Fault::ALL.into_iter().zip(numbers) {
            faults.add(fault, n);
        }
        faults
    }

    pub(crate) fn add(&mut self, fault: Fault, n: u64) {
        let sum = &mut self.0[fault as usize];
        *sum = sum.saturating_add(n);
    }

    /// The number of faults of one kind.
    pub fn get(self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    /// The kinds of which there are any, with their numbers.
    pub fn iter(self) -> impl Iterator<Item = (Fault, u64)> {
        let all = Fault::ALL.into_iter().zip(self.0);
        all.filter(|(_, n)| *n > 0)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// An error if there are any.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`].
    pub fn check(self) -> Result<()> {
        match self.is_empty() {
            true => Ok(()),
            false => Err(BadValues::from(self).into()),
        }
    }
}

impl std::ops::AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        for (fault, n) in other.iter() {
            self.add(fault, n);
        }
    }
}

/// Values that could not be scored, with what is known about them.
///
/// The metric and the values that it expects are filled in where the error leaves an accumulator or a collection.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BadValues {
    /// The metric's name.
    pub metric: Option<String>,
    /// The number of bad values by kind.
    pub faults: Faults,
    /// The labels that the metric takes.
    pub labels: Option<ExpectedLabels>,
    /// The first bad label, if the batch was in host memory.
    pub example: Option<LabelExample>,
    /// The values for which the metric is defined, in words.
    pub domain: Option<&'static str>,
}

/// The labels that a metric takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedLabels {
    /// Labels are from 0 to below this number.
    pub count: usize,
    /// The label of elements that are ignored.
    pub ignore_index: Option<i64>,
}

/// A label that a metric does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelExample {
    /// Whether it is a true or a predicted label.
    pub fault: Fault,
    /// The label.
    pub label: i64,
    /// The index of its sample in the batch.
    pub sample: usize,
}

impl From<Faults> for BadValues {
    fn from(faults: Faults) -> Self {
        Self {
            metric: None,
            faults,
            labels: None,
            example: None,
            domain: None,
        }
    }
}

impl From<BadValues> for MetricError {
    fn from(values: BadValues) -> Self {
        Self::Values(Box::new(values))
    }
}

impl fmt::Display for BadValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(metric) = &self.metric {
            write!(f, "{metric}: ")?;
        }
        let mut separator = "";
        for (fault, n) in self.faults.iter() {
            f.write_str(separator)?;
            self.describe(fault, n, f)?;
            separator = "; ";
        }
        Ok(())
    }
}

impl BadValues {
    fn describe(&self, fault: Fault, n: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (s, is, has) = match n {
            1 => ("", "is", "has"),
            _ => ("s", "are", "have"),
        };
        match fault {
            Fault::TargetLabel => {
                self.describe_labels(fault, format_args!("target label{s} {is}"), n, f)
            }
            Fault::PredictedLabel => {
                self.describe_labels(fault, format_args!("predicted label{s} {is}"), n, f)
            }
            Fault::Nan if self.labels.is_some() => write!(f, "{n} element{s} {has} a NaN score"),
            Fault::Nan => write!(f, "{n} value{s} {is} NaN"),
            Fault::Probability => {
                write!(
                    f,
                    "{n} score{s} {is} outside 0 to 1 (logits need `from_logits`)"
                )
            }
            Fault::Weight => {
                write!(
                    f,
                    "{n} element{s} {has} a weight that is negative, infinite or NaN"
                )
            }
            Fault::Domain => {
                write!(f, "{n} value{s} {is} outside the domain of the metric")?;
                self.domain
                    .map_or(Ok(()), |domain| write!(f, ", which takes {domain}"))
            }
            Fault::Infinite => write!(f, "{n} value{s} {is} infinite or NaN"),
        }
    }

    fn describe_labels(
        &self,
        fault: Fault,
        labels_are: fmt::Arguments<'_>,
        n: u64,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        write!(f, "{n} {labels_are} ")?;
        match &self.labels {
            Some(labels) => write!(f, "outside 0..{}", labels.count)?,
            None => f.write_str("out of range")?,
        }
        if let Some(LabelExample { label, sample, .. }) =
            self.example.filter(|example| example.fault == fault)
        {
            write!(f, ", for example {label} at sample {sample}")?;
        }
        match (fault, self.labels.map(|labels| labels.ignore_index)) {
            (Fault::TargetLabel, Some(None)) => {
                f.write_str(" (labels to ignore need `ignore_index`)")
            }
            (Fault::TargetLabel, Some(Some(index))) => write!(f, " (only {index} is ignored)"),
            _ => Ok(()),
        }
    }
}

impl MetricError {
    /// The number of values that could not be scored, by kind; none for other errors.
    pub fn faults(&self) -> Faults {
        match self {
            Self::Values(values) => values.faults,
            Self::Member { source, .. } => source.faults(),
            _ => Faults::default(),
        }
    }

    /// Says which labels the metric takes, if labels are wrong.
    pub fn expecting_labels(self, count: usize, ignore_index: Option<i64>) -> Self {
        self.with_values(|values| {
            values.labels = Some(ExpectedLabels {
                count,
                ignore_index,
            });
        })
    }

    /// Says for which values the metric is defined, such as `numbers above -1`, if some are not among them.
    pub fn expecting_values(self, domain: &'static str) -> Self {
        self.with_values(|values| values.domain = Some(domain))
    }

    /// Shows one of the labels that are wrong.
    pub(crate) fn showing(self, example: impl FnOnce() -> Option<LabelExample>) -> Self {
        self.with_values(|values| values.example = example())
    }

    /// Names the metric, if values are wrong.
    pub(crate) fn naming(self, metric: impl FnOnce() -> String) -> Self {
        self.with_values(|values| values.metric = Some(metric()))
    }

    fn with_values(mut self, change: impl FnOnce(&mut BadValues)) -> Self {
        if let Self::Values(values) = &mut self {
            change(values);
        }
        self
    }
}

/// Whether a sample can have this weight: it is finite and not negative.
#[inline(always)]
pub(crate) fn is_weight(weight: f64) -> bool {
    (0.0..f64::INFINITY).contains(&weight)
}
