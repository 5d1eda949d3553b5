use std::{fmt::Debug, marker::PhantomData};

use serde::{Deserialize, Serialize};

use super::{AlignedErrors, CorpusFormula, CorpusSums, ErrorCounts, TextScore, TextUnit};
use crate::{Bounds, Meta};

/// The word error rate: the share of words that were recognized wrongly.
///
/// `(S + D + I) / N`: substitutions, deletions and insertions on the way from the references to the hypotheses, by the number
/// of words of all references. Lower is better; 0 is perfect. It exceeds 1 if there are many insertions.
///
/// Words are separated by spaces. Nothing is lowercased and no punctuation is removed: that is what
/// [`TextInput::map`](super::TextInput::map) is for.
///
/// Without any word in the references, the rate is the number of insertions, as in jiwer.
///
/// Options: [`per_sentence`](TextScore::per_sentence), [`per_sample`](TextScore::per_sample). Inputs:
/// [`TextInput`](super::TextInput) with one reference per hypothesis. Errors:
/// [`MetricError::Sample`](crate::MetricError::Sample) for a hypothesis without exactly one reference.
///
/// # When to use
///
/// It is the standard measure of speech recognition, and understood by everybody there. It depends much on how texts are
/// normalized ("ten" and "10", "o'clock" and "o clock"), so compare only rates of the same normalization. It counts all
/// words alike, "not" and "uh". For languages without spaces use [`CharErrorRate`]. To see where the errors are, use
/// [`Alignment`](super::Alignment).
///
/// Source: jiwer's `wer`. TorchMetrics separates words at any whitespace; jiwer, and this metric, not at a single tab, line
/// break or non-breaking space.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::WordErrorRate;
///
/// // One substitution and one insertion, over four words.
/// let rate = WordErrorRate::new().evaluate((["this is a a test"], ["this was a test"]))?;
/// assert_eq!(rate, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "WER")]
pub type WordErrorRate = TextScore<RateOf<WordErrors>>;

/// The character error rate: the share of characters that were recognized wrongly.
///
/// `(S + D + I) / N`, as for [`WordErrorRate`], of characters: Unicode code points, spaces between words included. An emoji that
/// is joined of several code points counts as several, and so does a letter with a combining accent.
///
/// Options: [`per_sentence`](TextScore::per_sentence), [`per_sample`](TextScore::per_sample). Inputs:
/// [`TextInput`](super::TextInput) with one reference per hypothesis. Errors:
/// [`MetricError::Sample`](crate::MetricError::Sample) for a hypothesis without exactly one reference.
///
/// # When to use
///
/// Use it for languages that do not separate words, for character recognition, and beside the word error rate: a wrong ending
/// costs a whole word there, but one letter here. Normalize Unicode first (NFC) where the same letter may be written in two ways.
///
/// Source: jiwer's `cer`.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::CharErrorRate;
///
/// let rate = CharErrorRate::new().evaluate((["今日は寒い"], ["今日は暑い"]))?;
/// assert_eq!(rate, 0.2);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "CER")]
pub type CharErrorRate = TextScore<RateOf<CharErrors>>;

/// The match error rate: the share of errors among all hits and errors.
///
/// `(S + D + I) / (H + S + D + I)`, where `H` are the words that are right. From 0 to 1; lower is better.
///
/// Options: [`per_sentence`](TextScore::per_sentence), [`per_sample`](TextScore::per_sample). Inputs and errors: as of
/// [`WordErrorRate`]. Without any word in the references, it is 0 if the hypotheses have none either, and 1 otherwise.
///
/// # When to use
///
/// Use it where a rate must not exceed 1: it is the probability that a pair of aligned words is wrong. Insertions count less than
/// in the [`WordErrorRate`], so the two may rank systems differently.
///
/// Source: Morris, Maier and Green, From WER and RIL to MER and WIL (2004); jiwer's `mer`. TorchMetrics divides by the length of
/// the longer of the two sentences, which gives a different number if there are both deletions and insertions. If several
/// alignments are best, the one that jiwer chooses is used.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::MatchErrorRate;
///
/// let rate = MatchErrorRate::new().evaluate((["this is a a test"], ["this was a test"]))?;
/// assert_eq!(rate, 0.4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "MER")]
pub type MatchErrorRate = TextScore<RateOf<MatchErrors>>;

/// The share of the information of words that is preserved.
///
/// `H/N · H/P`: the share of the reference's `N` words that are right, times that of the hypothesis' `P` words. From 0 to 1;
/// higher is better. 0 without any word in the hypotheses, and 1 without any word on both sides.
///
/// Options: [`per_sentence`](TextScore::per_sentence), [`per_sample`](TextScore::per_sample). Inputs and errors: as of
/// [`WordErrorRate`].
///
/// # When to use
///
/// See [`WordInformationLost`](WordInfoLost), its complement.
///
/// Source: Morris, Maier and Green (2004); jiwer's `wip`. TorchMetrics takes the length of the longer sentence less the errors
/// for the hits, which gives a different number if there are both deletions and insertions.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::WordInfoPreserved;
///
/// let preserved = WordInfoPreserved::new().evaluate((["this is a a test"], ["this was a test"]))?;
/// assert!((preserved - 3.0 / 4.0 * 3.0 / 5.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "WIP")]
pub type WordInfoPreserved = TextScore<RateOf<InfoPreserved>>;

/// The share of the information of words that is lost: `1 - H/N · H/P`.
///
/// From 0 to 1; lower is better.
///
/// Options: [`per_sentence`](TextScore::per_sentence), [`per_sample`](TextScore::per_sample). Inputs and errors: as of
/// [`WordErrorRate`].
///
/// # When to use
///
/// Use it if what matters is how much of a message arrives rather than how much editing it needs: a substitution costs twice, once
/// on each side. It is rarely reported, so report the [`WordErrorRate`] as well.
///
/// Source: Morris, Maier and Green (2004); jiwer's `wil`. See [`WordInfoPreserved`] for where TorchMetrics differs.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::WordInfoLost;
///
/// let lost = WordInfoLost::new().evaluate((["this is a a test"], ["this was a test"]))?;
/// assert!((lost - 0.55).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "WIL")]
pub type WordInfoLost = TextScore<RateOf<InfoLost>>;

/// A rate of errors: a function of how many words or characters are right and wrong.
pub trait ErrorFormula: Debug + Clone + Default + PartialEq + Send + Sync + 'static {
    /// What is compared.
    const UNIT: TextUnit;

    /// The name, direction and bounds.
    const META: Meta;

    /// The rate.
    fn rate(counts: &ErrorCounts) -> f64;
}

/// An [`ErrorFormula`] over what [`AlignedErrors`] counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct RateOf<F> {
    #[serde(skip)]
    formula: PhantomData<F>,
}

impl<F: ErrorFormula> TextScore<RateOf<F>> {
    /// The metric.
    pub fn new() -> Self {
        Self::of(RateOf::default(), AlignedErrors { unit: F::UNIT })
    }
}

impl<F: ErrorFormula> Default for TextScore<RateOf<F>> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: ErrorFormula> CorpusFormula for RateOf<F> {
    type Counts = AlignedErrors;
    type Value = f64;

    fn meta(&self, _: &AlignedErrors) -> Meta {
        F::META
    }

    fn score(&self, _: &AlignedErrors, sums: &[f64], _sentences: f64) -> f64 {
        F::rate(&ErrorCounts::of(sums))
    }

    fn value(&self, _: &AlignedErrors, total: &CorpusSums) -> f64 {
        F::rate(&ErrorCounts::of(total.sums()))
    }
}

/// The formula of [`WordErrorRate`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WordErrors;

/// The formula of [`CharErrorRate`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CharErrors;

/// The formula of [`MatchErrorRate`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MatchErrors;

/// The formula of [`WordInfoPreserved`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InfoPreserved;

/// The formula of [`WordInfoLost`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InfoLost;

/// Errors per word of the references.
fn error_rate(counts: &ErrorCounts) -> f64 {
    match counts.reference() {
        0.0 => counts.insertions,
        reference => counts.errors() / reference,
    }
}

impl ErrorFormula for WordErrors {
    const UNIT: TextUnit = TextUnit::Words;
    const META: Meta = Meta::new("Word error rate")
        .lower_is_better()
        .within(Bounds::POSITIVE);

    fn rate(counts: &ErrorCounts) -> f64 {
        error_rate(counts)
    }
}

impl ErrorFormula for CharErrors {
    const UNIT: TextUnit = TextUnit::Characters;
    const META: Meta = Meta::new("Character error rate")
        .lower_is_better()
        .within(Bounds::POSITIVE);

    fn rate(counts: &ErrorCounts) -> f64 {
        error_rate(counts)
    }
}

impl ErrorFormula for MatchErrors {
    const UNIT: TextUnit = TextUnit::Words;
    const META: Meta = Meta::new("Match error rate")
        .lower_is_better()
        .within(Bounds::UNIT);

    fn rate(counts: &ErrorCounts) -> f64 {
        match counts.hits + counts.errors() {
            0.0 => 0.0,
            all => counts.errors() / all,
        }
    }
}

impl ErrorFormula for InfoPreserved {
    const UNIT: TextUnit = TextUnit::Words;
    const META: Meta = Meta::new("Word information preserved")
        .higher_is_better()
        .within(Bounds::UNIT);

    fn rate(counts: &ErrorCounts) -> f64 {
        match (counts.reference(), counts.hypothesis()) {
            (0.0, 0.0) => 1.0,
            (0.0, _) | (_, 0.0) => 0.0,
            (reference, hypothesis) => counts.hits / reference * (counts.hits / hypothesis),
        }
    }
}

impl ErrorFormula for InfoLost {
    const UNIT: TextUnit = TextUnit::Words;
    const META: Meta = Meta::new("Word information lost")
        .lower_is_better()
        .within(Bounds::UNIT);

    fn rate(counts: &ErrorCounts) -> f64 {
        1.0 - InfoPreserved::rate(counts)
    }
}
