use serde::{Deserialize, Serialize};

use super::{
    CorpusFormula, CorpusSums, Sentence, SentenceCounts, TextScore, Tokenizer,
    ngrams::{check_length, clipped, ngrams},
    words::token,
};
use crate::{Bounds, Meta, MetricError, Result, fault::is_weight};

/// BLEU of texts that are cut into words by whitespace: the share of n-grams of translations that also occur in the references.
///
/// `BP · exp(Σ w_n ln p_n)`: `p_n` is the precision of n-grams over all sentences, where an n-gram counts at most as often as
/// some reference has it, and `BP = min(1, exp(1 - r/c))` the brevity penalty for translations that are shorter (`c` words) than
/// the references of the nearest length (`r`). From 0 to 1; higher is better.
///
/// Options: [`n_gram`](Self::n_gram), [`smooth`](Self::smooth), [`weights`](Self::weights);
/// [`per_sentence`](TextScore::per_sentence), [`per_sample`](TextScore::per_sample). Inputs: [`TextInput`](super::TextInput),
/// with any number of references. Errors: [`MetricError::Sample`] for a hypothesis without reference, [`MetricError::Config`].
///
/// # When to use
///
/// Use it for token sequences that are not text, or are cut into words already. For translations that are to be compared with other
/// people's use [`SacreBLEUScore`](super::SacreBLEUScore): how texts are cut into words moves the number by several percent. BLEU
/// is meant for whole corpora; of a single sentence it is mostly 0.
///
/// Source: Papineni et al., BLEU: a method for automatic evaluation of machine translation (2002); TorchMetrics' `BLEUScore`.
/// Where the two differ, it follows sacrebleu (tokenizer `none`; smoothing `add-k` with 1): TorchMetrics gives 0 in spite of
/// smoothing if no n-gram of some order matches, and of two lengths that are equally near it takes the first rather than the
/// shorter.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::{BLEUScore, TextInput};
///
/// let references = ["there is a cat on the mat", "a cat is on the mat"];
/// let bleu = BLEUScore::new().evaluate(TextInput::pairs([("the cat is on the mat", references)]))?;
/// assert!((bleu - 0.7598).abs() < 1e-4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type BLEUScore = TextScore<PlainBleu>;

/// The formula of [`BLEUScore`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlainBleu {
    smooth: bool,
    /// One per order; `None` if all orders count alike.
    weights: Option<Vec<f64>>,
}

impl BLEUScore {
    /// For n-grams of 1 to 4 words, without smoothing.
    pub fn new() -> Self {
        Self::of(PlainBleu::default(), BleuCounts::of(Tokenizer::None))
    }

    /// The length of the longest n-grams, by default 4.
    pub fn n_gram(mut self, longest: usize) -> Self {
        self.corpus.0.order = longest;
        self
    }

    /// Adds 1 to all counts of n-grams of at least two words, so that none is 0.
    pub fn smooth(mut self) -> Self {
        self.formula.smooth = true;
        self
    }

    /// How much each order counts; by default all alike.
    pub fn weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.formula.weights = Some(weights.into());
        self
    }
}

impl Default for BLEUScore {
    fn default() -> Self {
        Self::new()
    }
}

impl CorpusFormula for PlainBleu {
    type Counts = BleuCounts;
    type Value = f64;

    fn meta(&self, counts: &BleuCounts) -> Meta {
        let meta = Meta::new("BLEU").higher_is_better().within(Bounds::UNIT);
        let meta = match counts.order {
            4 => meta,
            order => meta.with(format_args!("up to {order}-grams")),
        };
        let meta = meta.with_if(self.smooth, "smooth");
        match &self.weights {
            None => meta,
            Some(weights) => meta.with(format_args!("weights {weights:?}")),
        }
    }

    fn check(&self, counts: &BleuCounts) -> Result<()> {
        let Some(weights) = &self.weights else {
            return Ok(());
        };
        let expected = format!("{}, one per order", counts.order);
        MetricError::check_option(
            "weights",
            weights.len(),
            weights.len() == counts.order,
            expected,
        )?;
        let valid = weights.iter().copied().all(is_weight);
        let expected = "finite numbers from 0";
        MetricError::check_option("weights", format!("{weights:?}"), valid, expected)
    }

    fn score(&self, counts: &BleuCounts, sums: &[f64], _sentences: f64) -> f64 {
        let smoothing = match self.smooth {
            true => Smoothing::AddK(1.0),
            false => Smoothing::None,
        };
        let precisions = Precisions::of(sums, counts.order, smoothing);
        let weights = self.weights.clone();
        let weights = weights.unwrap_or_else(|| vec![1.0 / counts.order as f64; counts.order]);
        precisions.score(&weights)
    }

    fn value(&self, counts: &BleuCounts, total: &CorpusSums) -> f64 {
        self.score(counts, total.sums(), total.sentences() as f64)
    }
}

/// What becomes of n-grams that no reference has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Smoothing {
    /// `none`: BLEU is 0 if there is an order of which no n-gram matches.
    None,
    /// `floor`: this many n-grams match instead of none; 0.1 in sacrebleu.
    Floor(f64),
    /// `add-k`: this number is added to the counts of n-grams of at least two words; 1 in sacrebleu.
    AddK(f64),
    /// `exp`: 1/2 n-gram matches instead of none, 1/4 in the next order without a match, and so on.
    #[default]
    Exponential,
}

impl Smoothing {
    /// As it stands in a signature.
    pub(super) fn name(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Floor(value) => format!("floor[{value:.2}]"),
            Self::AddK(value) => format!("add-k[{value:.2}]"),
            Self::Exponential => "exp".to_owned(),
        }
    }
}

/// How many n-grams there are and match: what BLEU is a function of.
///
/// Metrics of the same tokenizer share it, whatever their smoothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BleuCounts {
    pub(super) order: usize,
    pub(super) tokenizer: Tokenizer,
    pub(super) lowercase: bool,
}

impl BleuCounts {
    pub(super) fn of(tokenizer: Tokenizer) -> Self {
        Self {
            order: 4,
            tokenizer,
            lowercase: false,
        }
    }

    fn tokens(&self, text: &str) -> Vec<u64> {
        let mut tokens = Vec::new();
        let add = |word: &str| tokens.push(token(word));
        match self.lowercase {
            true => self.tokenizer.each(&text.to_lowercase(), add),
            false => self.tokenizer.each(text, add),
        }
        tokens
    }
}

impl SentenceCounts for BleuCounts {
    fn width(&self) -> usize {
        self.order.saturating_mul(2).saturating_add(2)
    }

    fn check(&self) -> Result<()> {
        check_length("n_gram", self.order)
    }

    /// The lengths of hypothesis and nearest reference, the n-grams that match, and all n-grams.
    fn count(&self, sentence: Sentence<'_>, counts: &mut [f64]) {
        let hypothesis = self.tokens(sentence.hypothesis);
        let references = sentence.references().map(|text| self.tokens(text));
        let references: Vec<Vec<u64>> = references.collect();
        let lengths = references.iter().map(Vec::len);
        let nearest = lengths.min_by_key(|length| (length.abs_diff(hypothesis.len()), *length));
        counts[0] = hypothesis.len() as f64;
        counts[1] = nearest.unwrap_or(0) as f64;

        let (matching, all) = counts[2..].split_at_mut(self.order);
        let references = references.iter().map(|tokens| ngrams(tokens, self.order));
        let references: Vec<Vec<Vec<u64>>> = references.collect();
        for (n, grams) in ngrams(&hypothesis, self.order).iter().enumerate() {
            let of_order = references.iter().map(|orders| &orders[n]);
            matching[n] = clipped(grams, of_order) as f64;
            all[n] = grams.len() as f64;
        }
    }
}

/// The precisions of n-grams, smoothed, and what else BLEU consists of.
pub(super) struct Precisions {
    /// One per order, from 0 to 1.
    pub precisions: Vec<f64>,
    /// Of the orders of which there are n-grams, the highest.
    pub orders: usize,
    pub brevity_penalty: f64,
    pub hypothesis: f64,
    pub reference: f64,
}

impl Precisions {
    pub fn of(sums: &[f64], order: usize, smoothing: Smoothing) -> Self {
        let (lengths, ngrams) = sums.split_at(2);
        let (matching, all) = ngrams.split_at(order);
        let (hypothesis, reference) = (lengths[0], lengths[1]);
        let mut all_of = Self {
            precisions: vec![0.0; order],
            orders: order,
            brevity_penalty: match hypothesis {
                0.0 if reference > 0.0 => 0.0,
                _ if hypothesis < reference => (1.0 - reference / hypothesis).exp(),
                _ => 1.0,
            },
            hypothesis,
            reference,
        };
        if matching.iter().all(|n| *n == 0.0) {
            return all_of;
        }
        let mut halved = 1.0;
        for n in 0..order {
            let added = match smoothing {
                Smoothing::AddK(k) if n > 0 => k,
                _ => 0.0,
            };
            let (matching, all) = (matching[n] + added, all[n] + added);
            if all == 0.0 {
                break;
            }
            all_of.orders = n + 1;
            let matching = match smoothing {
                _ if matching > 0.0 => matching,
                Smoothing::Exponential => {
                    halved *= 2.0;
                    1.0 / halved
                }
                Smoothing::Floor(value) => value,
                Smoothing::None | Smoothing::AddK(_) => 0.0,
            };
            all_of.precisions[n] = matching / all;
        }
        all_of
    }

    /// BLEU, with a weight for each order that counts.
    pub fn score(&self, weights: &[f64]) -> f64 {
        let precisions = &self.precisions[..weights.len()];
        if precisions.contains(&0.0) {
            return 0.0;
        }
        let logarithms = precisions.iter().zip(weights).map(|(p, w)| w * p.ln());
        self.brevity_penalty * logarithms.sum::<f64>().exp()
    }
}
