//! Metrics that compare how a classifier treats groups of people.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor, kind::Numeric};
use serde::{Deserialize, Serialize};

use super::{
    Binary, ClassCounts, ClassificationInput, Global, Multilabel, Options, Pooling, Predicts, Task,
    tally::{check_state, seen},
    task::{CountTensor, Counted},
};
use crate::{
    Bounds, Faults, Meta, Metric, MetricError, Result, State, Statistic, Value,
    combinator::{Resample, Samples, Weighed, drawn_by},
    ops::{self, ClassSpec, ClassTable, Extent, Predictions},
    state::{Counts, CountsTotal},
};

/// A binary batch whose samples belong to groups.
///
/// It is created from `(predictions, target, groups)`: scores or 0/1 labels `[N, ...]`, 0/1 labels `[N, ...]` and group
/// numbers `[N]`, which start at 0. A fourth tensor, `[N]`, contains the sample weights.
#[derive(Debug, Clone)]
pub struct GroupedInput {
    batch: ClassificationInput,
    groups: Tensor<1, Int>,
}

impl GroupedInput {
    fn new(batch: ClassificationInput, groups: Tensor<1, Int>) -> Self {
        let groups = ops::on_device(groups.inner(), &batch.device());
        Self { batch, groups }
    }
}

impl Weighed for GroupedInput {
    fn reweighted(self, weights: Tensor<1>) -> Self {
        Self {
            batch: self.batch.reweighted(weights),
            ..self
        }
    }
}

impl Samples for GroupedInput {
    fn samples(&self) -> Result<(usize, Device)> {
        self.batch.samples()
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        Self {
            batch: self.batch.select(places),
            groups: self.groups.select(0, places.clone()),
        }
    }
}

impl<P, L> From<(P, L, Tensor<1, Int>)> for GroupedInput
where
    ClassificationInput: From<(P, L)>,
{
    fn from((preds, target, groups): (P, L, Tensor<1, Int>)) -> Self {
        Self::new((preds, target).into(), groups)
    }
}

impl<P, L> From<(P, L, Tensor<1, Int>, Tensor<1>)> for GroupedInput
where
    ClassificationInput: From<(P, L, Tensor<1>)>,
{
    fn from((preds, target, groups, weights): (P, L, Tensor<1, Int>, Tensor<1>)) -> Self {
        Self::new((preds, target, weights).into(), groups)
    }
}

/// Counts the true and false positives and negatives of each group.
///
/// A collection of fairness metrics counts each batch once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupCounts {
    task: Binary,
    groups: usize,
}

/// More groups than this are refused.
const MOST_GROUPS: usize = 1 << 24;

impl GroupCounts {
    /// The counts of a batch: each element is counted in the cell of its group, target and prediction, as if cells were
    /// classes that are all predicted right.
    ///
    /// Nothing, of an empty batch.
    fn count(&self, input: GroupedInput) -> Result<Option<Counted>> {
        /// The cell of elements that are ignored.
        const IGNORED: i64 = i32::MAX as i64;
        /// The cell of elements that are at fault.
        const AT_FAULT: i64 = -1;
        let GroupedInput { batch, groups } = input;
        let Extent { samples: n, inner } = self.task.extent(&batch)?;
        if groups.dims() != [n] {
            let expected = format!("[{n}], one per sample");
            return Err(MetricError::shape("groups", expected, &groups.dims()));
        }
        if !(1..=MOST_GROUPS).contains(&self.groups) {
            let expected = format!("from 1 to {MOST_GROUPS}");
            return Err(MetricError::config("groups", expected, self.groups));
        }
        if n * inner == 0 {
            return Ok(None);
        }
        let (full, count) = ([n, inner], self.groups as i64);
        let outside = |labels: &Tensor<2, Int>, count: i64| {
            let below = labels.clone().lower_elem(0);
            below.bool_or(labels.clone().greater_equal_elem(count))
        };
        let groups: Tensor<2, Int> = ops::wide_labels(groups).reshape([n, 1]);
        let no_group = outside(&groups, count);
        let target = ops::wide_labels(ops::ints(batch.target, full));
        let ignored = (self.task.ignored()).map(|index| target.clone().equal_elem(index));
        let no_label = outside(&target, 2);
        // Of scores, which are no number, and which are no probability.
        let (pred, no_prediction, no_probability) = match batch.preds {
            Predictions::Scores(scores) => {
                let scores: Tensor<2> = ops::floats(scores, full);
                let nan = scores.clone().is_nan();
                let no_probability = match self.task.has_logits() {
                    true => nan.zeros_like(),
                    false => ops::no_probability(scores.clone()),
                };
                let threshold = self.task.score_threshold()?;
                let pred = scores.greater_elem(threshold).int();
                (
                    pred,
                    nan.bool_or(no_probability.clone()),
                    Some(no_probability),
                )
            }
            Predictions::Labels(labels) => {
                let labels = ops::wide_labels(ops::ints(labels, full));
                let no_label = outside(&labels, 2);
                (labels, no_label, None)
            }
        };
        // Numbers that are no labels could overflow.
        let groups = groups.mask_fill(no_group.clone(), 0).expand(full);
        let target = target.mask_fill(no_label.clone(), 0);
        let pred = pred
            .cast(target.dtype())
            .mask_fill(no_prediction.clone(), 0);
        // The rows of the table: true positives, false positives, false negatives, true negatives.
        let row = pred.mul_scalar(-2) - target.add_scalar(-3);
        let cell = row.mul_scalar(count) + groups;
        let pred = cell.clone().mask_fill(no_prediction, AT_FAULT);
        let bad_target = no_label.bool_or(no_group.expand(full));
        let left_out = match &ignored {
            None => bad_target.clone(),
            Some(ignored) => bad_target.clone().bool_or(ignored.clone()),
        };
        let no_probability =
            no_probability.map(|mask| mask.bool_and(left_out.bool_not()).int().sum());
        let target = cell.mask_fill(bad_target, AT_FAULT);
        let target = match ignored {
            None => target,
            Some(ignored) => target.mask_fill(ignored, IGNORED),
        };
        let cells = 4 * self.groups;
        let spec = ClassSpec {
            extent: Extent { samples: n, inner },
            classes: cells,
            top_k: 1,
            ignore_index: Some(IGNORED),
            table: ClassTable::PerClass,
        };
        let faults = spec.cells()..spec.cells() + Faults::OF_TABLES;
        let preds = Predictions::Labels(pred.into_dispatch());
        let target = target.into_dispatch();
        let table = match batch.weights {
            None => {
                let table = ops::count_classes(preds, target, spec);
                let no_probability = no_probability.map(|n| n.cast(table.dtype()));
                CountTensor::Counts(shorten(table, cells, faults, no_probability))
            }
            Some(weights) => {
                let table = ops::weigh_classes(preds, target, weights, spec);
                let no_probability = no_probability.map(|n| n.float().cast(table.dtype()));
                CountTensor::Weights(shorten(table, cells, faults, no_probability))
            }
        };
        Ok(Some(Counted {
            table: Some(table),
            elements: (n * inner) as u64,
        }))
    }

    fn read(&self, total: &CountsTotal, metric: &str) -> Result<Vec<ClassCounts>> {
        seen(total, metric)?;
        let groups = Multilabel::new(self.groups).read(&|cell| total.get(cell));
        match groups.iter().all(|group| group.total() == 0.0) {
            true => Err(MetricError::empty(metric)),
            false => Ok(groups),
        }
    }
}

impl Statistic for GroupCounts {
    type Input = GroupedInput;
    type State = Counts;

    fn check_state(&self, state: &Counts) -> Result<()> {
        check_state(self.groups.saturating_mul(4), state.total().len())
    }

    fn update(&self, state: &mut Counts, input: GroupedInput) -> Result<()> {
        match self.count(input)? {
            None => Ok(()),
            Some(counted) => Global::add(state, counted, 4 * self.groups),
        }
    }

    fn explain(&self, error: MetricError) -> MetricError {
        error.expecting_values("labels 0 and 1, and groups below the number of groups")
    }
}

/// The cells that are true positives, and the faults. If predictions are scores, a prediction that is none is a NaN,
/// unless it is one of these that are no probabilities.
fn shorten<K: Numeric>(
    table: Tensor<1, K>,
    cells: usize,
    faults: Range<usize>,
    no_probability: Option<Tensor<1, K>>,
) -> Tensor<1, K> {
    let faults = table.clone().slice(faults);
    let [target, predicted, none, _, weight] =
        [0, 1, 2, 3, 4].map(|fault| faults.clone().slice(fault..fault + 1));
    let [predicted, nan, no_probability] = match no_probability {
        None => [predicted, none.clone(), none],
        Some(outside) => [none, predicted - outside.clone(), outside],
    };
    let faults = [target, predicted, nan, no_probability, weight];
    let table = [table.slice(0..cells)].into_iter().chain(faults);
    Tensor::cat(table.collect(), 0)
}

/// A sample without further dimensions has one outcome: its group, and one of the four counts.
impl Resample for GroupCounts {
    type Outcomes = Counts;

    fn count_outcomes(&self, outcomes: &mut Counts, input: &GroupedInput) -> Result<bool> {
        if input.batch.is_plain() {
            self.update(outcomes, input.clone())?;
        }
        Ok(input.batch.is_plain())
    }

    fn accept_outcomes(&self, outcomes: &Counts) -> Result<()> {
        self.check_state(outcomes)
    }

    fn of_outcomes(&self, outcomes: Counts) -> Counts {
        outcomes
    }

    drawn_by!(update_weighed);
}

/// The shares of true and false positives and negatives among the elements of a group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GroupRates {
    /// The share of true positives.
    pub true_positives: f64,
    /// The share of false positives.
    pub false_positives: f64,
    /// The share of true negatives.
    pub true_negatives: f64,
    /// The share of false negatives.
    #[serde(rename = "fn")]
    pub false_negatives: f64,
}

impl Value for GroupRates {
    fn entries(&self) -> Vec<(String, f64)> {
        [
            ("tp", self.true_positives),
            ("fp", self.false_positives),
            ("tn", self.true_negatives),
            ("fn", self.false_negatives),
        ]
        .map(|(name, share)| (name.to_owned(), share))
        .to_vec()
    }
}

/// Compares the group with the lowest rate to the group with the highest rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parity {
    /// The lowest rate divided by the highest rate; 1 means that all rates are equal.
    pub value: f64,
    /// The group with the lowest rate.
    pub lowest: usize,
    /// The group with the highest rate.
    pub highest: usize,
}

impl Parity {
    /// Compares the groups that have elements. `rate` gives the numerator and denominator of the rate of a group. If
    /// several groups have the lowest or the highest rate, the first one is reported.
    fn of(groups: &[ClassCounts], rate: fn(&ClassCounts) -> (f64, f64)) -> Self {
        let share = |(part, all): (f64, f64)| if all > 0.0 { part / all } else { 0.0 };
        let present = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.total() > 0.0);
        let rates: Vec<_> = present.map(|(i, group)| (i, share(rate(group)))).collect();
        let pick = |better: fn(f64, f64) -> bool| {
            let rates = rates.iter().copied();
            let best = rates.reduce(|best, rate| if better(rate.1, best.1) { rate } else { best });
            best.unwrap_or((0, 0.0))
        };
        let (lowest, least) = pick(|a, b| a < b);
        let (highest, most) = pick(|a, b| a > b);
        Self {
            value: share((least, most)),
            lowest,
            highest,
        }
    }
}

impl Value for Parity {
    fn entries(&self) -> Vec<(String, f64)> {
        vec![(String::new(), self.value)]
    }

    fn report(&self) -> String {
        format!(
            "{:.4} (group {} to group {})",
            self.value, self.lowest, self.highest
        )
    }
}

/// The value of [`Fairness`]: both parities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parities {
    /// The value of [`DemographicParity`].
    pub demographic_parity: Parity,
    /// The value of [`EqualOpportunity`].
    pub equal_opportunity: Parity,
}

impl Value for Parities {
    fn entries(&self) -> Vec<(String, f64)> {
        vec![
            (
                "demographic parity".to_owned(),
                self.demographic_parity.value,
            ),
            ("equal opportunity".to_owned(), self.equal_opportunity.value),
        ]
    }
}

fn demographic_parity(groups: &[ClassCounts]) -> Parity {
    Parity::of(groups, |group| (group.predicted(), group.total()))
}

fn equal_opportunity(groups: &[ClassCounts]) -> Parity {
    Parity::of(groups, |group| (group.true_positives, group.support()))
}

/// Defines a metric of [`GroupCounts`].
macro_rules! fairness {
    (
        $(#[$doc:meta])*
        $Metric:ident -> $Value:ty, $name:literal, $direction:ident, $bounds:expr, source: $source:literal,
        when: $when:literal,
        example: $example:literal,
        |$groups:ident| $value:expr
    ) => {
        $(#[$doc])*
        ///
        /// Options: [`threshold`](Options::threshold), [`from_logits`](Options::from_logits),
        /// [`ignore_index`](Options::ignore_index). Inputs: [`GroupedInput`]. Errors: [`MetricError`]; a group number that
        /// is out of range is reported like a label that is out of range.
        #[doc = concat!("\n\nSource: TorchMetrics' `", $source, "`.")]
        #[doc = concat!("\n\n# When to use\n\n", $when)]
        ///
        /// # Example
        ///
        /// ```
        /// use burn::tensor::{Device, Int, Tensor};
        /// use burn_metrics::prelude::*;
        ///
        /// let device = Device::flex();
        /// let preds = Tensor::<1, Int>::from_ints([1, 1, 0, 1, 0, 0], &device);
        /// let target = Tensor::<1, Int>::from_ints([1, 0, 1, 1, 1, 0], &device);
        /// let groups = Tensor::<1, Int>::from_ints([0, 0, 0, 1, 1, 1], &device);
        ///
        #[doc = $example]
        /// # Ok::<(), burn_metrics::MetricError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        #[must_use = "a metric computes nothing until it is given batches"]
        pub struct $Metric {
            counts: GroupCounts,
        }

        impl $Metric {
            /// Creates the metric for `groups` groups, at least 1.
            pub fn new(groups: usize) -> Self {
                let task = Binary::new();
                Self {
                    counts: GroupCounts { task, groups },
                }
            }
        }

        impl Predicts for $Metric {}

        impl Options for $Metric {
            type Task = Binary;

            fn task_mut(&mut self) -> &mut Binary {
                &mut self.counts.task
            }
        }

        impl Metric for $Metric {
            type Statistic = GroupCounts;
            type Value = $Value;

            fn statistic(&self) -> &GroupCounts {
                &self.counts
            }

            fn compute(&self, total: &CountsTotal) -> Result<$Value> {
                let $groups = self.counts.read(total, $name)?;
                Ok($value)
            }

            fn meta(&self) -> Meta {
                Meta {
                    name: $name.into(),
                    direction: crate::Direction::$direction,
                    bounds: $bounds,
                }
            }
        }
    };
}

fairness! {
    /// The shares of true and false positives and negatives in each group.
    ///
    /// The shares of a group add up to 1. They are NaN for a group without elements.
    GroupStatRates -> Vec<GroupRates>, "Group rates", Neither, Bounds::UNIT, source: "BinaryGroupStatRates",
    when: "Use it to see which errors a classifier makes in which group, before summarizing them with [`Fairness`]. \
        The shares are of all elements of a group, so they also reflect how many of its elements are positive; they \
        are not true and false positive rates. The shares of small groups are uncertain.",
    example: "let rates = GroupStatRates::new(2).evaluate((preds, target, groups))?;\nassert_eq!(rates[1].true_positives, 1.0 / 3.0);",
    |groups| {
        let rates = |c: &ClassCounts| {
            let all = c.total();
            let [tp, fp, tn, fneg] = [c.true_positives, c.false_positives, c.true_negatives, c.false_negatives].map(|n| n / all);
            GroupRates { true_positives: tp, false_positives: fp, true_negatives: tn, false_negatives: fneg }
        };
        groups.iter().map(rates).collect()
    }
}

fairness! {
    /// The lowest rate of positive predictions of any group, divided by the highest one.
    ///
    /// Values range from 0 to 1, and higher is better; 1 means that all groups have the same rate. The value is 0 if no
    /// group has positive predictions.
    DemographicParity -> Parity, "Demographic parity", HigherIsBetter, Bounds::UNIT, source: "BinaryFairness",
    when: "Use it when all groups should get positive predictions equally often, whatever the targets are; a common \
        rule of thumb asks for at least 0.8. It ignores the targets: a perfect classifier fails it if the groups have \
        different shares of positives, and a classifier that guesses can satisfy it. [`EqualOpportunity`] uses the \
        targets.",
    example: "let parity = DemographicParity::new(2).evaluate((preds, target, groups))?;\nassert_eq!((parity.value, parity.lowest, parity.highest), (0.5, 1, 0));",
    |groups| demographic_parity(&groups)
}

fairness! {
    /// The lowest true positive rate of any group, divided by the highest one.
    ///
    /// Values range from 0 to 1, and higher is better; 1 means that positives are found equally often in all groups. A
    /// group without positives has a rate of 0, as in TorchMetrics.
    EqualOpportunity -> Parity, "Equal opportunity", HigherIsBetter, Bounds::UNIT, source: "BinaryFairness",
    when: "Use it when the positives of every group should have the same chance of being found, such as qualified \
        applicants. It says nothing about false positives, which [`GroupStatRates`] shows. The rate of a group with \
        few positives is uncertain, and a single group without positives makes the value 0.",
    example: "let parity = EqualOpportunity::new(2).evaluate((preds, target, groups))?;\nassert_eq!(parity.value, 1.0);",
    |groups| equal_opportunity(&groups)
}

fairness! {
    /// Computes [`DemographicParity`] and [`EqualOpportunity`] together.
    ///
    /// Each of the two ranges from 0 to 1, and higher is better.
    Fairness -> Parities, "Fairness", Neither, Bounds::UNIT, source: "BinaryFairness",
    when: "Use it to compute both parities from the same counts. Decide beforehand which of the two the application \
        requires: if the groups have different shares of positives, a classifier rarely achieves both, and improving \
        one can worsen the other.",
    example: "let both = Fairness::new(2).evaluate((preds, target, groups))?;\nassert_eq!(both.demographic_parity.value, 0.5);",
    |groups| Parities {
        demographic_parity: demographic_parity(&groups),
        equal_opportunity: equal_opportunity(&groups),
    }
}

/// [`GroupStatRates`] under its TorchMetrics name.
pub type BinaryGroupStatRates = GroupStatRates;
/// [`Fairness`] under its TorchMetrics name.
pub type BinaryFairness = Fairness;
