use std::ops::Range;

use rayon::prelude::*;

use super::{
    batch::{Batch, Found, Scan},
    ranking::{Place, Rankings, saturated},
};
use crate::{
    ops::{Wide, widest},
    state::Floats,
};

/// Scores in their own precision.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scores<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

impl<'a> Scores<'a> {
    pub(super) fn of(scores: &'a Floats) -> Self {
        match scores {
            Floats::Single(scores) => Self::Single(scores),
            Floats::Double(scores) => Self::Double(scores),
        }
    }

    pub(super) fn slice(self, range: Range<usize>) -> Self {
        match self {
            Self::Single(scores) => Self::Single(&scores[range]),
            Self::Double(scores) => Self::Double(&scores[range]),
        }
    }

    /// A copy with a NaN in place of some of the scores.
    pub(super) fn without(self, left_out: &[u32]) -> Floats {
        let mut copy = match self {
            Self::Single(scores) => Floats::Single(scores.to_vec()),
            Self::Double(scores) => Floats::Double(scores.to_vec()),
        };
        left_out.iter().for_each(|i| copy.set_nan(*i as usize));
        copy
    }

    /// Calls `found` with the index of each NaN.
    pub(super) fn nans(self, found: impl FnMut(usize)) {
        fn nans<S: Copy + PartialOrd>(scores: &[S], found: impl FnMut(usize)) {
            if scores.iter().fold(false, |any, score| any | is_nan(*score)) {
                let nans = scores
                    .iter()
                    .enumerate()
                    .filter(|(_, score)| is_nan(**score));
                nans.map(|(i, _)| i).for_each(found);
            }
        }
        match self {
            Self::Single(scores) => nans(scores, found),
            Self::Double(scores) => nans(scores, found),
        }
    }
}

#[expect(
    clippy::eq_op,
    reason = "only NaN differs from itself, whatever its type"
)]
fn is_nan<S: Copy + PartialEq>(number: S) -> bool {
    number != number
}

/// Ranks the documents of one query after the other, in the same memory.
#[derive(Debug, Default)]
pub(super) struct Ranker {
    pub(super) rankings: Rankings,
    pub(super) scan: Scan,
    /// A number that is in descending order of the scores, and the index of the document.
    keys: Vec<(u64, u32)>,
    grades: Vec<f64>,
}

/// How many relevant documents are compared with all scores in the time in which a sort halves the scores once.
const COUNTING: usize = 8;

impl Ranker {
    /// Adds the ranking of a query, given the scores of its documents, which are NaN for those that are left out, and
    /// the index and the grade of each relevant document. A query without documents is left out.
    pub(super) fn push(&mut self, scores: Scores<'_>, relevant: &[(u32, f64)]) {
        match scores {
            Scores::Single(scores) => self.rank(scores, relevant),
            Scores::Double(scores) => self.rank(scores, relevant),
        }
    }

    /// Adds the ranking of a query whose documents are consecutive in a batch.
    pub(super) fn push_range(&mut self, batch: &Batch<'_>, range: Range<usize>) {
        self.scan.read(batch, range.clone());
        let scores = batch.scores(range);
        let relevant = std::mem::take(&mut self.scan.relevant);
        match self.scan.left_out.as_slice() {
            [] => self.push(scores, &relevant),
            left_out => {
                let scores = scores.without(left_out);
                self.push(Scores::of(&scores), &relevant);
            }
        }
        self.scan.relevant = relevant;
    }

    fn rank<S: Copy + PartialOrd + Into<f64>>(&mut self, scores: &[S], relevant: &[(u32, f64)]) {
        let documents = scores.iter().filter(|score| !is_nan(**score)).count();
        if documents == 0 {
            return;
        }
        // The place of a document is the number of higher scores. For few documents it is counted, for many all scores
        // are sorted.
        let halvings = scores.len().max(2).ilog2() as usize;
        let places = match relevant.len() <= COUNTING * halvings {
            true => widest(Counted { scores, relevant }),
            false => self.sorted(scores, relevant),
        };
        self.rankings.push(documents, places);
    }

    fn sorted<S: Copy + Into<f64>>(&mut self, scores: &[S], relevant: &[(u32, f64)]) -> Vec<Place> {
        self.grades.clear();
        self.grades.resize(scores.len(), 0.0);
        for (document, grade) in relevant {
            self.grades[*document as usize] = *grade;
        }
        self.keys.clear();
        let scores = scores.iter().map(|score| (*score).into()).zip(0..);
        let scores = scores.filter(|(score, _): &(f64, u32)| !score.is_nan());
        self.keys
            .extend(scores.map(|(score, document)| (descending(score), document)));
        self.keys.sort_unstable();
        let mut places = Vec::with_capacity(relevant.len());
        let mut before = 0u32;
        for tied in self.keys.chunk_by(|a, b| a.0 == b.0) {
            let grades = tied.iter().map(|key| self.grades[key.1 as usize]);
            let tied = saturated(tied.len());
            places.extend(grades.filter(|grade| *grade > 0.0).map(|grade| Place {
                before,
                tied,
                grade,
            }));
            before = before.saturating_add(tied);
        }
        places
    }
}

/// Bits that are in descending order of numbers. Both zeros have the same.
fn descending(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    match bits >> 63 {
        0 => !bits & (u64::MAX >> 1),
        _ => bits,
    }
}

/// The places of relevant documents, found by counting the scores that are above and equal to theirs.
struct Counted<'a, S> {
    scores: &'a [S],
    relevant: &'a [(u32, f64)],
}

impl<S: Copy + PartialOrd> Wide for Counted<'_, S> {
    type Output = Vec<Place>;

    #[inline(always)]
    fn run(self) -> Vec<Place> {
        let mut places = Vec::with_capacity(self.relevant.len());
        for (document, grade) in self.relevant {
            let own = self.scores[*document as usize];
            let (mut before, mut tied) = (0u32, 0u32);
            for score in self.scores {
                before += u32::from(*score > own);
                tied += u32::from(*score == own);
            }
            // A NaN score, which is a fault, equals no score.
            if tied > 0 {
                places.push(Place {
                    before,
                    tied,
                    grade: *grade,
                });
            }
        }
        places
    }
}

/// The number of documents that is worth a thread.
pub(super) const DOCUMENTS: usize = 1 << 13;

/// Ranks queries in parallel. `documents` is the number of documents of all queries.
pub(super) fn rank_all(
    queries: usize,
    documents: usize,
    rank: impl Fn(&mut Ranker, usize) + Sync,
) -> (Rankings, Found) {
    let size = (queries * DOCUMENTS).div_ceil(documents.max(1)).max(1);
    let blocks = (0..queries.div_ceil(size)).into_par_iter().map(|block| {
        let mut ranker = Ranker::default();
        let range = block * size..queries.min((block + 1) * size);
        range.for_each(|query| rank(&mut ranker, query));
        (ranker.rankings, ranker.scan.found)
    });
    let (mut all, mut found) = (Rankings::default(), Found::default());
    for (rankings, of_block) in blocks.collect::<Vec<_>>() {
        all.append(&rankings);
        found.append(of_block);
    }
    (all, found)
}
