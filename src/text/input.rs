use std::sync::Arc;

use rayon::prelude::*;

use super::words::is_space;
use crate::{MetricError, Result};

/// Hypotheses, each with its reference or references.
///
/// References always belong to a hypothesis, so that the two ways of writing several of them down cannot be confused:
///
/// * [`From`] takes hypotheses and as many references, one each. Lists of lists are not accepted there.
/// * [`pairs`](Self::pairs) takes each hypothesis beside its references.
/// * [`streams`](Self::streams) takes whole reference translations, each as long as the hypotheses. This is what sacrebleu
///   and files of test sets have.
///
/// Anything that gives `&str` or `String` is taken. The hypotheses come first.
///
/// ```
/// use burn_metrics::text::TextInput;
///
/// let one_each = TextInput::from((["a cat", "a dog"], ["the cat", "the dog"]));
/// let several = TextInput::pairs([
///     ("a cat", vec!["the cat", "one cat"]),
///     ("a dog", vec!["the dog"]),
/// ]);
/// let streams = TextInput::streams(["a cat", "a dog"], [["the cat", "the dog"], ["one cat", "one dog"]]);
/// assert_eq!([one_each.len(), several.len(), streams.len()], [2, 2, 2]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct TextInput(Arc<Sentences>);

/// So many sentences are worth a thread.
pub(super) const SENTENCES: usize = 8;

#[derive(Debug, Clone, Default)]
struct Sentences {
    hypotheses: Texts,
    references: Texts,
    /// Where the references of each hypothesis end.
    ends: Vec<usize>,
    /// What is wrong with the lists that were given.
    defect: Option<MetricError>,
}

/// Texts in one piece of memory.
#[derive(Debug, Clone, Default)]
struct Texts {
    buffer: String,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.buffer.push_str(text);
        self.ends.push(self.buffer.len());
    }

    fn get(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.buffer[start..self.ends[i]]
    }
}

impl<T: AsRef<str>> Extend<T> for Texts {
    fn extend<I: IntoIterator<Item = T>>(&mut self, texts: I) {
        texts.into_iter().for_each(|text| self.push(text.as_ref()));
    }
}

impl TextInput {
    /// Each hypothesis beside its references, of which there is at least one.
    pub fn pairs<H, R>(pairs: impl IntoIterator<Item = (H, R)>) -> Self
    where
        H: AsRef<str>,
        R: IntoIterator<Item: AsRef<str>>,
    {
        let mut all = Sentences::default();
        for (hypothesis, references) in pairs {
            all.hypotheses.push(hypothesis.as_ref());
            all.references.extend(references);
            all.ends.push(all.references.ends.len());
        }
        Self(Arc::new(all))
    }

    /// Hypotheses, and one or more reference translations of the whole: lists that are as long as that of the hypotheses.
    pub fn streams<S>(
        hypotheses: impl IntoIterator<Item: AsRef<str>>,
        streams: impl IntoIterator<Item = S>,
    ) -> Self
    where
        S: IntoIterator<Item: AsRef<str>>,
    {
        let mut all = Sentences::default();
        all.hypotheses.extend(hypotheses);
        let n = all.hypotheses.ends.len();
        let streams = streams.into_iter().map(|stream| {
            let mut texts = Texts::default();
            texts.extend(stream);
            texts
        });
        let streams: Vec<Texts> = streams.collect();
        let lengths = streams.iter().map(|stream| stream.ends.len());
        for (stream, length) in lengths.enumerate() {
            all.expect_references(length, || format!("of stream {stream}"));
        }
        for i in 0..n {
            let of_sentence = streams.iter().filter(|stream| i < stream.ends.len());
            all.references
                .extend(of_sentence.map(|stream| stream.get(i)));
            all.ends.push(all.references.ends.len());
        }
        Self(Arc::new(all))
    }

    /// Texts that could not be made, for this reason.
    pub(super) fn wrong(error: MetricError) -> Self {
        Self(Arc::new(Sentences {
            defect: Some(error),
            ..Sentences::default()
        }))
    }

    /// Records that a question was not answered.
    pub(super) fn unanswered(mut self, question: usize, id: &str) -> Self {
        Arc::make_mut(&mut self.0).defect = Some(MetricError::Sample {
            what: "answer to question",
            sample: question,
            expected: format!("one, as its id is {id:?}"),
            got: "none".to_owned(),
        });
        self
    }

    /// Hypotheses without references, for metrics that need none, such as [`DistinctNGrams`](super::DistinctNGrams).
    pub fn hypotheses(hypotheses: impl IntoIterator<Item: AsRef<str>>) -> Self {
        Self::pairs(hypotheses.into_iter().map(|text| (text, [""; 0])))
    }

    /// The number of hypotheses.
    pub fn len(&self) -> usize {
        self.0.hypotheses.ends.len()
    }

    /// Whether there is no hypothesis.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same sentences after a function of each text, such as one that normalizes it.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    /// use burn_metrics::text::{TextInput, WordErrorRate};
    ///
    /// let sentences = TextInput::from((["One Two"], ["one two"]));
    /// let lower = sentences.map(str::to_lowercase);
    /// assert_eq!(WordErrorRate::new().evaluate(lower)?, 0.0);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn map(&self, f: impl Fn(&str) -> String) -> Self {
        let mapped = |texts: &Texts| {
            let mut mapped = Texts::default();
            mapped.extend((0..texts.ends.len()).map(|i| f(texts.get(i))));
            mapped
        };
        Self(Arc::new(Sentences {
            hypotheses: mapped(&self.0.hypotheses),
            references: mapped(&self.0.references),
            ends: self.0.ends.clone(),
            defect: self.0.defect.clone(),
        }))
    }

    /// The same sentences, cut into words by a function. It is for metrics whose words are separated by whitespace, such as
    /// [`WordErrorRate`](super::WordErrorRate), [`ROUGEScore`](super::ROUGEScore::cut_already) and
    /// [`SacreBLEUScore`](super::Tokenizer::Named).
    ///
    /// Each line is cut on its own, so that line breaks are kept. Whitespace within a word becomes `␣`, so that it does not
    /// separate words.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    /// use burn_metrics::text::Tokenizer;
    ///
    /// let heard = TextInput::from((["今天天氣好"], ["今天天氣很好"]));
    /// let words = heard.cut_by(|line| Tokenizer::Chinese.tokens(line));
    /// assert_eq!(WordErrorRate::new().evaluate(words)?, 1.0 / 6.0);
    /// # Ok::<(), MetricError>(())
    /// ```
    pub fn cut_by(&self, words: impl Fn(&str) -> Vec<String>) -> Self {
        let cut = |line: &str| {
            let words = words(line).into_iter();
            let words = words.map(|word| word.replace(is_space, "␣"));
            words.collect::<Vec<_>>().join(" ")
        };
        self.map(|text| text.split('\n').map(cut).collect::<Vec<_>>().join(" \n"))
    }

    /// What a function makes of each sentence, in parallel.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`].
    pub(super) fn each<T: Send>(
        &self,
        single_reference: bool,
        f: impl Fn(Sentence<'_>) -> T + Sync,
    ) -> Result<Vec<T>> {
        self.check(single_reference)?;
        let sentences = (0..self.len()).into_par_iter().with_min_len(SENTENCES);
        Ok(sentences.map(|i| f(self.sentence(i))).collect())
    }

    /// A hypothesis with its references.
    pub(crate) fn sentence(&self, i: usize) -> Sentence<'_> {
        let sentences = self.0.as_ref();
        let first = if i == 0 { 0 } else { sentences.ends[i - 1] };
        Sentence {
            hypothesis: sentences.hypotheses.get(i),
            texts: &sentences.references,
            references: (first, sentences.ends[i]),
        }
    }

    /// Checks that each hypothesis has at least one reference, and no more if there may be only one.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`].
    pub(crate) fn check(&self, single_reference: bool) -> Result<()> {
        if let Some(defect) = &self.0.defect {
            return Err(defect.clone());
        }
        for sentence in 0..self.len() {
            let n = self.sentence(sentence).references().len();
            if n == 0 || single_reference && n > 1 {
                let expected = if single_reference {
                    "one"
                } else {
                    "at least one"
                };
                return Err(MetricError::Sample {
                    what: "references of sentence",
                    sample: sentence,
                    expected: expected.into(),
                    got: n.to_string(),
                });
            }
        }
        Ok(())
    }
}

impl Sentences {
    /// Records an error if there is not one reference for each hypothesis.
    fn expect_references(&mut self, got: usize, of: impl FnOnce() -> String) {
        let n = self.hypotheses.ends.len();
        if n != got && self.defect.is_none() {
            self.defect = Some(MetricError::Sample {
                what: if got < n {
                    "reference of sentence"
                } else {
                    "hypothesis of sentence"
                },
                sample: n.min(got),
                expected: format!("{n} references {}, as many as hypotheses", of()),
                got: got.to_string(),
            });
        }
    }
}

/// Hypotheses and references, one each.
impl<H, R> From<(H, R)> for TextInput
where
    H: IntoIterator<Item: AsRef<str>>,
    R: IntoIterator<Item: AsRef<str>>,
{
    fn from((hypotheses, references): (H, R)) -> Self {
        let mut all = Sentences::default();
        all.hypotheses.extend(hypotheses);
        all.references.extend(references);
        let got = all.references.ends.len();
        all.expect_references(got, || "in all".to_owned());
        all.ends = (1..=all.hypotheses.ends.len().min(got)).collect();
        Self(Arc::new(all))
    }
}

/// A hypothesis with its references.
#[derive(Debug, Clone, Copy)]
pub struct Sentence<'a> {
    /// What was said, translated or answered.
    pub hypothesis: &'a str,
    texts: &'a Texts,
    references: (usize, usize),
}

impl<'a> Sentence<'a> {
    /// What it should have been, or several forms of that.
    pub fn references(&self) -> impl ExactSizeIterator<Item = &'a str> + Clone + use<'a> {
        let texts = self.texts;
        (self.references.0..self.references.1).map(move |i| texts.get(i))
    }

    /// The first reference.
    pub fn reference(&self) -> &'a str {
        self.texts.get(self.references.0)
    }
}
