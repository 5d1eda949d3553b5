use serde::{Deserialize, Serialize};

use super::{
    TextInput,
    edits::{common_subsequence, distance},
    words::characters,
};
use crate::{
    Bounds, MeanOfSamples, Meta, Result,
    measure::{Measure, Measured, SampleMetric},
};

/// The least number of characters to insert, delete and substitute on the way from the hypothesis to the reference.
///
/// The Levenshtein distance of each pair, and by default their mean. A character is a Unicode code point; whitespace counts.
/// Lower is better.
///
/// Options: [`substitution_cost`](Self::substitution_cost); [`sum`](SampleMetric::sum), [`per_sample`](SampleMetric::per_sample)
/// and the other reductions. Inputs: [`TextInput`] with one reference per hypothesis. Errors:
/// [`MetricError::Sample`](crate::MetricError::Sample).
///
/// # When to use
///
/// Use it for short strings of similar length, such as names, codes or plates. A mean distance of 3 is good for paragraphs and
/// bad for words: where lengths differ, use [`CharErrorRate`](super::CharErrorRate).
///
/// Source: Levenshtein (1966); NLTK's `edit_distance`; TorchMetrics' `EditDistance`, which only looks 25 characters around the
/// diagonal, and so finds too long a distance if a long text has been moved by more.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::EditDistance;
///
/// // rain, sain, shin, shine
/// assert_eq!(EditDistance::new().evaluate((["rain"], ["shine"]))?, 3.0);
/// let costly = EditDistance::new().substitution_cost(2);
/// assert_eq!(costly.evaluate((["rain"], ["shine"]))?, 5.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type EditDistance<R = MeanOfSamples> = SampleMetric<Edits, R>;

/// The measure of [`EditDistance`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edits {
    substitution_cost: u32,
}

impl EditDistance {
    /// The mean of the distances.
    pub fn new() -> Self {
        Self::of(Edits {
            substitution_cost: 1,
        })
    }

    /// What a substitution costs, where an insertion or a deletion costs 1.
    ///
    /// With a cost of 2 or more no character is substituted: deleting one and inserting another is as cheap.
    pub fn substitution_cost(self, cost: u32) -> Self {
        self.with(|edits| edits.substitution_cost = cost)
    }
}

impl Default for EditDistance {
    fn default() -> Self {
        Self::new()
    }
}

impl Measure for Edits {
    type Input = TextInput;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Edit distance")
            .lower_is_better()
            .within(Bounds::POSITIVE);
        match self.substitution_cost {
            1 => meta,
            cost => meta.with(format_args!("substitution cost {cost}")),
        }
    }

    fn measure(&self, input: TextInput) -> Result<Option<Measured>> {
        let distances = input.each(true, |sentence| {
            let hypothesis = characters(sentence.hypothesis);
            let reference = characters(sentence.reference());
            self.distance(&hypothesis, &reference) as f64
        })?;
        Ok((!distances.is_empty()).then(|| Measured::numbers(distances)))
    }
}

impl Edits {
    fn distance(&self, a: &[u64], b: &[u64]) -> usize {
        match self.substitution_cost {
            0 => a.len().abs_diff(b.len()),
            1 => distance(a, b),
            _ => a.len() + b.len() - 2 * common_subsequence(a, b),
        }
    }
}
