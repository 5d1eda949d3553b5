use serde::{Deserialize, Serialize};

use super::{
    CorpusFormula, CorpusSums, Sentence, SentenceCounts, SignedScore, TextScore,
    ngrams::{check_length, common, ngrams},
    signature::{case, signature, yes_or_no},
    words::{characters, is_space, split, token},
};
use crate::{Bounds, Meta, MetricError, Result};

/// chrF: the F-score of n-grams of characters that translations and references have in common.
///
/// `100 · (1 + β²) P R / (β² P + R)`: precision `P` and recall `R` of n-grams of 1 to 6 characters without whitespace, averaged
/// over their lengths; over a corpus, n-grams are counted over all sentences. Recall counts twice as much as precision (`β = 2`).
/// With [`word_order`](Self::word_order) 2, n-grams of words count as well: chrF++. Of several references the one with the best
/// score counts. From 0 to 100, as in sacrebleu; higher is better. The value is a [`SignedScore`], with the signature for a
/// paper.
///
/// Options: [`char_order`](Self::char_order), [`word_order`](Self::word_order), [`beta`](Self::beta),
/// [`lowercase`](Self::lowercase), [`whitespace`](Self::whitespace), [`eps_smoothing`](Self::eps_smoothing);
/// [`per_sentence`](TextScore::per_sentence), [`per_sample`](TextScore::per_sample). Inputs: [`TextInput`](super::TextInput),
/// untokenized, with any number of references. Errors: [`MetricError::Sample`] for a hypothesis without reference,
/// [`MetricError::Config`].
///
/// # When to use
///
/// Use it for translations, above all into languages with rich morphology or without blanks: it needs no tokenizer, half a word
/// counts half, and it agrees better with people than BLEU, for single sentences too. It does not see word order beyond a few
/// characters, and rewards the right letters in the wrong word. Scores of different languages do not compare.
///
/// Source: Popović, chrF (2015) and chrF++ (2017); sacrebleu 2.6. TorchMetrics' `CHRFScore` gives fractions, has two words as its
/// default, and loses the n-grams of the references of sentences that score 0, which makes bad translations look better.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::CHRFScore;
///
/// let chrf = CHRFScore::plus_plus().evaluate((["The dog bit the man."], ["The dogs had bitten the man."]))?;
/// assert_eq!(chrf.to_string(), "chrF2++|nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0 = 47.69");
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "chrF++")]
pub type CHRFScore = TextScore<CharacterF>;

/// The formula of [`CHRFScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharacterF {}

impl CHRFScore {
    /// chrF: n-grams of up to 6 characters, recall counting twice.
    pub fn new() -> Self {
        Self::of(
            CharacterF {},
            ChrfCounts {
                char_order: 6,
                word_order: 0,
                beta: 2.0,
                lowercase: false,
                whitespace: false,
                eps_smoothing: false,
            },
        )
    }

    /// chrF++: with words and pairs of words.
    pub fn plus_plus() -> Self {
        Self::new().word_order(2)
    }

    /// The length of the longest n-grams of characters, by default 6.
    pub fn char_order(mut self, longest: usize) -> Self {
        self.corpus.0.char_order = longest;
        self
    }

    /// The length of the longest n-grams of words, by default 0; 2 for chrF++.
    pub fn word_order(mut self, longest: usize) -> Self {
        self.corpus.0.word_order = longest;
        self
    }

    /// How many times as much recall counts as precision, by default 2.
    pub fn beta(mut self, beta: f64) -> Self {
        self.corpus.0.beta = beta;
        self
    }

    /// Ignores the difference between upper and lower case.
    pub fn lowercase(mut self) -> Self {
        self.corpus.0.lowercase = true;
        self
    }

    /// Counts whitespace as characters.
    pub fn whitespace(mut self) -> Self {
        self.corpus.0.whitespace = true;
        self
    }

    /// Averages the F-scores of all lengths, with a tiny number for those that are not there, as NLTK and Moses do. By default
    /// precision and recall are averaged, over the lengths that are there.
    pub fn eps_smoothing(mut self) -> Self {
        self.corpus.0.eps_smoothing = true;
        self
    }
}

impl Default for CHRFScore {
    fn default() -> Self {
        Self::new()
    }
}

/// How many n-grams there are and match: what chrF is a function of.
///
/// All options belong here, because they decide which of several references counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChrfCounts {
    char_order: usize,
    word_order: usize,
    beta: f64,
    lowercase: bool,
    whitespace: bool,
    eps_smoothing: bool,
}

impl SentenceCounts for ChrfCounts {
    fn width(&self) -> usize {
        self.char_order
            .saturating_add(self.word_order)
            .saturating_mul(3)
    }

    fn check(&self) -> Result<()> {
        check_length("char_order", self.char_order)?;
        if self.word_order > 0 {
            check_length("word_order", self.word_order)?;
        }
        match self.beta > 0.0 && self.beta.is_finite() {
            true => Ok(()),
            false => Err(MetricError::config("beta", "a positive number", self.beta)),
        }
    }

    /// For each length: the n-grams of the hypothesis, those of the reference, and those of both.
    fn count(&self, sentence: Sentence<'_>, counts: &mut [f64]) {
        let hypothesis = self.orders(sentence.hypothesis);
        let mut best = f64::NEG_INFINITY;
        let mut row = vec![0.0; counts.len()];
        for reference in sentence.references() {
            let reference = self.orders(reference);
            let orders = row
                .chunks_exact_mut(3)
                .zip(hypothesis.iter().zip(&reference));
            for (row, (hypothesis, reference)) in orders {
                // Without a reference of this length there is nothing to be wrong about.
                let counted = if reference.is_empty() {
                    0
                } else {
                    hypothesis.len()
                };
                row[0] = counted as f64;
                row[1] = reference.len() as f64;
                row[2] = common(hypothesis, reference) as f64;
            }
            let score = self.f_score(&row);
            if score > best {
                best = score;
                counts.copy_from_slice(&row);
            }
        }
    }
}

impl ChrfCounts {
    /// The n-grams of each length: of characters, then of words.
    fn orders(&self, text: &str) -> Vec<Vec<u64>> {
        let lowered;
        let text = match self.lowercase {
            true => {
                lowered = text.to_lowercase();
                &lowered
            }
            false => text,
        };
        let letters = match self.whitespace {
            true => characters(text),
            false => {
                let letters = text.chars().filter(|c| !is_space(*c));
                letters.map(|c| u64::from(u32::from(c))).collect()
            }
        };
        let mut orders = ngrams(&letters, self.char_order);
        if self.word_order > 0 {
            orders.extend(ngrams(&words(text), self.word_order));
        }
        orders
    }

    /// The F-score, from 0 to 100.
    fn f_score(&self, counts: &[f64]) -> f64 {
        const EPSILON: f64 = 1e-16;
        let factor = self.beta * self.beta;
        let f = |precision: f64, recall: f64| {
            (1.0 + factor) * precision * recall / (factor * precision + recall)
        };
        let (mut sum, mut precisions, mut recalls, mut orders) = (0.0, 0.0, 0.0, 0.0);
        for order in counts.chunks_exact(3) {
            let share = |all: f64| if all > 0.0 { order[2] / all } else { EPSILON };
            let (precision, recall) = (share(order[0]), share(order[1]));
            sum += match factor * precision + recall > 0.0 {
                true => f(precision, recall),
                false => EPSILON,
            };
            if order[0] > 0.0 && order[1] > 0.0 {
                precisions += precision;
                recalls += recall;
                orders += 1.0;
            }
        }
        if self.eps_smoothing {
            return 100.0 * sum / (counts.len() / 3) as f64;
        }
        match precisions + recalls > 0.0 {
            true => 100.0 * f(precisions / orders, recalls / orders),
            false => 0.0,
        }
    }
}

/// Words as tokens, with one punctuation mark cut off: the last character if it is one, else the first.
fn words(text: &str) -> Vec<u64> {
    let mut tokens = Vec::new();
    for word in split(text) {
        let is_mark = |c: char| c.is_ascii_punctuation();
        let (first, last) = (word.chars().next(), word.chars().next_back());
        let (head, tail) = match (first, last) {
            (Some(c), _) if c.len_utf8() == word.len() => (word, ""),
            (_, Some(c)) if is_mark(c) => word.split_at(word.len() - c.len_utf8()),
            (Some(c), _) if is_mark(c) => word.split_at(c.len_utf8()),
            _ => (word, ""),
        };
        tokens.push(token(head));
        if !tail.is_empty() {
            tokens.push(token(tail));
        }
    }
    tokens
}

impl CorpusFormula for CharacterF {
    type Counts = ChrfCounts;
    type Value = SignedScore;

    fn meta(&self, counts: &ChrfCounts) -> Meta {
        let meta = match counts.word_order {
            0 => Meta::new("chrF"),
            1 => Meta::new("chrF+"),
            2 => Meta::new("chrF++"),
            order => Meta::new("chrF").with(format_args!("up to {order} words")),
        };
        let meta = meta.higher_is_better().within(Bounds::new(0.0, 100.0));
        let meta = match counts.char_order {
            6 => meta,
            order => meta.with(format_args!("up to {order} characters")),
        };
        let meta = match counts.beta {
            2.0 => meta,
            beta => meta.with(format_args!("beta {beta}")),
        };
        let flags = [
            (counts.lowercase, "lowercase"),
            (counts.whitespace, "whitespace"),
            (counts.eps_smoothing, "epsilon"),
        ];
        let flags = flags.into_iter();
        flags.fold(meta, |meta, (is_set, name)| meta.with_if(is_set, name))
    }

    fn score(&self, counts: &ChrfCounts, sums: &[f64], _sentences: f64) -> f64 {
        counts.f_score(sums)
    }

    fn value(&self, counts: &ChrfCounts, total: &CorpusSums) -> SignedScore {
        let options = [
            ("case", case(counts.lowercase)),
            ("eff", yes_or_no(!counts.eps_smoothing)),
            ("nc", &counts.char_order.to_string()),
            ("nw", &counts.word_order.to_string()),
            ("space", yes_or_no(counts.whitespace)),
        ];
        SignedScore {
            name: format!("chrF{}{}", counts.beta, "+".repeat(counts.word_order)),
            score: counts.f_score(total.sums()),
            signature: signature(total.references(), &options),
        }
    }
}
