use std::{collections::HashMap, fmt, ops::Range};

use super::{
    TextInput, TextUnit,
    edits::{Edit, align},
    words::token,
};
use crate::Result;

/// Where the errors of hypotheses are: each aligned with its reference, for people to read.
///
/// It prints as jiwer does: references above hypotheses, with `S`, `D` and `I` under what was substituted, deleted and inserted.
/// Sentences without an error are left out.
///
/// ```
/// use burn_metrics::text::Alignment;
///
/// let alignment = Alignment::words((["shoe order one"], ["short one here"]))?;
/// let expected = "\
/// === SENTENCE 1 ===
///
/// REF: **** short one here
/// HYP: shoe order one ****
///         I     S        D
/// ";
/// assert_eq!(alignment.to_string(), expected);
/// assert_eq!(alignment.substitutions(), [(("short".into(), "order".into()), 1)]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Alignment {
    input: TextInput,
    unit: TextUnit,
    edits: Vec<Vec<Edit>>,
}

/// A run of one kind of edit, and which parts of both sides belong to it.
struct Run {
    edit: Edit,
    reference: Range<usize>,
    hypothesis: Range<usize>,
}

impl Alignment {
    /// Aligns words.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`](crate::MetricError::Sample) for a hypothesis without exactly one reference.
    pub fn words(sentences: impl Into<TextInput>) -> Result<Self> {
        Self::of(sentences.into(), TextUnit::Words)
    }

    /// Aligns characters.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`](crate::MetricError::Sample) for a hypothesis without exactly one reference.
    pub fn characters(sentences: impl Into<TextInput>) -> Result<Self> {
        Self::of(sentences.into(), TextUnit::Characters)
    }

    fn of(input: TextInput, unit: TextUnit) -> Result<Self> {
        let edits = input.each(true, |sentence| {
            let tokens = |text| -> Vec<u64> { unit.parts(text).into_iter().map(token).collect() };
            let reference = tokens(sentence.reference());
            let hypothesis = tokens(sentence.hypothesis);
            let mut edits = Vec::new();
            align(&reference, &hypothesis, &mut |edit| edits.push(edit));
            edits.reverse();
            edits
        })?;
        Ok(Self { input, unit, edits })
    }

    /// Which words of the references were taken for which others, and how often; the most frequent first.
    ///
    /// Neighbouring words that are wrong are one entry.
    pub fn substitutions(&self) -> Vec<((String, String), u64)> {
        self.most_frequent(Edit::Substitution)
    }

    /// What was inserted, and how often; the most frequent first.
    pub fn insertions(&self) -> Vec<(String, u64)> {
        let inserted = self.most_frequent(Edit::Insertion).into_iter();
        inserted.map(|((_, words), n)| (words, n)).collect()
    }

    /// What was left out, and how often; the most frequent first.
    pub fn deletions(&self) -> Vec<(String, u64)> {
        let deleted = self.most_frequent(Edit::Deletion).into_iter();
        deleted.map(|((words, _), n)| (words, n)).collect()
    }

    fn most_frequent(&self, edit: Edit) -> Vec<((String, String), u64)> {
        // Of the same frequency, in the order of their first occurrence.
        let mut places = HashMap::new();
        let mut counts: Vec<((String, String), u64)> = Vec::new();
        for i in 0..self.input.len() {
            let [reference, hypothesis] = self.parts(i);
            for run in self.runs(i).filter(|run| run.edit == edit) {
                let separator = self.separator();
                let words = (
                    reference[run.reference].join(separator),
                    hypothesis[run.hypothesis].join(separator),
                );
                let place = *places.entry(words.clone()).or_insert(counts.len());
                match counts.get_mut(place) {
                    Some((_, n)) => *n += 1,
                    None => counts.push((words, 1)),
                }
            }
        }
        counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        counts
    }

    fn separator(&self) -> &'static str {
        match self.unit {
            TextUnit::Words => " ",
            TextUnit::Characters => "",
        }
    }

    /// The words or characters of the reference and of the hypothesis.
    fn parts(&self, i: usize) -> [Vec<&str>; 2] {
        let sentence = self.input.sentence(i);
        [sentence.reference(), sentence.hypothesis].map(|text| self.unit.parts(text))
    }

    fn runs(&self, i: usize) -> impl Iterator<Item = Run> {
        let (mut reference, mut hypothesis) = (0, 0);
        self.edits[i].chunk_by(|a, b| a == b).map(move |run| {
            let (edit, n) = (run[0], run.len());
            let take = |at: &mut usize, is_there: bool| {
                let start = *at;
                *at += if is_there { n } else { 0 };
                start..*at
            };
            Run {
                edit,
                reference: take(&mut reference, edit != Edit::Insertion),
                hypothesis: take(&mut hypothesis, edit != Edit::Deletion),
            }
        })
    }

    /// Writes a sentence as three lines.
    fn write(&self, i: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [reference, hypothesis] = self.parts(i);
        let mut lines = ["REF:", "HYP:", "    "].map(str::to_owned);
        let mut add = |cells: [&str; 3], is_first: bool| {
            let width = cells.iter().map(|cell| cell.chars().count()).max();
            let width = width.unwrap_or(0);
            for (line, cell) in lines.iter_mut().zip(cells) {
                if is_first || self.unit == TextUnit::Words {
                    line.push(' ');
                }
                let cell = if cell == NONE {
                    &NONE.repeat(width)
                } else {
                    cell
                };
                line.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
                line.push_str(cell);
            }
        };
        let mut is_first = true;
        for run in self.runs(i) {
            let sign = match run.edit {
                Edit::Hit => " ",
                Edit::Substitution => "S",
                Edit::Deletion => "D",
                Edit::Insertion => "I",
            };
            let n = run.reference.len().max(run.hypothesis.len());
            for at in 0..n {
                let cell = |words: &[&'_ str], range: &Range<usize>| match range.is_empty() {
                    true => NONE.to_owned(),
                    false => words[range.start + at].to_owned(),
                };
                let cells = [
                    cell(&reference, &run.reference),
                    cell(&hypothesis, &run.hypothesis),
                ];
                add([&cells[0], &cells[1], sign], is_first);
                is_first = false;
            }
        }
        lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// What stands where the other side has a word.
const NONE: &str = "*";

impl fmt::Display for Alignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (i, edits) in self.edits.iter().enumerate() {
            if edits.iter().any(|edit| *edit != Edit::Hit) {
                writeln!(f, "{separator}=== SENTENCE {} ===\n", i + 1)?;
                self.write(i, f)?;
                separator = "\n";
            }
        }
        Ok(())
    }
}
