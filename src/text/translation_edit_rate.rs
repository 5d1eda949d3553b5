use serde::{Deserialize, Serialize};

use super::{
    CorpusFormula, CorpusSums, Sentence, SentenceCounts, SignedScore, TextScore,
    shifts::edits_with_shifts,
    signature::{case, signature, yes_or_no},
    tokenizer::{separate_points, separate_punctuation},
    words::{is_space, split, token},
};
use crate::{Bounds, Meta};

/// The translation edit rate: how many edits a translation needs, per word of its references.
///
/// `100 · edits / words`. An edit inserts, deletes or substitutes a word, or shifts a run of words to another place. Of several
/// references the nearest counts, and their mean length. Lower is better; it can exceed 100. Without any word in the references
/// it is 0 if the translations have none either, else 100. The value is a [`SignedScore`], a percentage as in sacrebleu, with the
/// signature for a paper.
///
/// Finding the fewest shifts is too hard, so the reference program tries the best one again and again, at most 1000 of them,
/// within 50 places and of at most 10 words, and compares words near the diagonal only. The same is done here.
///
/// Options: [`normalize`](Self::normalize), [`no_punctuation`](Self::no_punctuation), [`asian_support`](Self::asian_support),
/// [`case_sensitive`](Self::case_sensitive); [`per_sentence`](TextScore::per_sentence), [`per_sample`](TextScore::per_sample).
/// Inputs: [`TextInput`](super::TextInput), with any number of references. Errors:
/// [`MetricError::Sample`](crate::MetricError::Sample) for a hypothesis without reference.
///
/// # When to use
///
/// Use it as an estimate of the work that correcting a translation takes, best with a reference that was made by correcting it
/// (HTER). It prefers short translations, and a free translation that is perfect may need as many edits as a bad one.
///
/// Source: Snover et al., A study of translation edit rate with targeted human annotation (2006); sacrebleu 2.6. TorchMetrics'
/// `TranslationEditRate` gives fractions.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::TranslationEditRate;
///
/// // One shift of two words.
/// let ter = TranslationEditRate::new().evaluate((["the cat sat there today"], ["today the cat sat there"]))?;
/// assert_eq!(ter.score, 20.0);
/// assert_eq!(ter.signature, "nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:2.6.0");
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "TER")]
pub type TranslationEditRate = TextScore<EditsPerWord>;

/// The formula of [`TranslationEditRate`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditsPerWord {}

impl TranslationEditRate {
    /// With sacrebleu's defaults: lowercased words between whitespace.
    pub fn new() -> Self {
        Self::of(EditsPerWord {}, TerCounts::default())
    }

    /// Separates punctuation from words, and replaces what stands for characters in XML.
    pub fn normalize(mut self) -> Self {
        self.corpus.0.normalize = true;
        self
    }

    /// Removes punctuation.
    pub fn no_punctuation(mut self) -> Self {
        self.corpus.0.no_punctuation = true;
        self
    }

    /// With [`normalize`](Self::normalize), separates Chinese characters; with [`no_punctuation`](Self::no_punctuation), also
    /// removes East Asian punctuation.
    pub fn asian_support(mut self) -> Self {
        self.corpus.0.asian_support = true;
        self
    }

    /// Tells upper from lower case.
    pub fn case_sensitive(mut self) -> Self {
        self.corpus.0.case_sensitive = true;
        self
    }
}

impl Default for TranslationEditRate {
    fn default() -> Self {
        Self::new()
    }
}

/// The edits of translations and the words of their references: what the [`TranslationEditRate`] is a function of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerCounts {
    normalize: bool,
    no_punctuation: bool,
    asian_support: bool,
    case_sensitive: bool,
}

impl SentenceCounts for TerCounts {
    fn width(&self) -> usize {
        2
    }

    /// The fewest edits, and the mean length of the references.
    fn count(&self, sentence: Sentence<'_>, counts: &mut [f64]) {
        let tokens = |text: &str| split(text).map(token).collect::<Vec<u64>>();
        let hypothesis = tokens(&self.prepared(sentence.hypothesis));
        // sacrebleu prepares references twice, which separates a little more: an 's before a non-breaking space.
        let twice = |text| self.prepared(&self.prepared(text));
        let references = sentence.references().map(|text| tokens(&twice(text)));
        let references: Vec<Vec<u64>> = references.collect();
        let edits = references
            .iter()
            .map(|reference| edits_with_shifts(&hypothesis, reference));
        counts[0] = edits.min().unwrap_or(0) as f64;
        let words: usize = references.iter().map(Vec::len).sum();
        counts[1] = words as f64 / references.len().max(1) as f64;
    }
}

impl TerCounts {
    /// The words of a text, separated by single blanks.
    fn prepared(&self, text: &str) -> String {
        let mut text = text.trim_end_matches(is_space).to_owned();
        if !self.case_sensitive {
            text = text.to_lowercase();
        }
        if self.normalize && !text.is_empty() {
            text = normalized(&text);
            if self.asian_support {
                text = separated(&text, |c| is_asian(c) || is_asian_punctuation(c));
            }
        }
        if self.no_punctuation {
            let is_mark = |c: char| ".,?:;!\"()".contains(c);
            let is_removed =
                |c: char| is_mark(c) || (self.asian_support && is_asian_punctuation(c));
            text.retain(|c| !is_removed(c));
        }
        split(&text).collect::<Vec<_>>().join(" ")
    }
}

/// Joins lines, replaces what stands for characters in XML, and separates punctuation.
fn normalized(text: &str) -> String {
    let text = text.replace("\n-", "").replace('\n', " ");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    let text = separate_punctuation(&format!(" {text} "));
    separate_points(&text.replace("'s ", " 's "))
}

fn separated(text: &str, is_separate: impl Fn(char) -> bool) -> String {
    let mut spaced = String::with_capacity(text.len() * 3 / 2);
    for c in text.chars() {
        match is_separate(c) {
            true => spaced.extend([' ', c, ' ']),
            false => spaced.push(c),
        }
    }
    spaced
}

/// Ideographs, strokes, radicals, compatibility forms and enclosed letters. Kana are not separated: the reference program has
/// rules for them that never apply.
fn is_asian(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{2eff}'
        | '\u{31c0}'..='\u{31ef}'
        | '\u{3200}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
    )
}

fn is_asian_punctuation(c: char) -> bool {
    matches!(c,
        '\u{3001}' | '\u{3002}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '\u{ff61}'..='\u{ff65}' | '\u{30fb}'
        | '\u{ff0e}' | '\u{ff0c}' | '\u{ff1f}' | '\u{ff1a}' | '\u{ff1b}' | '\u{ff01}' | '\u{ff02}' | '\u{ff08}' | '\u{ff09}'
    )
}

impl CorpusFormula for EditsPerWord {
    type Counts = TerCounts;
    type Value = SignedScore;

    fn meta(&self, counts: &TerCounts) -> Meta {
        let meta = Meta::new("Translation edit rate")
            .lower_is_better()
            .within(Bounds::POSITIVE);
        let flags = [
            (counts.normalize, "normalized"),
            (counts.no_punctuation, "no punctuation"),
            (counts.asian_support, "Asian"),
            (counts.case_sensitive, "case sensitive"),
        ];
        let set = flags.into_iter().filter(|(is_set, _)| *is_set);
        set.fold(meta, |meta, (_, name)| meta.with(name))
    }

    fn score(&self, _: &TerCounts, sums: &[f64], _sentences: f64) -> f64 {
        match *sums {
            [edits, words] if words > 0.0 => 100.0 * edits / words,
            [edits, _] if edits > 0.0 => 100.0,
            _ => 0.0,
        }
    }

    fn value(&self, counts: &TerCounts, total: &CorpusSums) -> SignedScore {
        let options = [
            ("case", case(!counts.case_sensitive)),
            ("tok", "tercom"),
            ("norm", yes_or_no(counts.normalize)),
            ("punct", yes_or_no(!counts.no_punctuation)),
            ("asian", yes_or_no(counts.asian_support)),
        ];
        SignedScore {
            name: "TER".to_owned(),
            score: self.score(counts, total.sums(), total.sentences() as f64),
            signature: signature(total.references(), &options),
        }
    }
}
