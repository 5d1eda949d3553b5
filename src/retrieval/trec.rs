use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    path::Path,
    sync::Arc,
};

use super::{
    RetrievalInput,
    ranking::{Place, Rankings, saturated},
};
use crate::{MetricError, Result};

/// The rankings of a system for several queries, as in the files that TREC calls runs.
///
/// Each line is `query Q0 document rank score tag`, separated by whitespace. As in trec_eval, documents are in
/// descending order of their scores, those with equal scores are in descending order of their names, and the rank in
/// the file is ignored. Scores are read in double precision; older versions of trec_eval (9.0) round them to single
/// precision, which makes more of them equal.
///
/// A run and its [`TrecQrels`] make a [`RetrievalInput`]. As in trec_eval, queries without judgements are left out, and
/// so are judged queries that the run does not have, unless it is [`completed`](Self::completed). Documents without a
/// judgement are not relevant.
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::retrieval::{TrecQrels, TrecRun};
///
/// let run: TrecRun = "q1 Q0 d1 1 0.9 mine\nq1 Q0 d2 2 0.8 mine".parse()?;
/// let qrels: TrecQrels = "q1 0 d2 1\nq1 0 d3 2\nq2 0 d1 1".parse()?;
///
/// assert_eq!(RetrievalMAP::new().evaluate((&run, &qrels))?, 0.25);
/// assert_eq!(RetrievalMAP::new().evaluate((&run.completed(&qrels), &qrels))?, 0.125);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrecRun {
    /// The scores of the documents of each query.
    queries: BTreeMap<String, HashMap<String, f64>>,
}

/// The judged documents of several queries with their relevance grades, as in the files that TREC calls qrels.
///
/// Each line is `query iteration document grade`, separated by whitespace; the iteration is ignored. Grades are finite
/// numbers, and documents with a grade of 0 or less are not relevant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrecQrels {
    /// The grades of the documents of each query.
    queries: BTreeMap<String, HashMap<String, f64>>,
}

impl TrecRun {
    /// Reads the file of a run.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`], and [`MetricError::Sample`] for a line that is not of the format, or that has a document
    /// again.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        read(path.as_ref())?.parse()
    }

    /// The same run with an empty ranking for each judged query that it does not have, like trec_eval's option `-c`:
    /// such queries then count as 0.
    pub fn completed(&self, qrels: &TrecQrels) -> Self {
        let mut completed = self.clone();
        for query in qrels.queries.keys() {
            completed.queries.entry(query.clone()).or_default();
        }
        completed
    }

    /// The same run without the documents that have no judgement, like trec_eval's option `-J`. As there, a negative
    /// grade means that a document has not been judged.
    pub fn judged(&self, qrels: &TrecQrels) -> Self {
        let mut judged = self.clone();
        for (query, documents) in &mut judged.queries {
            let grades = qrels.queries.get(query);
            documents.retain(|document, _| {
                let grade = grades.and_then(|grades| grades.get(document));
                grade.is_some_and(|grade| *grade >= 0.0)
            });
        }
        judged
    }
}

impl TrecQrels {
    /// Reads the file of judgements.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`], and [`MetricError::Sample`] for a line that is not of the format, or that has a document
    /// again.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        read(path.as_ref())?.parse()
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| MetricError::File {
        path: path.to_owned(),
        source: Arc::new(source),
    })
}

impl std::str::FromStr for TrecRun {
    type Err = MetricError;

    fn from_str(text: &str) -> Result<Self> {
        let format = Format {
            line: "run, line",
            expected: "query Q0 document rank score tag",
            fields: 6,
            document: 2,
            number: 4,
            is_valid: |score| !score.is_nan(),
            valid: "a score that is not NaN",
        };
        let queries = format.parse(text)?;
        Ok(Self { queries })
    }
}

impl std::str::FromStr for TrecQrels {
    type Err = MetricError;

    fn from_str(text: &str) -> Result<Self> {
        let format = Format {
            line: "qrels, line",
            expected: "query iteration document grade",
            fields: 4,
            document: 2,
            number: 3,
            is_valid: |grade| grade.is_finite(),
            valid: "a finite grade",
        };
        let queries = format.parse(text)?;
        Ok(Self { queries })
    }
}

/// The lines of a file, which begin with a query.
struct Format {
    line: &'static str,
    expected: &'static str,
    fields: usize,
    /// The field of the document.
    document: usize,
    /// The field of the score or the grade.
    number: usize,
    /// Whether the number may be one, and which may, in words.
    is_valid: fn(f64) -> bool,
    valid: &'static str,
}

impl Format {
    fn parse(&self, text: &str) -> Result<BTreeMap<String, HashMap<String, f64>>> {
        let mut queries: BTreeMap<String, HashMap<String, f64>> = BTreeMap::new();
        for (i, line) in text.lines().enumerate() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if fields.is_empty() {
                continue;
            }
            let error = |expected: &str| MetricError::Sample {
                what: self.line,
                sample: i + 1,
                expected: expected.to_owned(),
                got: format!("{line:?}"),
            };
            if fields.len() != self.fields {
                return Err(error(self.expected));
            }
            let number: f64 = fields[self.number]
                .parse()
                .map_err(|_| error(self.expected))?;
            if !(self.is_valid)(number) {
                return Err(error(self.valid));
            }
            let query = queries.entry(fields[0].to_owned()).or_default();
            match query.entry(fields[self.document].to_owned()) {
                Entry::Vacant(entry) => entry.insert(number),
                Entry::Occupied(_) => return Err(error("each document once for a query")),
            };
        }
        Ok(queries)
    }
}

/// The queries that the run ranks and that have judgements, in the order of their names.
impl From<(&TrecRun, &TrecQrels)> for RetrievalInput {
    fn from((run, qrels): (&TrecRun, &TrecQrels)) -> Self {
        let mut rankings = Rankings::default();
        for (query, scores) in &run.queries {
            let Some(grades) = qrels.queries.get(query) else {
                continue;
            };
            let mut ranked: Vec<(&String, &f64)> = scores.iter().collect();
            // Adding 0 makes both zeros equal.
            let key = |score: &f64| score + 0.0;
            ranked.sort_unstable_by(|a, b| key(b.1).total_cmp(&key(a.1)).then(b.0.cmp(a.0)));
            let ranks: HashMap<&String, usize> = ranked
                .iter()
                .enumerate()
                .map(|(rank, (document, _))| (*document, rank))
                .collect();
            let relevant = grades.iter().filter(|(_, grade)| **grade > 0.0);
            let places = relevant.map(|(document, grade)| match ranks.get(document) {
                Some(rank) => Place::at(saturated(*rank), *grade),
                None => Place::not_retrieved(*grade),
            });
            rankings.push(ranked.len(), places);
        }
        Self::of_rankings(Ok(rankings))
    }
}
