use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::{TextInput, words::is_space};
use crate::{
    Bounds, MeanOfSamples, Meta, MetricError, Result,
    measure::{Measure, Measured, SampleMetric},
};

/// The extended edit distance of translations: an edit distance of characters that allows jumps.
///
/// The hypothesis is covered from left to right; besides edits there are jumps at blanks, of cost `alpha`, and characters that
/// are covered repeatedly cost `rho` each. The distance is divided by the length of the reference and at most 1. Of several
/// references the nearest counts. From 0 to 1; lower is better.
///
/// Options: [`language`](Self::language), [`alpha`](Self::alpha), [`rho`](Self::rho), [`deletion`](Self::deletion),
/// [`insertion`](Self::insertion); [`per_sample`](SampleMetric::per_sample) and the other reductions. Inputs: [`TextInput`].
/// Errors: [`MetricError::Sample`] for a hypothesis without reference, [`MetricError::Config`] for a negative cost.
///
/// # When to use
///
/// Use it for translations, where a clause may come sooner or later. On its publication it agreed better with people than TER and
/// CharacTER. It has hardly been used since: report it beside [chrF](super::CHRFScore), not alone. Its preprocessing knows
/// English and Japanese only, and the time for a pair grows with the product of their lengths.
///
/// Source: Stanchev, Wang and Ney, EED: Extended Edit Distance Measure for Machine Translation (2019), and its program;
/// TorchMetrics' `ExtendedEditDistance`.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::ExtendedEditDistance;
///
/// let hypotheses = ["this is the prediction", "here is an other sample"];
/// let references = ["this is the reference", "here is another one"];
/// let distance = ExtendedEditDistance::new().evaluate((hypotheses, references))?;
/// assert!((distance - 0.3078).abs() < 1e-4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "EED")]
pub type ExtendedEditDistance<R = MeanOfSamples> = SampleMetric<JumpingEdits, R>;

/// The measure of [`ExtendedEditDistance`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JumpingEdits {
    language: EedLanguage,
    alpha: f64,
    rho: f64,
    deletion: f64,
    insertion: f64,
}

/// How texts are prepared for an [`ExtendedEditDistance`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EedLanguage {
    /// Punctuation becomes words of its own.
    #[default]
    English,
    /// Unicode's compatibility composition (NFKC), so that characters that look alike are equal.
    Japanese,
}

impl ExtendedEditDistance {
    /// For English, with the costs of the paper.
    pub fn new() -> Self {
        Self::of(JumpingEdits {
            language: EedLanguage::English,
            alpha: 2.0,
            rho: 0.3,
            deletion: 0.2,
            insertion: 1.0,
        })
    }

    /// How texts are prepared; by default as English.
    pub fn language(self, language: EedLanguage) -> Self {
        self.with(|edits| edits.language = language)
    }

    /// The cost of a jump, by default 2.
    pub fn alpha(self, cost: f64) -> Self {
        self.with(|edits| edits.alpha = cost)
    }

    /// The cost of a character that is covered again, by default 0.3.
    pub fn rho(self, cost: f64) -> Self {
        self.with(|edits| edits.rho = cost)
    }

    /// The cost of a character of the hypothesis that is left out, by default 0.2.
    pub fn deletion(self, cost: f64) -> Self {
        self.with(|edits| edits.deletion = cost)
    }

    /// The cost of a character of the reference that the hypothesis does not have, by default 1.
    pub fn insertion(self, cost: f64) -> Self {
        self.with(|edits| edits.insertion = cost)
    }
}

impl Default for ExtendedEditDistance {
    fn default() -> Self {
        Self::new()
    }
}

impl Measure for JumpingEdits {
    type Input = TextInput;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Extended edit distance")
            .lower_is_better()
            .within(Bounds::UNIT);
        let meta = match self.language {
            EedLanguage::English => meta,
            EedLanguage::Japanese => meta.with("Japanese"),
        };
        let costs = [
            ("alpha", self.alpha, 2.0),
            ("rho", self.rho, 0.3),
            ("deletion", self.deletion, 0.2),
            ("insertion", self.insertion, 1.0),
        ];
        let costs = costs
            .into_iter()
            .filter(|(_, cost, default)| cost != default);
        costs.fold(meta, |meta, (name, cost, _)| {
            meta.with(format_args!("{name} {cost}"))
        })
    }

    fn measure(&self, input: TextInput) -> Result<Option<Measured>> {
        let costs = [
            ("alpha", self.alpha),
            ("rho", self.rho),
            ("deletion", self.deletion),
            ("insertion", self.insertion),
        ];
        for (option, cost) in costs {
            if !(cost >= 0.0 && cost.is_finite()) {
                return Err(MetricError::config(option, "a number from 0", cost));
            }
        }
        let distances = input.each(false, |sentence| {
            let hypothesis = self.language.prepare(sentence.hypothesis);
            let distances = sentence.references().map(|reference| {
                let reference = self.language.prepare(reference);
                self.distance(&hypothesis, &reference)
            });
            distances.fold(f64::INFINITY, f64::min)
        })?;
        Ok((!distances.is_empty()).then(|| Measured::numbers(distances)))
    }
}

impl JumpingEdits {
    fn distance(&self, hypothesis: &[char], reference: &[char]) -> f64 {
        let n = hypothesis.len();
        let mut visits = vec![-1i64; n + 1];
        // The cost of covering the reference so far and ending at each place of the hypothesis.
        let mut row = vec![1.0; n + 1];
        row[0] = 0.0;
        let mut next = vec![0.0; n + 1];
        for c in reference {
            next[0] = row[0] + 1.0;
            for i in 1..=n {
                let substituted = row[i - 1] + f64::from(u8::from(hypothesis[i - 1] != *c));
                let deleted = next[i - 1] + self.deletion;
                next[i] = deleted.min(substituted).min(row[i] + self.insertion);
            }
            let mut cheapest = 0;
            for (i, cost) in next.iter().enumerate() {
                if *cost < next[cheapest] {
                    cheapest = i;
                }
            }
            visits[cheapest] += 1;
            if *c == ' ' {
                let jump = self.alpha + next[cheapest];
                next.iter_mut().for_each(|cost| *cost = cost.min(jump));
            }
            std::mem::swap(&mut row, &mut next);
        }
        let repeated: i64 = visits.iter().map(|n| if *n >= 0 { *n } else { 1 }).sum();
        let coverage = self.rho * repeated as f64;
        ((row[n] + coverage) / (reference.len() as f64 + coverage)).min(1.0)
    }
}

impl EedLanguage {
    fn prepare(self, text: &str) -> Vec<char> {
        let text = text.trim_end_matches(is_space);
        match self {
            Self::English => english(text).chars().collect(),
            Self::Japanese => text.nfkc().collect(),
        }
    }
}

/// Separates punctuation from words, but not that of numbers, titles and three abbreviations.
fn english(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        let is_punctuation = matches!(c, '.' | '!' | '?' | ',');
        // One blank for any run of whitespace, and one before punctuation.
        if (is_space(c) || is_punctuation) && !spaced.ends_with(' ') {
            spaced.push(' ');
        }
        if !is_space(c) {
            spaced.push(c);
        }
    }
    let text = join_titles(&join_numbers(&spaced));
    let text = text.replace("e . g .", "e.g.");
    let text = text.replace("i . e .", "i.e.");
    format!(" {} ", text.replace("U . S .", "U.S."))
}

/// `0 . 1` becomes `0.1`: digit, point or comma, digit.
fn join_numbers(text: &str) -> String {
    let is_digit = |c: char| c.general_category() == GeneralCategory::DecimalNumber;
    let chars: Vec<char> = text.chars().collect();
    let mut joined = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        match chars[i..] {
            [a, ' ', point @ ('.' | ','), ' ', b, ..] if is_digit(a) && is_digit(b) => {
                joined.extend([a, point, b]);
                i += 5;
            }
            [c, ..] => {
                joined.push(c);
                i += 1;
            }
            [] => break,
        }
    }
    joined
}

/// `Mr .` becomes `Mr.`, and so does `Mr` before a blank and any other character, as in the authors' program.
fn join_titles(text: &str) -> String {
    // In the order in which the program tries them.
    const TITLES: [&str; 9] = ["Dr", "Jr", "Prof", "Rev", "Gen", "Mr", "Mt", "Mrs", "Ms"];
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let title = TITLES.iter().find(|title| {
            let after = rest.strip_prefix(**title);
            after
                .and_then(|after| after.strip_prefix(' '))
                .is_some_and(|after| !after.is_empty())
        });
        match title {
            Some(title) => {
                joined.push_str(title);
                joined.push('.');
                let after = &rest[title.len() + 1..];
                rest = after
                    .char_indices()
                    .nth(1)
                    .map_or("", |(next, _)| &after[next..]);
            }
            None => {
                joined.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    joined
}
