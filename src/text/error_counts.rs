use serde::{Deserialize, Serialize};

use super::{
    Sentence, SentenceCounts,
    edits::{self, Edit},
    words::{characters, jiwer_words, strip, token},
};

/// What is compared: words or characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextUnit {
    /// Words, as jiwer has them: between spaces, or between runs of at least two characters of whitespace.
    #[default]
    Words,
    /// Characters, which are Unicode code points, without whitespace at either end.
    Characters,
}

impl TextUnit {
    pub(super) fn parts(self, text: &str) -> Vec<&str> {
        match self {
            Self::Words => jiwer_words(text).collect(),
            Self::Characters => {
                let text = strip(text);
                let ends = text.char_indices().skip(1).map(|(end, _)| end);
                let ends = ends.chain((!text.is_empty()).then_some(text.len()));
                let mut start = 0;
                ends.map(|end| &text[std::mem::replace(&mut start, end)..end])
                    .collect()
            }
        }
    }

    fn tokens(self, text: &str) -> Vec<u64> {
        match self {
            Self::Words => jiwer_words(text).map(token).collect(),
            Self::Characters => characters(strip(text)),
        }
    }
}

/// The hits and errors of hypotheses, aligned with their references: what the error rates are functions of.
///
/// A collection of several of them aligns each pair once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlignedErrors {
    pub(super) unit: TextUnit,
}

/// How many words or characters were right and wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ErrorCounts {
    /// Words of the reference that the hypothesis has.
    pub hits: f64,
    /// Words of the reference for which the hypothesis has another.
    pub substitutions: f64,
    /// Words of the reference for which the hypothesis has none.
    pub deletions: f64,
    /// Words of the hypothesis that the reference does not have.
    pub insertions: f64,
}

impl ErrorCounts {
    /// The number of errors.
    pub fn errors(&self) -> f64 {
        self.substitutions + self.deletions + self.insertions
    }

    /// The number of words of the references.
    pub fn reference(&self) -> f64 {
        self.hits + self.substitutions + self.deletions
    }

    /// The number of words of the hypotheses.
    pub fn hypothesis(&self) -> f64 {
        self.hits + self.substitutions + self.insertions
    }

    pub(super) fn of(counts: &[f64]) -> Self {
        let [hits, substitutions, deletions, insertions] = *counts else {
            return Self::default();
        };
        Self {
            hits,
            substitutions,
            deletions,
            insertions,
        }
    }
}

impl SentenceCounts for AlignedErrors {
    const SINGLE_REFERENCE: bool = true;

    fn width(&self) -> usize {
        4
    }

    fn count(&self, sentence: Sentence<'_>, counts: &mut [f64]) {
        let reference = self.unit.tokens(sentence.reference());
        let hypothesis = self.unit.tokens(sentence.hypothesis);
        edits::align(&reference, &hypothesis, &mut |edit| {
            counts[match edit {
                Edit::Hit => 0,
                Edit::Substitution => 1,
                Edit::Deletion => 2,
                Edit::Insertion => 3,
            }] += 1.0;
        });
    }
}
