use std::{
    fmt::{self, Debug},
    ops::Range,
    sync::Arc,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    RetrievalInput,
    input::ReadBatch,
    ranking::{Ranking, Rankings},
    scattered::{GRADES, ScatteredQueries},
};
use crate::{
    Faults, Meta, MetricError, Result,
    measure::{Block, HostLoop, Measure, Measured},
};

/// A number for the ranking of one query, or several.
pub trait RankingFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// `f64`, or an array of several numbers.
    type Score: Numbers;

    /// How a query counts that [has no number](Self::is_empty), by default.
    const EMPTY: EmptyTargetAction = EmptyTargetAction::Neg;

    /// The name, direction and bounds of the number.
    fn meta(&self) -> Meta;

    /// Checks the options.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Whether the query has no number by definition, such as a recall without relevant documents.
    fn is_empty(&self, ranking: &Ranking<'_>) -> bool {
        ranking.relevant() == 0
    }

    /// Whether the number can be computed; if not, the query is a fault.
    fn is_valid(&self, _ranking: &Ranking<'_>) -> bool {
        true
    }

    /// The documents and queries that can be scored, in words, given how queries without a number count.
    fn domain(&self, empty: EmptyTargetAction) -> &'static str {
        match empty {
            EmptyTargetAction::Error => {
                "finite grades of at least 0, and queries with relevant documents"
            }
            _ => GRADES,
        }
    }

    /// Computes the number from the first `k` documents. If documents have equal scores, it is the expected number if
    /// they are in random order.
    fn score(&self, ranking: &Ranking<'_>, k: usize) -> Self::Score;
}

/// A fixed number of numbers: `f64` or `[f64; N]`.
pub trait Numbers {
    /// How many there are.
    const COUNT: usize;

    /// Copies them.
    fn write(self, to: &mut [f64]);
}

impl Numbers for f64 {
    const COUNT: usize = 1;

    fn write(self, to: &mut [f64]) {
        to.fill(self);
    }
}

impl<const N: usize> Numbers for [f64; N] {
    const COUNT: usize = N;

    fn write(self, to: &mut [f64]) {
        to.copy_from_slice(&self);
    }
}

/// A [`RankingFormula`] that can be computed from the first documents of a ranking.
pub trait AtCutoff: RankingFormula {}

/// The number of documents that are looked at: `Option<usize>` for one cutoff, or `None` for all documents;
/// `Vec<usize>` or [`UpTo`] for several.
pub trait Cutoffs:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The cutoffs, where `usize::MAX` stands for all documents.
    fn each(&self) -> impl ExactSizeIterator<Item = usize> + '_;

    /// Adds the cutoffs to the name of a metric.
    fn named(&self, meta: Meta) -> Meta;
}

impl Cutoffs for Option<usize> {
    fn each(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        std::iter::once(self.unwrap_or(usize::MAX))
    }

    fn named(&self, meta: Meta) -> Meta {
        match self {
            None => meta,
            Some(k) => at(meta, k),
        }
    }
}

impl Cutoffs for Vec<usize> {
    fn each(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.iter().copied()
    }

    fn named(&self, meta: Meta) -> Meta {
        let ks: Vec<String> = self.iter().map(usize::to_string).collect();
        at(meta, ks.join(", "))
    }
}

/// All cutoffs from 1 to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UpTo(pub usize);

impl Cutoffs for UpTo {
    fn each(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        (0..self.0).map(|before| before + 1)
    }

    fn named(&self, meta: Meta) -> Meta {
        at(meta, self.0)
    }
}

/// Adds cutoffs to the name before the parentheses, such as `Precision@10 (adaptive)`.
fn at(meta: Meta, k: impl std::fmt::Display) -> Meta {
    let name = match meta.name.split_once(" (") {
        None => format!("{}@{k}", meta.name),
        Some((name, options)) => format!("{name}@{k} ({options}"),
    };
    meta.named(name)
}

/// How a query counts that has no value by definition, such as a recall without relevant documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyTargetAction {
    /// It counts as 0.
    #[default]
    Neg,
    /// It counts as 1.
    Pos,
    /// It does not count.
    Skip,
    /// It is an error.
    Error,
}

impl fmt::Display for EmptyTargetAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Neg => "0 for empty queries",
            Self::Pos => "1 for empty queries",
            Self::Skip => "without empty queries",
            Self::Error => "no empty queries",
        })
    }
}

/// The largest number of cutoffs.
const MOST_CUTOFFS: usize = 1 << 20;

/// A [`RankingFormula`] as a measure of complete queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct PerQuery<F: RankingFormula, K: Cutoffs = Option<usize>> {
    #[serde(flatten)]
    pub(super) formula: F,
    pub(super) top_k: K,
    pub(super) empty_target_action: EmptyTargetAction,
    pub(super) relevance_level: Option<f64>,
    #[serde(flatten)]
    pub(super) queries: ScatteredQueries,
}

impl<F: RankingFormula, K: Cutoffs> PerQuery<F, K> {
    pub(super) fn new(formula: F, top_k: K) -> Self {
        Self {
            formula,
            top_k,
            empty_target_action: F::EMPTY,
            relevance_level: None,
            queries: ScatteredQueries::default(),
        }
    }

    /// Checks the options.
    pub(super) fn check(&self) -> Result<()> {
        self.formula.check()?;
        let cutoffs = self.top_k.each().len();
        if cutoffs == 0 {
            return Err(MetricError::config("top_k", "at least one number", "none"));
        }
        let expected = format!("at most {MOST_CUTOFFS} numbers");
        MetricError::check_option("top_k", cutoffs, cutoffs <= MOST_CUTOFFS, expected)?;
        let mut ks = self.top_k.each();
        MetricError::check_option("top_k", 0, ks.all(|k| k > 0), "at least 1")?;
        let level = self.relevance_level.unwrap_or(1.0);
        let is_level = level > 0.0 && level.is_finite();
        MetricError::check_option(
            "relevance_level",
            level,
            is_level,
            "a finite number above 0",
        )
    }

    /// The numbers of each query.
    pub(super) fn of(&self, rankings: Arc<Rankings>, faults: Faults) -> QueryLoop<F, K> {
        QueryLoop {
            rankings,
            per_query: self.clone(),
            faults,
        }
    }

    pub(super) fn with_cutoffs<L: Cutoffs>(self, top_k: L) -> PerQuery<F, L> {
        PerQuery {
            formula: self.formula,
            top_k,
            empty_target_action: self.empty_target_action,
            relevance_level: self.relevance_level,
            queries: self.queries,
        }
    }
}

impl<F: RankingFormula, K: Cutoffs> Measure for PerQuery<F, K> {
    type Input = RetrievalInput;

    fn meta(&self) -> Meta {
        let meta = self.top_k.named(self.formula.meta());
        let meta = meta.with_other(self.empty_target_action, F::EMPTY);
        match self.relevance_level {
            None => meta,
            Some(level) => meta.with(format_args!("relevance from {level}")),
        }
    }

    fn numbers(&self) -> usize {
        F::Score::COUNT.saturating_mul(self.top_k.each().len())
    }

    fn measure(&self, input: RetrievalInput) -> Result<Option<Measured>> {
        self.check()?;
        let Some(batch) = input.queries(self.queries.ignore_index)? else {
            return Ok(None);
        };
        let per_query = self.clone();
        let of_batch = move |batch: ReadBatch| per_query.of(batch.rankings.clone(), batch.faults());
        Ok(Some(Measured::on_host(self.numbers(), batch.map(of_batch))))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        error.expecting_values(self.formula.domain(self.empty_target_action))
    }
}

/// The numbers of queries, each of which is computed on its own.
#[derive(Debug)]
pub(super) struct QueryLoop<F: RankingFormula, K: Cutoffs> {
    rankings: Arc<Rankings>,
    per_query: PerQuery<F, K>,
    /// The faults of documents.
    faults: Faults,
}

impl<F: RankingFormula, K: Cutoffs> HostLoop for QueryLoop<F, K> {
    fn samples(&self) -> usize {
        self.rankings.len()
    }

    fn numbers(&self) -> usize {
        self.per_query.numbers()
    }

    fn block(&self) -> usize {
        // The number of relevant documents that is worth a thread.
        const PLACES: usize = 1 << 12;
        (PLACES * self.rankings.len()).div_ceil(self.rankings.places().max(1))
    }

    fn measure(&self, samples: Range<usize>, block: &mut Block<'_>) {
        let PerQuery {
            formula,
            top_k,
            empty_target_action,
            relevance_level,
            ..
        } = &self.per_query;
        if samples.start == 0 {
            block.faults += self.faults;
        }
        // Only documents with a grade above 0 have a place.
        let level = relevance_level.unwrap_or(0.0);
        let width = self.numbers();
        let mut groups = Vec::new();
        for (i, query) in samples.enumerate() {
            let ranking = self.rankings.ranking(query, level, &mut groups);
            let numbers = &mut block.numbers[i * width..(i + 1) * width];
            if !formula.is_valid(&ranking) {
                block.outside(i);
                continue;
            }
            match (formula.is_empty(&ranking), empty_target_action) {
                (false, _) => {
                    let numbers = numbers.chunks_exact_mut(F::Score::COUNT);
                    let scores = top_k.each().map(|k| formula.score(&ranking, k));
                    scores.zip(numbers).for_each(|(score, numbers)| {
                        score.write(numbers);
                        // An empty sum is -0.
                        numbers.iter_mut().for_each(|number| *number += 0.0);
                    });
                }
                (true, EmptyTargetAction::Neg) => numbers.fill(0.0),
                (true, EmptyTargetAction::Pos) => numbers.fill(1.0),
                (true, EmptyTargetAction::Skip) => {
                    numbers.fill(f64::NAN);
                    block.weights[i] = 0.0;
                }
                (true, EmptyTargetAction::Error) => block.outside(i),
            }
        }
    }
}
