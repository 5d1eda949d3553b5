use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::{TextInput, words::split};
use crate::{
    Bounds, MeanOfSamples, Meta, Result,
    measure::{Measure, Measured, SampleMetric},
};

/// The share of texts that are exactly one of their references.
///
/// From 0 to 1; higher is better. By default every character counts.
///
/// Options: [`ignore_case`](Self::ignore_case), [`ignore_punctuation`](Self::ignore_punctuation),
/// [`ignore_numbers`](Self::ignore_numbers), [`ignore_whitespace`](Self::ignore_whitespace), which are applied in this order; any
/// other normalization is one of [`TextInput::map`]. [`per_sample`](SampleMetric::per_sample) and the other reductions. Inputs:
/// [`TextInput`], with any number of references. Errors: [`MetricError::Sample`](crate::MetricError::Sample) for a text without
/// reference.
///
/// # When to use
///
/// Use it for answers with one form: numbers, names, labels, code. A right answer in other words counts as wrong, so ignore what
/// does not matter, and say what was ignored. For answers of several words see [`SQuAD`](super::SQuAD).
///
/// Source: the definition; `exact_match` of Hugging Face's evaluate has the same options.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::TextExactMatch;
///
/// let texts = (["42", "Forty-two."], ["42", "forty two"]);
/// assert_eq!(TextExactMatch::new().evaluate(texts)?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type TextExactMatch<R = MeanOfSamples> = SampleMetric<ExactTexts, R>;

/// The measure of [`TextExactMatch`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactTexts {
    ignore_case: bool,
    ignore_punctuation: bool,
    ignore_numbers: bool,
    ignore_whitespace: bool,
}

impl TextExactMatch {
    /// The share of texts of which every character is right.
    pub fn new() -> Self {
        Self::of(ExactTexts::default())
    }

    /// Ignores the difference between upper and lower case.
    pub fn ignore_case(self) -> Self {
        self.with(|exact| exact.ignore_case = true)
    }

    /// Ignores punctuation of ASCII.
    pub fn ignore_punctuation(self) -> Self {
        self.with(|exact| exact.ignore_punctuation = true)
    }

    /// Ignores decimal digits.
    pub fn ignore_numbers(self) -> Self {
        self.with(|exact| exact.ignore_numbers = true)
    }

    /// Ignores whitespace at the ends, and how much there is between words.
    pub fn ignore_whitespace(self) -> Self {
        self.with(|exact| exact.ignore_whitespace = true)
    }
}

impl Default for TextExactMatch {
    fn default() -> Self {
        Self::new()
    }
}

impl Measure for ExactTexts {
    type Input = TextInput;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Exact text match")
            .higher_is_better()
            .within(Bounds::UNIT);
        let flags = [
            (self.ignore_case, "any case"),
            (self.ignore_punctuation, "no punctuation"),
            (self.ignore_numbers, "no numbers"),
            (self.ignore_whitespace, "any whitespace"),
        ];
        let set = flags.into_iter().filter(|(is_set, _)| *is_set);
        set.fold(meta, |meta, (_, name)| meta.with(name))
    }

    fn measure(&self, input: TextInput) -> Result<Option<Measured>> {
        let matches = input.each(false, |sentence| {
            let hypothesis = self.normalized(sentence.hypothesis);
            let mut references = sentence.references().map(|text| self.normalized(text));
            f64::from(u8::from(
                references.any(|reference| reference == hypothesis),
            ))
        })?;
        Ok((!matches.is_empty()).then(|| Measured::numbers(matches)))
    }
}

impl ExactTexts {
    fn normalized(&self, text: &str) -> String {
        let mut text = match self.ignore_case {
            true => text.to_lowercase(),
            false => text.to_owned(),
        };
        if self.ignore_punctuation {
            text.retain(|c| !c.is_ascii_punctuation());
        }
        if self.ignore_numbers {
            text.retain(|c| c.general_category() != GeneralCategory::DecimalNumber);
        }
        match self.ignore_whitespace {
            true => split(&text).collect::<Vec<_>>().join(" "),
            false => text,
        }
    }
}
