use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    BleuCounts, CorpusFormula, CorpusSums, Smoothing, TextScore, Tokenizer,
    bleu::Precisions,
    signature::{case, signature, yes_or_no},
};
use crate::{Bounds, Meta, Value};

/// BLEU as sacrebleu computes it, which cuts texts into words by itself, so that scores of different people can be compared.
///
/// `100 · BP · exp(mean ln p_n)` for n-grams of 1 to 4 words: see [`BLEUScore`](super::BLEUScore). The value is a [`Bleu`]: the
/// score, a percentage as in sacrebleu; what it consists of; and the signature that goes with it in a paper. From 0 to 100;
/// higher is better.
///
/// Options: [`tokenizer`](Self::tokenizer), all of sacrebleu's; [`smoothing`](Self::smoothing), [`lowercase`](Self::lowercase),
/// [`effective_order`](Self::effective_order), [`n_gram`](Self::n_gram); [`per_sentence`](TextScore::per_sentence),
/// [`per_sample`](TextScore::per_sample). Inputs: [`TextInput`](super::TextInput), untokenized, with any number of references.
/// Errors: [`MetricError::Sample`](crate::MetricError::Sample) for a hypothesis without reference,
/// [`MetricError::Config`](crate::MetricError::Config) for n-grams of 0 words.
///
/// # When to use
///
/// Use it to compare translations with published ones: always quote the signature, and compare only scores with the same one.
/// BLEU sees words, not meaning: a synonym costs as much as nonsense, and systems of different kinds (rules, networks, people)
/// are often ranked wrongly. For languages with rich morphology [`CHRFScore`](super::CHRFScore) agrees better with people. A
/// difference of less than a point is seldom significant; test it, as below. For single sentences use
/// [`effective_order`](Self::effective_order).
///
/// # Is one system better than another?
///
/// The guide page [Evaluate text](crate::guide::evaluate_text) shows sacrebleu's paired bootstrap.
///
/// Source: Post, A call for clarity in reporting BLEU scores (2018); sacrebleu 2.6. TorchMetrics' `SacreBLEUScore` gives
/// fractions, and cuts numbers before a full stop off in another way.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::{SacreBLEUScore, TextInput};
///
/// let translations = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];
/// let references = [
///     ["The dog bit the man.", "It was not unexpected.", "The man bit him first."],
///     ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."],
/// ];
/// let bleu = SacreBLEUScore::new().evaluate(TextInput::streams(translations, references))?;
/// assert!((bleu.score - 48.530827).abs() < 1e-6);
/// assert_eq!(bleu.signature, "nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "BLEU")]
pub type SacreBLEUScore = TextScore<SignedBleu>;

/// The formula of [`SacreBLEUScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SignedBleu {
    smoothing: Smoothing,
    effective_order: bool,
}

impl SacreBLEUScore {
    /// With sacrebleu's defaults: tokenizer `13a`, smoothing `exp`.
    pub fn new() -> Self {
        Self::of(SignedBleu::default(), BleuCounts::of(Tokenizer::V13a))
    }

    /// How sentences are cut into words, by default as `13a`.
    pub fn tokenizer(mut self, tokenizer: Tokenizer) -> Self {
        self.corpus.0.tokenizer = tokenizer;
        self
    }

    /// What becomes of n-grams that no reference has, by default [`Smoothing::Exponential`].
    pub fn smoothing(mut self, smoothing: Smoothing) -> Self {
        self.formula.smoothing = smoothing;
        self
    }

    /// Ignores the difference between upper and lower case.
    pub fn lowercase(mut self) -> Self {
        self.corpus.0.lowercase = true;
        self
    }

    /// Leaves out orders of which the translations have no n-grams: for single sentences.
    pub fn effective_order(mut self) -> Self {
        self.formula.effective_order = true;
        self
    }

    /// The length of the longest n-grams, by default 4. The signature does not say it.
    pub fn n_gram(mut self, longest: usize) -> Self {
        self.corpus.0.order = longest;
        self
    }
}

impl Default for SacreBLEUScore {
    fn default() -> Self {
        Self::new()
    }
}

impl SignedBleu {
    fn bleu(&self, counts: &BleuCounts, sums: &[f64]) -> (f64, Precisions) {
        let precisions = Precisions::of(sums, counts.order, self.smoothing);
        let orders = match self.effective_order {
            true => precisions.orders,
            false => counts.order,
        };
        let score = precisions.score(&vec![1.0 / orders as f64; orders]);
        (100.0 * score, precisions)
    }
}

impl CorpusFormula for SignedBleu {
    type Counts = BleuCounts;
    type Value = Bleu;

    fn meta(&self, counts: &BleuCounts) -> Meta {
        let meta = Meta::new("SacreBLEU")
            .higher_is_better()
            .within(Bounds::new(0.0, 100.0));
        let meta = meta.with_other(counts.tokenizer.name().as_ref(), "13a");
        let meta = meta.with_other(self.smoothing.name().as_str(), "exp");
        let meta = meta
            .with_if(counts.lowercase, "lowercase")
            .with_if(self.effective_order, "effective order");
        match counts.order {
            4 => meta,
            order => meta.with(format_args!("up to {order}-grams")),
        }
    }

    fn score(&self, counts: &BleuCounts, sums: &[f64], _sentences: f64) -> f64 {
        self.bleu(counts, sums).0
    }

    fn value(&self, counts: &BleuCounts, total: &CorpusSums) -> Bleu {
        let (score, parts) = self.bleu(counts, total.sums());
        let options = [
            ("case", case(counts.lowercase)),
            ("eff", yes_or_no(self.effective_order)),
            ("tok", &counts.tokenizer.name()),
            ("smooth", &self.smoothing.name()),
        ];
        Bleu {
            score,
            precisions: parts.precisions.iter().map(|p| 100.0 * p).collect(),
            brevity_penalty: parts.brevity_penalty,
            hypothesis_length: parts.hypothesis as u64,
            reference_length: parts.reference as u64,
            signature: signature(total.references(), &options),
        }
    }
}

/// The value of [`SacreBLEUScore`]: BLEU, what it consists of, and its signature.
///
/// It is one number where numbers are wanted, and sacrebleu's line where it is printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Bleu {
    /// BLEU, a percentage.
    pub score: f64,
    /// The precision of the n-grams of each order, after smoothing: percentages.
    pub precisions: Vec<f64>,
    /// The factor for translations that are shorter than their references.
    pub brevity_penalty: f64,
    /// The number of words of the translations.
    pub hypothesis_length: u64,
    /// The number of words of the references of the nearest length.
    pub reference_length: u64,
    /// The signature, such as `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0`: quote it with the score.
    pub signature: String,
}

impl fmt::Display for Bleu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let precisions = self.precisions.iter().map(|p| format!("{p:.1}"));
        let precisions = precisions.collect::<Vec<_>>().join("/");
        let ratio = match self.reference_length {
            0 => 0.0,
            length => self.hypothesis_length as f64 / length as f64,
        };
        write!(
            f,
            "BLEU|{} = {:.2} {precisions} (BP = {:.3} ratio = {ratio:.3} hyp_len = {} ref_len = {})",
            self.signature,
            self.score,
            self.brevity_penalty,
            self.hypothesis_length,
            self.reference_length,
        )
    }
}

impl Value for Bleu {
    const SCALAR: bool = true;

    fn scalar(&self) -> Option<f64> {
        Some(self.score)
    }

    fn report(&self) -> String {
        self.to_string()
    }
}
