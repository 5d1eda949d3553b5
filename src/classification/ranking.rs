//! How well the labels of an element are ranked by their scores.

use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    ClassificationInput, Multilabel, ScoredTask, Task,
    elements::{Element, ElementFormula, Elements, measure},
    task::ScoreMap,
};
use crate::{
    Bounds, Meta, Metric, MetricError, Result, Total,
    measure::{Measure, Measured, Measures, weighted},
};

/// The ranks of the labels of each element: what the ranking metrics average. A collection of them passes over a batch
/// once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LabelRanks {
    task: Multilabel,
}

/// The places of the numbers of an element.
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
        let batch = self.task.scored(input, ScoreMap::Identity)?;
        Ok((batch.spec.scores() > 0).then(|| measure(batch, Ranks)))
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

        // The labels down to the last relevant one.
        let least = scores
            .clone()
            .mask_fill(relevant.clone().bool_not(), f64::INFINITY)
            .min_dim(1);
        let reached = scores.clone().greater_equal(least.expand(scores.dims()));
        let reached = reached.bool_and(elements.counts.clone());
        let coverage = count(reached).mask_fill(relevants.clone().equal_elem(0.0), 0.0);

        // Label by label, the relevant and the other labels whose score is not lower.
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

/// One metric of [`LabelRanks`].
macro_rules! ranking {
    (
        $(#[$doc:meta])*
        $Metric:ident, $Alias:ident, $name:literal, $sum:ident, $direction:ident, $bounds:expr,
        sklearn: $sklearn:literal, example: $example:literal
    ) => {
        $(#[$doc])*
        ///
        /// The mean over the elements, with the weights of their samples. Ignored labels are left out of their element;
        /// in TorchMetrics they keep a rank, as labels that are not relevant. If all labels of all elements are ignored, there is no
        /// value.
        ///
        /// Options: [`ignore_index`](Self::ignore_index). Inputs: scores `[N, L, ...]` and 0/1 labels of the same shape,
        /// as in [`ClassificationInput`]. Scores of any scale: only their order counts. Errors:
        /// [`MetricError`](crate::MetricError).
        #[doc = concat!("\n\nSource: Tsoumakas, Katakis and Vlahavas, Mining multi-label data (2010); TorchMetrics' `", stringify!($Alias), "`; scikit-learn's `", $sklearn, "`, with sample weights.")]
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

        #[doc = concat!("[`", stringify!($Metric), "`].")]
        pub type $Alias = $Metric;

        impl $Metric {
            /// For `labels` labels.
            pub fn multilabel(labels: usize) -> Self {
                let task = Multilabel::new(labels);
                Self {
                    ranks: Measures::of(LabelRanks { task }),
                }
            }

            /// Ignores labels whose target equals `index`.
            pub fn ignore_index(mut self, index: i64) -> Self {
                self.ranks.measure_mut().task.set_ignore_index(index);
                self
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
    /// How many labels have to be taken, from the highest score down, to have all that are relevant.
    ///
    /// Tied labels are taken together; without relevant labels it is 0. From 0 to the number of labels, lower is better;
    /// the best is the mean number of relevant labels.
    CoverageError, MultilabelCoverageError, "Coverage error", COVERAGE, LowerIsBetter, Bounds::POSITIVE,
    sklearn: "coverage_error",
    example: "assert_eq!(CoverageError::multilabel(3).evaluate((scores, target))?, (1.0 + 3.0) / 2.0);"
}

ranking! {
    /// The share of relevant labels among those ranked at least as high as a relevant one, averaged over these.
    ///
    /// An element of which all or no labels are relevant counts as 1. From 0 to 1, higher is better.
    LabelRankingAveragePrecision, MultilabelRankingAveragePrecision, "Ranking average precision", PRECISION,
    HigherIsBetter, Bounds::UNIT,
    sklearn: "label_ranking_average_precision_score",
    example: "let value = LabelRankingAveragePrecision::multilabel(3).evaluate((scores, target))?;\nassert!((value - (1.0 + 1.0 / 3.0) / 2.0).abs() < 1e-6);"
}

ranking! {
    /// The share of pairs of a relevant and another label in which the other one has at least as high a score.
    ///
    /// A tie is an error, as in the definition and in scikit-learn; in the reference it depends on the order of the
    /// labels. An element of which all or no labels are relevant counts as 0. From 0 to 1, lower is better.
    LabelRankingLoss, MultilabelRankingLoss, "Ranking loss", LOSS, LowerIsBetter, Bounds::UNIT,
    sklearn: "label_ranking_loss",
    example: "assert_eq!(LabelRankingLoss::multilabel(3).evaluate((scores, target))?, (0.0 + 1.0) / 2.0);"
}
