use std::{collections::HashMap, fmt};

use serde::{Deserialize, Serialize};

use super::{
    CorpusFormula, CorpusSums, Sentence, SentenceCounts, TextScore,
    edits::common_subsequence,
    ngrams::{check_length, common, ngrams},
    porter_stem,
    words::{split, token},
};
use crate::{Bounds, Meta, MetricError, Result, Value};

/// ROUGE: the words, n-grams or subsequences that summaries and references have in common.
///
/// For each summary and each [`RougeType`], precision (by what the summary has), recall (by what the reference has) and their
/// F-score; the value, [`RougeScores`], has their means over summaries. From 0 to 1; higher is better.
///
/// Words are runs of the letters a to z and digits, lowercased: everything else, such as a letter with an accent or one of
/// another alphabet, separates words. A text without any such word scores 0.
/// With [`cut_already`](Self::cut_already), words are separated by whitespace and not changed: see "Words of your own" below.
///
/// Options: [`types`](Self::types), by default ROUGE-1, 2, L and Lsum; [`stem`](Self::stem); [`average`](Self::average) over
/// references instead of the best one; [`per_sentence`](TextScore::per_sentence) and [`per_sample`](TextScore::per_sample), which
/// give the F-score of the first type. Inputs: [`TextInput`](super::TextInput), with any number of references; sentences of a
/// summary, which only Lsum sees, are lines. Errors: [`MetricError::Sample`] for a summary without reference,
/// [`MetricError::Config`] for no type or n-grams of 0 words.
///
/// # When to use
///
/// Use it for extracts and summaries of news, where it has been reported for twenty years. It counts words, not facts: a summary
/// that turns a statement into its opposite loses almost nothing, and one in other words loses nearly everything. For languages
/// other than English, use a tokenizer of your own. Say which types, whether stemmed, and how sentences were split.
///
/// # Words of your own
///
/// A metric is plain data, so it has no function for a tokenizer or a normalizer. They are functions of its input:
/// [`TextInput::cut_by`](super::TextInput::cut_by) is for a tokenizer and [`TextInput::map`](super::TextInput::map) for a
/// normalizer. As in TorchMetrics and rouge-score, they take the place of lowercasing and of the rule about letters.
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::{ROUGEScore, RougeType, Tokenizer};
///
/// let rouge = ROUGEScore::new().types([RougeType::N(1)]).cut_already();
/// let tokenizer = rouge.clone().with_input("Chinese", |texts: TextInput| {
///     texts.cut_by(|line| Tokenizer::Chinese.tokens(line))
/// });
/// let scores = tokenizer.evaluate(TextInput::from((["今天天氣好"], ["今天天氣很好"])))?;
/// assert_eq!(scores.get(RougeType::N(1)).unwrap().precision, 1.0);
///
/// let normalizer = rouge.with_input("lowercase", |texts: TextInput| texts.map(str::to_lowercase));
/// let scores = normalizer.evaluate(TextInput::from((["Über Łódź"], ["über łódź"])))?;
/// assert_eq!(scores.get(RougeType::N(1)).unwrap().fmeasure, 1.0);
/// # Ok::<(), MetricError>(())
/// ```
///
/// Source: Lin, ROUGE: a package for automatic evaluation of summaries (2004); rouge-score 0.1.2. TorchMetrics' `ROUGEScore`
/// splits sentences with a trained model of NLTK, rouge-score (and this metric) at line breaks.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::{ROUGEScore, RougeType};
///
/// let rouge = ROUGEScore::new().evaluate((["My name is John"], ["Is your name John"]))?;
/// let of_words = rouge.get(RougeType::N(1)).unwrap();
/// assert_eq!((of_words.precision, of_words.recall), (0.75, 0.75));
/// assert_eq!(rouge.get(RougeType::L).unwrap().fmeasure, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "ROUGE")]
pub type ROUGEScore = TextScore<MeanRouge>;

/// The formula of [`ROUGEScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanRouge {}

impl ROUGEScore {
    /// ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum, of the best reference, without stemming.
    pub fn new() -> Self {
        Self::of(
            MeanRouge {},
            RougeMatches {
                types: vec![
                    RougeType::N(1),
                    RougeType::N(2),
                    RougeType::L,
                    RougeType::Lsum,
                ],
                cut_already: false,
                stem: false,
                average: false,
            },
        )
    }

    /// What is compared.
    pub fn types(mut self, types: impl Into<Vec<RougeType>>) -> Self {
        self.corpus.0.types = types.into();
        self
    }

    /// Separates words at whitespace and does not change them: for other languages, or a tokenizer of your own.
    pub fn cut_already(mut self) -> Self {
        self.corpus.0.cut_already = true;
        self
    }

    /// Reduces words of more than three letters to their [stems](porter_stem).
    pub fn stem(mut self) -> Self {
        self.corpus.0.stem = true;
        self
    }

    /// Averages over the references of a summary. By default the one with the best F-score counts, for each type on its own.
    pub fn average(mut self) -> Self {
        self.corpus.0.average = true;
        self
    }
}

impl Default for ROUGEScore {
    fn default() -> Self {
        Self::new()
    }
}

/// The parts of a summary and its reference that a [`ROUGEScore`] compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RougeType {
    /// N-grams of this many words: `rouge1` and so on.
    N(usize),
    /// The longest common subsequence of words.
    L,
    /// The words of each sentence of the reference that are in a longest common subsequence with some sentence of the summary;
    /// sentences are lines.
    Lsum,
}

/// As rouge-score has it, such as `rouge1`.
impl fmt::Display for RougeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::N(n) => write!(f, "rouge{n}"),
            Self::L => f.write_str("rougeL"),
            Self::Lsum => f.write_str("rougeLsum"),
        }
    }
}

/// Precision, recall and F-score of one [`RougeType`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RougeScore {
    /// The share of what the summary has that the reference has.
    pub precision: f64,
    /// The share of what the reference has that the summary has.
    pub recall: f64,
    /// The harmonic mean of both.
    pub fmeasure: f64,
}

impl RougeScore {
    fn of(hits: usize, hypothesis: usize, reference: usize) -> Self {
        let precision = hits as f64 / hypothesis.max(1) as f64;
        let recall = hits as f64 / reference.max(1) as f64;
        let fmeasure = match precision + recall > 0.0 {
            true => 2.0 * precision * recall / (precision + recall),
            false => 0.0,
        };
        Self {
            precision,
            recall,
            fmeasure,
        }
    }

    fn numbers(self) -> [f64; 3] {
        [self.precision, self.recall, self.fmeasure]
    }
}

/// The value of [`ROUGEScore`]: scores of each type.
#[derive(Debug, Clone, PartialEq)]
pub struct RougeScores {
    /// The types with their scores, in the order of [`ROUGEScore::types`].
    pub scores: Vec<(RougeType, RougeScore)>,
}

impl RougeScores {
    /// The scores of a type, if it is there.
    pub fn get(&self, of: RougeType) -> Option<RougeScore> {
        let mut scores = self.scores.iter();
        scores
            .find(|(kind, _)| *kind == of)
            .map(|(_, score)| *score)
    }
}

impl Value for RougeScores {
    fn entries(&self) -> Vec<(String, f64)> {
        let scores = self.scores.iter().flat_map(|(kind, score)| {
            let names = ["precision", "recall", "fmeasure"].into_iter();
            names
                .zip(score.numbers())
                .map(move |(name, n)| (format!("{kind}_{name}"), n))
        });
        scores.collect()
    }
}

/// Precision, recall and F-score of each summary: what [`ROUGEScore`] is the mean of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RougeMatches {
    types: Vec<RougeType>,
    cut_already: bool,
    stem: bool,
    average: bool,
}

impl SentenceCounts for RougeMatches {
    fn width(&self) -> usize {
        3 * self.types.len()
    }

    fn check(&self) -> Result<()> {
        let empty = self.types.is_empty();
        MetricError::check_option("types", self.types.len(), !empty, "at least one")?;
        self.types.iter().try_for_each(|kind| match kind {
            RougeType::N(n) => check_length("types", *n),
            RougeType::L | RougeType::Lsum => Ok(()),
        })
    }

    fn count(&self, sentence: Sentence<'_>, counts: &mut [f64]) {
        let hypothesis = self.tokens(sentence.hypothesis);
        let references = sentence.references().map(|text| self.tokens(text));
        let references: Vec<Tokens> = references.collect();
        for (kind, counts) in self.types.iter().zip(counts.chunks_exact_mut(3)) {
            let scores = references
                .iter()
                .map(|reference| hypothesis.score(reference, *kind));
            if self.average {
                let share = 1.0 / references.len() as f64;
                for score in scores {
                    let sums = counts.iter_mut().zip(score.numbers());
                    sums.for_each(|(sum, number)| *sum += share * number);
                }
                continue;
            }
            let best = scores.reduce(|best, score| match score.fmeasure > best.fmeasure {
                true => score,
                false => best,
            });
            counts.copy_from_slice(&best.unwrap_or_default().numbers());
        }
    }
}

/// The words of a text.
struct Tokens {
    words: Vec<u64>,
    /// Where each line ends that has any character.
    lines: Vec<usize>,
    /// The n-grams up to the longest that is asked for.
    ngrams: Vec<Vec<u64>>,
}

impl RougeMatches {
    fn tokens(&self, text: &str) -> Tokens {
        let (mut words, mut lines) = (Vec::new(), Vec::new());
        let mut add = |word: &str| {
            words.push(match self.stem && word.chars().count() > 3 {
                true => token(&porter_stem(word)),
                false => token(word),
            });
            words.len()
        };
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let end = match self.cut_already {
                true => split(line).map(&mut add).last(),
                false => english_words(&line.to_lowercase()).map(&mut add).last(),
            };
            let before = lines.last().copied().unwrap_or(0);
            lines.push(end.unwrap_or(before));
        }
        let orders = self.types.iter().map(|kind| match kind {
            RougeType::N(n) => *n,
            RougeType::L | RougeType::Lsum => 0,
        });
        Tokens {
            ngrams: ngrams(&words, orders.max().unwrap_or(0)),
            words,
            lines,
        }
    }
}

/// Runs of letters and digits of ASCII.
fn english_words(text: &str) -> impl Iterator<Item = &str> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let words = text.split(move |c| !is_letter(c));
    words.filter(|word| !word.is_empty())
}

impl Tokens {
    fn score(&self, reference: &Self, kind: RougeType) -> RougeScore {
        match kind {
            RougeType::N(n) => {
                let (own, others) = (&self.ngrams[n - 1], &reference.ngrams[n - 1]);
                RougeScore::of(common(own, others), own.len(), others.len())
            }
            RougeType::L => {
                let hits = common_subsequence(&reference.words, &self.words);
                RougeScore::of(hits, self.words.len(), reference.words.len())
            }
            RougeType::Lsum => {
                let hits = self.union_hits(reference);
                RougeScore::of(hits, self.words.len(), reference.words.len())
            }
        }
    }

    fn sentences(&self) -> impl Iterator<Item = &[u64]> + Clone {
        let starts = std::iter::once(&0).chain(&self.lines);
        starts
            .zip(&self.lines)
            .map(|(start, end)| &self.words[*start..*end])
    }

    /// The words of the reference's sentences that some sentence has in common with them, each no more often than both texts have
    /// it.
    fn union_hits(&self, reference: &Self) -> usize {
        let counts = |words: &[u64]| {
            let mut counts = HashMap::new();
            words
                .iter()
                .for_each(|word| *counts.entry(*word).or_insert(0u32) += 1);
            counts
        };
        let (mut own, mut others) = (counts(&self.words), counts(&reference.words));
        let mut hits = 0;
        for sentence in reference.sentences() {
            let mut is_common = vec![false; sentence.len()];
            for own in self.sentences() {
                mark_common(sentence, own, &mut is_common);
            }
            let words = sentence.iter().zip(is_common);
            for (word, _) in words.filter(|(_, is_common)| *is_common) {
                if let (Some(own @ 1..), Some(others @ 1..)) =
                    (own.get_mut(word), others.get_mut(word))
                {
                    (*own, *others) = (*own - 1, *others - 1);
                    hits += 1;
                }
            }
        }
        hits
    }
}

/// Marks the words of a sentence that are in the longest common subsequence with another: of several, in the one that rouge-score
/// finds.
fn mark_common(sentence: &[u64], other: &[u64], is_common: &mut [bool]) {
    let width = other.len() + 1;
    let mut table = vec![0u32; (sentence.len() + 1) * width];
    for (i, a) in sentence.iter().enumerate() {
        for (j, b) in other.iter().enumerate() {
            table[(i + 1) * width + j + 1] = match a == b {
                true => table[i * width + j] + 1,
                false => table[i * width + j + 1].max(table[(i + 1) * width + j]),
            };
        }
    }
    let (mut i, mut j) = (sentence.len(), other.len());
    while i > 0 && j > 0 {
        if sentence[i - 1] == other[j - 1] {
            (i, j) = (i - 1, j - 1);
            is_common[i] = true;
        } else if table[i * width + j - 1] > table[(i - 1) * width + j] {
            j -= 1;
        } else {
            i -= 1;
        }
    }
}

impl CorpusFormula for MeanRouge {
    type Counts = RougeMatches;
    type Value = RougeScores;

    fn meta(&self, counts: &RougeMatches) -> Meta {
        let meta = Meta::new("ROUGE").higher_is_better().within(Bounds::UNIT);
        let meta = match counts.types[..] {
            [
                RougeType::N(1),
                RougeType::N(2),
                RougeType::L,
                RougeType::Lsum,
            ] => meta,
            _ => counts.types.iter().fold(meta, |meta, kind| meta.with(kind)),
        };
        meta.with_if(counts.cut_already, "cut already")
            .with_if(counts.stem, "stemmed")
            .with_if(counts.average, "average of references")
    }

    fn score(&self, _: &RougeMatches, sums: &[f64], sentences: f64) -> f64 {
        sums[2] / sentences
    }

    fn value(&self, counts: &RougeMatches, total: &CorpusSums) -> RougeScores {
        let n = total.sentences() as f64;
        let scores = total.sums().chunks_exact(3).map(|sums| RougeScore {
            precision: sums[0] / n,
            recall: sums[1] / n,
            fmeasure: sums[2] / n,
        });
        RougeScores {
            scores: counts.types.iter().copied().zip(scores).collect(),
        }
    }
}
