use std::fmt::Debug;

use rayon::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Sentence, TextInput, input::SENTENCES};
use crate::{
    Meta, Metric, MetricError, PerSample, Result, Statistic, Total, Value,
    combinator::{Draw, NoOutcomes, Resample},
    encoding::number,
    measure::{Measure, Measured, SampleMetric},
    state::{State, same_width},
};

/// What is counted of a sentence. Counts of sentences add up to those of a corpus.
pub trait SentenceCounts:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// Whether a sentence must have exactly one reference.
    const SINGLE_REFERENCE: bool = false;

    /// How many numbers are counted.
    fn width(&self) -> usize;

    /// Checks the options.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Counts a sentence. `counts` are 0 before.
    fn count(&self, sentence: Sentence<'_>, counts: &mut [f64]);
}

/// The statistic of a corpus: the sums of what is counted of its sentences.
///
/// Sentences are counted in parallel. No text is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct Corpus<C: SentenceCounts>(pub(super) C);

/// Sums of what was counted of sentences.
///
/// Counts are exact up to 2^53, which is about 9 · 10¹⁵.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorpusSums {
    sentences: u64,
    /// The lowest and highest number of references of a sentence.
    references: Option<(u64, u64)>,
    #[serde(with = "number::list")]
    sums: Vec<f64>,
}

impl CorpusSums {
    /// How many sentences were counted.
    pub fn sentences(&self) -> u64 {
        self.sentences
    }

    /// How many references each sentence has, if all have as many.
    pub fn references(&self) -> Option<u64> {
        self.references
            .and_then(|(low, high)| (low == high).then_some(low))
    }

    /// The sums.
    pub fn sums(&self) -> &[f64] {
        &self.sums
    }

    fn add(&mut self, counts: &[f64], times: f64, references: u64) {
        self.sums.resize(counts.len(), 0.0);
        let sums = self.sums.iter_mut().zip(counts);
        sums.for_each(|(sum, count)| *sum += times * count);
        self.sentences = self.sentences.saturating_add(times as u64);
        self.merge_references(Some((references, references)));
    }

    fn merge_references(&mut self, other: Option<(u64, u64)>) {
        self.references = match (self.references, other) {
            (Some(own), Some(other)) => Some((own.0.min(other.0), own.1.max(other.1))),
            (own, other) => own.or(other),
        };
    }
}

impl State for CorpusSums {
    type Total<'a> = &'a Self;

    fn check_merge(&self, other: &Self) -> Result<()> {
        same_width("counts", self.sums.len(), other.sums.len())
    }

    fn merge(&mut self, other: Self) {
        self.sentences = self.sentences.saturating_add(other.sentences);
        self.merge_references(other.references);
        self.sums.resize(self.sums.len().max(other.sums.len()), 0.0);
        let sums = self.sums.iter_mut().zip(other.sums);
        sums.for_each(|(sum, other)| *sum += other);
    }

    fn total(&self) -> &Self {
        self
    }
}

/// What was counted of each sentence of a batch.
#[derive(Debug)]
pub struct CountedBatch {
    width: usize,
    /// `[sentences, width]`.
    counts: Vec<f64>,
    references: Vec<u64>,
}

impl CountedBatch {
    fn rows(&self) -> impl Iterator<Item = (&[f64], u64)> {
        self.counts
            .chunks_exact(self.width)
            .zip(self.references.iter().copied())
    }
}

/// Counts each sentence.
fn counted<C: SentenceCounts>(counts: &C, input: &TextInput) -> Result<CountedBatch> {
    counts.check()?;
    input.check(C::SINGLE_REFERENCE)?;
    let (n, width) = (input.len(), counts.width());
    let mut all = vec![0.0; n * width];
    let rows = all.par_chunks_exact_mut(width).enumerate();
    rows.with_min_len(SENTENCES)
        .for_each(|(i, row)| counts.count(input.sentence(i), row));
    let references = (0..n).map(|i| input.sentence(i).references().len() as u64);
    Ok(CountedBatch {
        width,
        counts: all,
        references: references.collect(),
    })
}

impl<C: SentenceCounts> Statistic for Corpus<C> {
    type Input = TextInput;
    type State = CorpusSums;

    fn check_state(&self, state: &CorpusSums) -> Result<()> {
        let (expected, got) = (self.0.width(), state.sums.len());
        let is_empty = got == 0 && state.sentences == 0;
        match is_empty || got == expected && state.sums.iter().all(|sum| sum.is_finite()) {
            true => Ok(()),
            false => Err(MetricError::State {
                expected: format!("{expected} finite sums"),
                got: format!("{got} sums of {} sentences", state.sentences),
            }),
        }
    }

    fn update(&self, state: &mut CorpusSums, input: TextInput) -> Result<()> {
        let batch = counted(&self.0, &input)?;
        batch
            .rows()
            .for_each(|(counts, references)| state.add(counts, 1.0, references));
        Ok(())
    }
}

/// Sentences are counted once; replicates add their counts as often as they are drawn.
impl<C: SentenceCounts> Resample for Corpus<C> {
    type Outcomes = NoOutcomes;
    type Batch = CountedBatch;

    fn prepare(&self, input: TextInput) -> Result<CountedBatch> {
        counted(&self.0, &input)
    }

    fn update_drawn(
        &self,
        state: &mut CorpusSums,
        batch: &CountedBatch,
        draw: &Draw,
    ) -> Result<()> {
        let times = draw.times(batch.references.len());
        for (i, (counts, references)) in batch.rows().enumerate() {
            let times = times.as_ref().map_or(1.0, |times| f64::from(times[i]));
            if times > 0.0 {
                state.add(counts, times, references);
            }
        }
        Ok(())
    }
}

/// A formula over what was counted of sentences.
pub trait CorpusFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// What is counted.
    type Counts: SentenceCounts;
    /// The type of the value: a number, or a number with what it consists of.
    type Value: Value;

    /// The name, direction and bounds of the metric.
    fn meta(&self, counts: &Self::Counts) -> Meta;

    /// Checks the options.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    fn check(&self, _counts: &Self::Counts) -> Result<()> {
        Ok(())
    }

    /// The number for these sums over some sentences, or for the counts of one.
    fn score(&self, counts: &Self::Counts, sums: &[f64], sentences: f64) -> f64;

    /// The value of a corpus of at least one sentence.
    fn value(&self, counts: &Self::Counts, total: &CorpusSums) -> Self::Value;
}

/// A [`CorpusFormula`] over all sentences.
///
/// Made by the metrics: [`WordErrorRate::new`](super::WordErrorRate::new) and so on. [`per_sentence`](Self::per_sentence) gives
/// the same formula for each sentence on its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct TextScore<F: CorpusFormula> {
    pub(super) formula: F,
    pub(super) corpus: Corpus<F::Counts>,
}

impl<F: CorpusFormula> TextScore<F> {
    pub(super) fn of(formula: F, counts: F::Counts) -> Self {
        let corpus = Corpus(counts);
        Self { formula, corpus }
    }

    /// The mean over sentences of the score of each.
    ///
    /// This is not the score of the corpus, in which a long sentence weighs more than a short one. The result has the other
    /// reductions of [samples](crate::measure), and a confidence interval.
    pub fn per_sentence(self) -> SampleMetric<SentenceScores<F>> {
        SampleMetric::of(SentenceScores {
            formula: self.formula,
            counts: self.corpus.0,
        })
    }

    /// The score of each sentence, in the order of the updates. Keeps all of them.
    pub fn per_sample(self) -> SampleMetric<SentenceScores<F>, PerSample> {
        self.per_sentence().per_sample()
    }
}

impl<F: CorpusFormula> Metric for TextScore<F> {
    type Statistic = Corpus<F::Counts>;
    type Value = F::Value;

    fn statistic(&self) -> &Corpus<F::Counts> {
        &self.corpus
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<F::Value> {
        self.formula.check(&self.corpus.0)?;
        match total.sentences {
            0 => Err(MetricError::empty(self.name())),
            _ => Ok(self.formula.value(&self.corpus.0, total)),
        }
    }

    fn meta(&self) -> Meta {
        self.formula.meta(&self.corpus.0)
    }
}

crate::combinator::arithmetic!([F: CorpusFormula] TextScore<F>);

/// A [`CorpusFormula`] for each sentence on its own: the measure of [`TextScore::per_sentence`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SentenceScores<F: CorpusFormula> {
    formula: F,
    counts: F::Counts,
}

impl<F: CorpusFormula> Measure for SentenceScores<F> {
    type Input = TextInput;

    fn meta(&self) -> Meta {
        self.formula.meta(&self.counts).with("sentences")
    }

    fn measure(&self, input: TextInput) -> Result<Option<Measured>> {
        self.formula.check(&self.counts)?;
        let batch = counted(&self.counts, &input)?;
        let rows = batch.rows();
        let scores = rows.map(|(counts, _)| self.formula.score(&self.counts, counts, 1.0));
        let scores: Vec<f64> = scores.collect();
        Ok((!scores.is_empty()).then(|| Measured::numbers(scores)))
    }
}
