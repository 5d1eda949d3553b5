//! Metrics that judge how well the scores of an element rank its labels.

use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    ClassificationInput, Multilabel, Options, ScoredTask, Task,
    elements::{Element, ElementFormula, Elements, measure},
    task::LogitMap,
};
use crate::{
    Bounds, Meta, Metric, MetricError, Result, Total,
    measure::{Measure, Measured, Measures, weighted},
};

/// The ranks of the labels of each element, which the ranking metrics average.
///
/// A collection of these metrics passes over each batch once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LabelRanks {
    task: Multilabel,
}

/// The indices of the numbers of an element.
const COVERAGE: usize = 0;
const PRECISION: usize = 1;
const LOSS: usize = 2;
const COUNTED: usize = 3;

impl Measure for LabelRanks {
    type Input = ClassificationInput;

    fn meta(&self) -> Meta {
        Meta::new("Label ranks")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn numbers(&self) -> usize {
        Ranks.numbers()
    }

    fn measure(&self, input: ClassificationInput) -> Result<Option<Measured>> {
        let (labels, examples) = (Task::labels(&self.task), input.clone());
        let batch = self.task.scored(input, LogitMap::Identity)?;
        Ok((batch.spec.scores() > 0)
            .then(|| measure(batch, Ranks).showing(move || examples.wrong_label(labels))))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.task.explain(error)
    }
}

#[derive(Debug, Clone)]
struct Ranks;

impl ElementFormula for Ranks {
    fn numbers(&self) -> usize {
        4
    }

    #[inline(always)]
    fn measure(&self, element: &Element<'_>, numbers: &mut [f64]) -> bool {
        let [relevant, others] = [1, 0].map(|label| {
            let both = element.labels.iter().zip(element.scores);
            let own = both.filter(|(own, _)| **own == label);
            own.map(|(_, score)| *score).collect::<Vec<f64>>()
        });
        let reach = |of: &[f64], score: f64| of.iter().filter(|s| **s >= score).count() as f64;
        let least = relevant.iter().copied().reduce(f64::min);
        let coverage = least.map_or(0.0, |s| reach(&relevant, s) + reach(&others, s));
        let (mut precision, mut loss) = (1.0, 0.0);
        // Without both kinds of labels there is nothing to rank.
        if !relevant.is_empty() && !others.is_empty() {
            let n = relevant.len() as f64;
            precision = 0.0;
            for score in &relevant {
                let (right, wrong) = (reach(&relevant, *score), reach(&others, *score));
                precision += right / (right + wrong) / n;
                loss += wrong / (n * others.len() as f64);
            }
        }
        numbers[COVERAGE] = coverage;
        numbers[PRECISION] = precision;
        numbers[LOSS] = loss;
        let counted = !(relevant.is_empty() && others.is_empty());
        numbers[COUNTED] = f64::from(u8::from(counted));
        true
    }

    fn expression(&self, elements: &Elements) -> (Tensor<3>, Tensor<3, Bool>) {
        let (scores, relevant) = (&elements.scores, &elements.relevant);
        let count = |mask: Tensor<3, Bool>| elements.number(mask).sum_dim(1);
        let others = elements
            .counts
            .clone()
            .bool_and(relevant.clone().bool_not());
        let (relevants, irrelevants) = (count(relevant.clone()), count(others.clone()));
        // Without both kinds of labels there is nothing to rank.
        let ranked = relevants.clone() * irrelevants.clone();
        let trivial = ranked.clone().equal_elem(0.0);

        // The labels whose score is at least that of the lowest relevant label.
        let least = scores
            .clone()
            .mask_fill(relevant.clone().bool_not(), f64::INFINITY)
            .min_dim(1);
        let reached = scores.clone().greater_equal(least.expand(scores.dims()));
        let reached = reached.bool_and(elements.counts.clone());
        let coverage = count(reached).mask_fill(relevants.clone().equal_elem(0.0), 0.0);

        // For each label, the numbers of relevant and of other labels whose score is not lower.
        let (mut precision, mut loss) = (coverage.zeros_like(), coverage.zeros_like());
        for label in 0..scores.dims()[1] {
            let own = scores.clone().narrow(1, label, 1);
            let is_relevant = elements.number(relevant.clone().narrow(1, label, 1));
            let ahead = scores.clone().greater_equal(own.expand(scores.dims()));
            let right = count(ahead.clone().bool_and(relevant.clone()));
            let wrong = count(ahead.bool_and(others.clone()));
            let all = (right.clone() + wrong.clone()).clamp_min(1.0);
            precision = precision + is_relevant.clone() * right / all;
            loss = loss + is_relevant * wrong;
        }
        let precision =
            (precision / relevants.clone().clamp_min(1.0)).mask_fill(trivial.clone(), 1.0);
        let loss = (loss / ranked.clamp_min(1.0)).mask_fill(trivial, 0.0);

        let counted = (relevants + irrelevants).clamp_max(1.0);
        let counts = coverage.clone().equal(coverage.clone());
        (
            Tensor::cat(vec![coverage, precision, loss, counted], 1),
            counts,
        )
    }
}

/// Defines a metric of [`LabelRanks`].
macro_rules! ranking {
    (
        $(#[$doc:meta])*
        $Metric:ident, $Alias:ident, $name:literal, $sum:ident, $direction:ident, $bounds:expr,
        sklearn: $sklearn:literal, when: $when:literal, example: $example:literal
    ) => {
        $(#[$doc])*
        ///
        /// The mean over the elements, with the weights of their samples. Ignored labels are left out of their element;
        /// in TorchMetrics they keep a rank, as labels that are not relevant. If all labels of all elements are
        /// ignored, there is no value.
        ///
        /// Options: [`ignore_index`](Options::ignore_index), which leaves out single labels. Inputs: scores
        /// `[N, L, ...]` and 0/1 labels of the same shape, as in [`ClassificationInput`]. The scores can have any
        /// scale, since only their order matters. Errors: [`MetricError`](crate::MetricError).
        #[doc = concat!("\n\nSource: Tsoumakas, Katakis and Vlahavas, Mining multi-label data (2010); TorchMetrics' `", stringify!($Alias), "`; scikit-learn's `", $sklearn, "`, with sample weights.")]
        #[doc = concat!("\n\n# When to use\n\n", $when)]
        ///
        /// # Example
        ///
        /// ```
        /// use burn::tensor::{Device, Int, Tensor};
        /// use burn_metrics::prelude::*;
        ///
        /// let device = Device::flex();
        /// let scores = Tensor::<2>::from_floats([[0.75, 0.5, 0.25], [0.2, 0.9, 0.4]], &device);
        /// let target = Tensor::<2, Int>::from_ints([[1, 0, 0], [1, 0, 0]], &device);
        ///
        #[doc = $example]
        /// # Ok::<(), burn_metrics::MetricError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        #[must_use = "a metric computes nothing until it is given batches"]
        pub struct $Metric {
            ranks: Measures<LabelRanks>,
        }

        #[doc = concat!("[`", stringify!($Metric), "`] under its TorchMetrics name.")]
        pub type $Alias = $Metric;

        impl $Metric {
            /// Creates the metric for `labels` labels.
            pub fn multilabel(labels: usize) -> Self {
                Self::new(Multilabel::new(labels))
            }

            /// Creates the metric for a task with options.
            pub fn new(task: Multilabel) -> Self {
                Self {
                    ranks: Measures::of(LabelRanks { task }),
                }
            }
        }

        impl Options for $Metric {
            type Task = Multilabel;

            fn task_mut(&mut self) -> &mut Multilabel {
                &mut self.ranks.measure_mut().task
            }
        }

        crate::combinator::arithmetic!([] $Metric);

        impl Metric for $Metric {
            type Statistic = Measures<LabelRanks>;
            type Value = f64;

            fn statistic(&self) -> &Measures<LabelRanks> {
                &self.ranks
            }

            fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
                let ranks = weighted(total, $name)?;
                match ranks[COUNTED].mean() > 0.0 {
                    true => Ok(ranks[$sum].mean()),
                    false => Err(MetricError::empty($name)),
                }
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

ranking! {
    /// The number of labels that have to be taken, from the highest score down, to include all relevant ones.
    ///
    /// Labels with equal scores are taken together. An element without relevant labels counts as 0. Values range from 0
    /// to the number of labels, and lower is better; the best possible value is the mean number of relevant labels.
    CoverageError, MultilabelCoverageError, "Coverage error", COVERAGE, LowerIsBetter, Bounds::POSITIVE,
    sklearn: "coverage_error",
    when: "Use it when all relevant labels must be found, for example by a person who reads the ranking from the top. \
        It depends only on the lowest-ranked relevant label of each element, and its best value depends on the data, \
        so compare it only between models on the same data. [`LabelRankingAveragePrecision`] judges the whole ranking.",
    example: "assert_eq!(CoverageError::multilabel(3).evaluate((scores, target))?, (1.0 + 3.0) / 2.0);"
}

ranking! {
    /// The share of relevant labels among the labels ranked at least as high as a relevant one, averaged over these.
    ///
    /// An element whose labels are all relevant, or none of them, counts as 1. Values range from 0 to 1, and higher is
    /// better.
    LabelRankingAveragePrecision, MultilabelRankingAveragePrecision, "Ranking average precision", PRECISION,
    HigherIsBetter, Bounds::UNIT,
    sklearn: "label_ranking_average_precision_score",
    when: "Use it when the labels of each element are shown as a ranking whose top matters most. It judges the order \
        within each element only: unlike for [`AveragePrecision`](super::AveragePrecision), scores of different \
        elements need not be comparable. Elements without relevant labels count as 1 and raise the value.",
    example: "let value = LabelRankingAveragePrecision::multilabel(3).evaluate((scores, target))?;\nassert!((value - (1.0 + 1.0 / 3.0) / 2.0).abs() < 1e-6);"
}

ranking! {
    /// The share of pairs of a relevant and an irrelevant label in which the irrelevant one is scored at least as high.
    ///
    /// A tie counts as wrong, as in the definition and in scikit-learn; in TorchMetrics, it depends on the order of the
    /// labels. An element whose labels are all relevant, or none of them, counts as 0. Values range from 0 to 1, and
    /// lower is better.
    LabelRankingLoss, MultilabelRankingLoss, "Ranking loss", LOSS, LowerIsBetter, Bounds::UNIT,
    sklearn: "label_ranking_loss",
    when: "Use it when every wrongly ordered pair of labels is equally bad, at the top and at the bottom of the \
        ranking. With many labels of which few are relevant, it is small even if several irrelevant labels are ranked \
        first; [`LabelRankingAveragePrecision`] gives more weight to the top.",
    example: "assert_eq!(LabelRankingLoss::multilabel(3).evaluate((scores, target))?, (0.0 + 1.0) / 2.0);"
}
