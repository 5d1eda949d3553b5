use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::{
    CorpusFormula, CorpusSums, Sentence, SentenceCounts, TextInput, TextScore,
    ngrams::common,
    words::{split, token},
};
use crate::{Bounds, Meta, Value};

/// Answers to questions, as the Stanford Question Answering Dataset scores them: the percentage of exact matches, and the F-score
/// of words.
///
/// Both sides are lowercased, and lose ASCII punctuation, articles and superfluous whitespace. Of several right answers the one
/// that scores best counts. The value is a [`SquadScores`]: means over questions, percentages as in the official script. From 0
/// to 100; higher is better. If either side has no word left, the F-score is 100 if both have none, else 0.
///
/// Options: [`per_sentence`](TextScore::per_sentence) and [`per_sample`](TextScore::per_sample), which give the F-score. Inputs:
/// [`TextInput`] with the answer that was given as hypothesis and the right ones as references, also by the ids of questions:
/// [`TextInput::by_id`]. Errors: [`MetricError::Sample`](crate::MetricError::Sample) for a question without any right answer, or
/// an id without answer, which scores 0 in the official script.
///
/// # When to use
///
/// Use it for short answers that are quoted from a text. Words are all alike here, so "not guilty" gets two thirds of the points
/// for "guilty", and a language model that answers in a whole sentence loses most of its points although it is right.
///
/// Source: Rajpurkar et al., SQuAD (2016), and the official evaluation script, whose rules the tests implement separately;
/// TorchMetrics' `SQuAD`.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::{SQuAD, TextInput};
///
/// let answers = [("q1", "The Broncos"), ("q2", "in Denver")];
/// let right = [("q1", vec!["Broncos", "Denver Broncos"]), ("q2", vec!["Denver"])];
/// let scores = SQuAD::new().evaluate(TextInput::by_id(answers, right))?;
/// assert_eq!(scores.exact_match, 50.0);
/// assert!((scores.f1 - (100.0 + 200.0 / 3.0) / 2.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type SQuAD = TextScore<MeanAnswers>;

/// The formula of [`SQuAD`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanAnswers {}

impl SQuAD {
    /// The metric.
    pub fn new() -> Self {
        Self::of(MeanAnswers {}, AnswerMatches {})
    }
}

impl Default for SQuAD {
    fn default() -> Self {
        Self::new()
    }
}

impl TextInput {
    /// Answers that were given to questions, and the right answers to each, both with the ids of the questions.
    ///
    /// A question that was not answered is an error of the metric. Answers to other questions are ignored.
    pub fn by_id<I, J, A>(
        given: impl IntoIterator<Item = (I, impl AsRef<str>)>,
        right: impl IntoIterator<Item = (J, A)>,
    ) -> Self
    where
        I: AsRef<str>,
        J: AsRef<str>,
        A: IntoIterator<Item: AsRef<str>>,
    {
        let given = given.into_iter();
        let given = given.map(|(id, answer)| (id.as_ref().to_owned(), answer));
        let given: HashMap<String, _> = given.collect();
        let mut unanswered = None;
        let pairs = right.into_iter().enumerate().map(|(place, (id, right))| {
            let answer = given.get(id.as_ref()).map(AsRef::as_ref);
            if answer.is_none() && unanswered.is_none() {
                unanswered = Some((place, id.as_ref().to_owned()));
            }
            (answer.unwrap_or_default(), right)
        });
        let pairs = Self::pairs(pairs);
        match unanswered {
            None => pairs,
            Some((place, id)) => pairs.unanswered(place, &id),
        }
    }
}

/// The value of [`SQuAD`]: percentages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SquadScores {
    /// The percentage of answers that are exactly one of the right ones.
    pub exact_match: f64,
    /// The mean F-score of the words of answers.
    pub f1: f64,
}

impl Value for SquadScores {
    fn entries(&self) -> Vec<(String, f64)> {
        vec![
            ("exact_match".to_owned(), self.exact_match),
            ("f1".to_owned(), self.f1),
        ]
    }
}

/// The matches of answers: what [`SQuAD`] is the mean of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerMatches {}

impl SentenceCounts for AnswerMatches {
    fn width(&self) -> usize {
        2
    }

    /// Whether the answer is exactly a right one, and its F-score.
    fn count(&self, sentence: Sentence<'_>, counts: &mut [f64]) {
        let given = words(sentence.hypothesis);
        let [mut exact, mut best] = [0.0f64; 2];
        for right in sentence.references() {
            let right = words(right);
            exact = exact.max(f64::from(u8::from(given == right)));
            best = best.max(f_score(&given, &right));
        }
        counts.copy_from_slice(&[exact, best]);
    }
}

/// The words of an answer, lowercased, without punctuation and articles.
fn words(text: &str) -> Vec<u64> {
    let mut text = text.to_lowercase();
    text.retain(|c| !c.is_ascii_punctuation());
    let is_article = |word: &str| matches!(word, "a" | "an" | "the");
    // An article may stand between signs that are no letters, such as quotes.
    let is_letter = |c: char| {
        matches!(
            c.general_category_group(),
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
        )
    };
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let end = match is_letter(first) {
            true => rest.find(|c| !is_letter(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (run, after) = rest.split_at(end);
        kept.push_str(if is_article(run) { " " } else { run });
        rest = after;
    }
    split(&kept).map(token).collect()
}

/// The F-score of the words that two answers have in common.
fn f_score(given: &[u64], right: &[u64]) -> f64 {
    if given.is_empty() || right.is_empty() {
        return f64::from(u8::from(given.len() == right.len()));
    }
    let sorted = |words: &[u64]| {
        let mut words = words.to_vec();
        words.sort_unstable();
        words
    };
    let same = common(&sorted(given), &sorted(right)) as f64;
    2.0 * same / (given.len() + right.len()) as f64
}

impl CorpusFormula for MeanAnswers {
    type Counts = AnswerMatches;
    type Value = SquadScores;

    fn meta(&self, _: &AnswerMatches) -> Meta {
        Meta::new("SQuAD")
            .higher_is_better()
            .within(Bounds::new(0.0, 100.0))
    }

    fn score(&self, _: &AnswerMatches, sums: &[f64], sentences: f64) -> f64 {
        100.0 * sums[1] / sentences
    }

    fn value(&self, _: &AnswerMatches, total: &CorpusSums) -> SquadScores {
        let mean = |sum: f64| 100.0 * sum / total.sentences() as f64;
        SquadScores {
            exact_match: mean(total.sums()[0]),
            f1: mean(total.sums()[1]),
        }
    }
}
