use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    batch::{Batch, Found, Scan},
    ranking::Rankings,
    ranks::{DOCUMENTS, Ranker, Scores, rank_all},
};
use crate::{encoding::number, state::Floats};

/// Documents of queries to which more documents may be added.
///
/// Consecutive documents of a query are a run. The score of each document is kept, and the grades of the relevant ones.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Documents {
    /// The query of each run.
    #[serde(with = "number::list")]
    queries: Vec<i64>,
    /// Where the documents of each run end.
    ends: Vec<usize>,
    /// NaN for documents that are left out.
    scores: Floats,
    /// Where the relevant documents of each run end.
    relevant_ends: Vec<usize>,
    /// The index of each relevant document in its run, and its grade.
    relevant: Vec<(u32, f64)>,
}

impl Documents {
    /// Reads the documents of a batch, given the query of each.
    pub(super) fn read(batch: &Batch<'_>, queries: &[i64]) -> (Self, Found) {
        // A block ends where a run does.
        let mut ends: Vec<usize> = (0..queries.len().div_ceil(DOCUMENTS))
            .map(|block| {
                let last = queries.len().min((block + 1) * DOCUMENTS) - 1;
                let rest = queries[last..].iter();
                last + rest.take_while(|query| **query == queries[last]).count()
            })
            .collect();
        ends.dedup();
        let blocks = (0..ends.len()).into_par_iter();
        let blocks = blocks.map(|block| Self::read_block(batch, queries, span(&ends, block)));
        let (mut all, mut found) = (Self::default(), Found::default());
        for (documents, of_block) in blocks.collect::<Vec<_>>() {
            all.append(documents);
            found.append(of_block);
        }
        (all, found)
    }

    fn read_block(batch: &Batch<'_>, queries: &[i64], block: Range<usize>) -> (Self, Found) {
        let mut documents = Self::default();
        let mut scan = Scan::default();
        let mut left_out = Vec::new();
        let mut start = block.start;
        for run in queries[block.clone()].chunk_by(|a, b| a == b) {
            let end = start + run.len();
            scan.read(batch, start..end);
            let before = (start - block.start) as u32;
            left_out.extend(scan.left_out.iter().map(|i| before + i));
            documents.relevant.extend_from_slice(&scan.relevant);
            documents.end_run(run[0], end - block.start);
            start = end;
        }
        documents.scores = batch.scores(block).without(&left_out);
        (documents, scan.found)
    }

    /// Whether there are no documents.
    pub(super) fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    fn end_run(&mut self, query: i64, end: usize) {
        self.queries.push(query);
        self.ends.push(end);
        self.relevant_ends.push(self.relevant.len());
    }

    pub(super) fn append(&mut self, other: Self) {
        if self.queries.is_empty() {
            *self = other;
            return;
        }
        let (documents, relevant) = (self.scores.len(), self.relevant.len());
        self.queries.extend(other.queries);
        self.ends
            .extend(other.ends.iter().map(|end| documents + end));
        self.scores.extend(&other.scores);
        let ends = other.relevant_ends.iter();
        self.relevant_ends.extend(ends.map(|end| relevant + end));
        self.relevant.extend(other.relevant);
    }

    fn run(&self, run: usize) -> Range<usize> {
        span(&self.ends, run)
    }

    fn relevant(&self, run: usize) -> &[(u32, f64)] {
        &self.relevant[span(&self.relevant_ends, run)]
    }

    /// The same documents with one run per query, in ascending order of the queries.
    pub(super) fn grouped(self) -> Self {
        if self.queries.is_sorted_by(|a, b| a < b) {
            return self;
        }
        let mut order: Vec<usize> = (0..self.queries.len()).collect();
        radsort::sort_by_key(&mut order, |run| self.queries[*run]);
        let mut grouped = Self {
            scores: self.scores.gathered(order.iter().map(|run| self.run(*run))),
            relevant: Vec::with_capacity(self.relevant.len()),
            ..Self::default()
        };
        let mut end = 0;
        for runs in order.chunk_by(|a, b| self.queries[*a] == self.queries[*b]) {
            let start = end;
            for run in runs {
                let before = (end - start) as u32;
                let relevant = self.relevant(*run).iter();
                grouped
                    .relevant
                    .extend(relevant.map(|(i, grade)| (before + i, *grade)));
                end += self.run(*run).len();
            }
            grouped.end_run(self.queries[runs[0]], end);
        }
        grouped
    }

    /// The ranking of each query, if there is one run per query.
    pub(super) fn rankings(&self) -> Rankings {
        let scores = Scores::of(&self.scores);
        let rank = |ranker: &mut Ranker, query| {
            ranker.push(scores.slice(self.run(query)), self.relevant(query));
        };
        rank_all(self.queries.len(), self.scores.len(), rank).0
    }

    /// Whether the parts fit each other.
    pub(super) fn is_consistent(&self) -> bool {
        let runs = self.queries.len();
        self.ends.len() == runs
            && self.relevant_ends.len() == runs
            && self.ends.is_sorted()
            && self.relevant_ends.is_sorted()
            && self.ends.last().copied().unwrap_or(0) == self.scores.len()
            && self.relevant_ends.last().copied().unwrap_or(0) == self.relevant.len()
            && (0..runs).all(|run| {
                let (documents, relevant) = (self.run(run).len(), self.relevant(run));
                let fits = |(i, grade): &(u32, f64)| {
                    (*i as usize) < documents && *grade > 0.0 && grade.is_finite()
                };
                relevant.is_sorted_by(|a, b| a.0 < b.0) && relevant.iter().all(fits)
            })
    }
}

fn span(ends: &[usize], at: usize) -> Range<usize> {
    let start = if at == 0 { 0 } else { ends[at - 1] };
    start..ends[at]
}
