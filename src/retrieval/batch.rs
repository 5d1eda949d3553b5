use std::{borrow::Cow, ops::Range};

use burn::tensor::DType;

use super::ranks::Scores;
use crate::{Fault, Faults, MetricError, Result, ops::HostTensor};

/// The documents of a batch in host memory.
pub(super) struct Batch<'a> {
    scores: Numbers<'a>,
    grades: Numbers<'a>,
    mask: Option<Cow<'a, [i64]>>,
    ignore_index: Option<i64>,
    /// The number of documents per query, if each query has a row.
    width: Option<usize>,
}

enum Numbers<'a> {
    Int(Cow<'a, [i64]>),
    Short(Cow<'a, [i32]>),
    Single(Cow<'a, [f32]>),
    Double(Cow<'a, [f64]>),
}

impl<'a> Numbers<'a> {
    const NONE: Self = Self::Int(Cow::Borrowed(&[]));

    fn read(tensor: &'a HostTensor) -> Self {
        match tensor.dtype() {
            DType::F64 => Self::Double(tensor.read()),
            // Half precision is read as single precision.
            dtype if dtype.is_float() => Self::Single(tensor.read()),
            DType::I32 => Self::Short(tensor.read()),
            _ => Self::Int(tensor.labels()),
        }
    }

    /// Calls `found` with each number of a range that is not 0, and its index in the range.
    fn nonzero(&self, range: Range<usize>, mut found: impl FnMut(usize, f64)) {
        fn each<N: Copy + Default + PartialEq>(all: &[N], mut found: impl FnMut(usize, N)) {
            let nonzero = all.iter().enumerate();
            nonzero
                .filter(|(_, n)| **n != N::default())
                .for_each(|(i, n)| found(i, *n));
        }
        match self {
            Self::Int(all) => each(&all[range], |i, n| found(i, n as f64)),
            Self::Short(all) => each(&all[range], |i, n| found(i, n.into())),
            Self::Single(all) => each(&all[range], |i, n| found(i, n.into())),
            Self::Double(all) => each(&all[range], found),
        }
    }

    fn get(&self, at: usize) -> f64 {
        match self {
            Self::Int(all) => all[at] as f64,
            Self::Short(all) => all[at].into(),
            Self::Single(all) => all[at].into(),
            Self::Double(all) => all[at],
        }
    }
}

impl<'a> Batch<'a> {
    /// Reads the scores, the relevance and, if there is one, the mask of documents. Those whose relevance is
    /// `ignore_index` are left out. `width` is the number of documents per query if each query has a row.
    pub(super) fn read(
        tensors: &'a [HostTensor],
        ignore_index: Option<i64>,
        width: Option<usize>,
    ) -> Self {
        let numbers = |at: usize| tensors.get(at).map_or(Numbers::NONE, Numbers::read);
        Self {
            scores: numbers(0),
            grades: numbers(1),
            mask: tensors.get(2).map(HostTensor::labels),
            ignore_index,
            width,
        }
    }

    pub(super) fn scores(&self, range: Range<usize>) -> Scores<'_> {
        match &self.scores {
            Numbers::Single(scores) => Scores::Single(&scores[range]),
            Numbers::Double(scores) => Scores::Double(&scores[range]),
            // The input checks that scores are floats.
            Numbers::Int(_) | Numbers::Short(_) => Scores::Single(&[]),
        }
    }

    fn document(&self, index: usize) -> Place {
        match self.width {
            Some(width) => Place::Query(index / width),
            None => Place::Document(index),
        }
    }

    /// Whether documents may be left out.
    fn is_partial(&self) -> bool {
        self.mask.is_some() || self.ignore_index.is_some()
    }

    fn leaves_out(&self, document: usize) -> bool {
        let is_masked = self.mask.as_ref().is_some_and(|mask| mask[document] == 0);
        let is_ignored = |index: i64| self.grades.get(document) == index as f64;
        is_masked || self.ignore_index.is_some_and(is_ignored)
    }
}

/// Reads the documents of one query after the other, in the same memory.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The index and the grade of each relevant document.
    pub(super) relevant: Vec<(u32, f64)>,
    /// The indices of the documents that are left out.
    pub(super) left_out: Vec<u32>,
    pub(super) found: Found,
}

/// The documents that cannot be ranked.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) faults: Faults,
    first: Option<BadDocument>,
}

impl Scan {
    /// Reads the documents of a query, which are consecutive.
    pub(super) fn read(&mut self, batch: &Batch<'_>, range: Range<usize>) {
        let start = range.start;
        self.relevant.clear();
        self.left_out.clear();
        if batch.is_partial() {
            let out = (0..range.len()).filter(|i| batch.leaves_out(start + i));
            self.left_out.extend(out.map(|i| i as u32));
        }

        let (left_out, found) = (&self.left_out, &mut self.found);
        let is_left_out = |i: usize| left_out.binary_search(&(i as u32)).is_ok();
        batch.grades.nonzero(range.clone(), |i, grade| {
            match grade > 0.0 && grade.is_finite() {
                _ if is_left_out(i) => {}
                true => self.relevant.push((i as u32, grade)),
                false => found.grade(batch.document(start + i), grade),
            }
        });
        batch.scores(range).nans(|i| {
            if !is_left_out(i) {
                found.score(batch.document(start + i));
            }
        });
    }
}

impl Found {
    fn score(&mut self, document: Place) {
        self.faults.add(Fault::Nan, 1);
        self.first.get_or_insert(BadDocument {
            document,
            grade: None,
        });
    }

    fn grade(&mut self, document: Place, grade: f64) {
        self.faults.add(Fault::Domain, 1);
        let grade = Some(grade);
        self.first.get_or_insert(BadDocument { document, grade });
    }

    /// Adds what was found in later documents.
    pub(super) fn append(&mut self, later: Self) {
        self.faults += later.faults;
        self.first = self.first.or(later.first);
    }

    /// An error about the first of them, if there are any.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`].
    pub(super) fn check(&self) -> Result<()> {
        self.first.map_or(Ok(()), |bad| Err(bad.into()))
    }
}

/// Where a document is in its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the row of this query.
    Query(usize),
    Document(usize),
}

/// A document that cannot be ranked.
#[derive(Debug, Clone, Copy, PartialEq)]
struct BadDocument {
    document: Place,
    /// The relevance grade, or `None` if the score is NaN.
    grade: Option<f64>,
}

impl From<BadDocument> for MetricError {
    fn from(BadDocument { document, grade }: BadDocument) -> Self {
        let (what, sample) = match (grade, document) {
            (None, Place::Query(query)) => ("score of a document of query", query),
            (None, Place::Document(document)) => ("score of document", document),
            (Some(_), Place::Query(query)) => ("relevance of a document of query", query),
            (Some(_), Place::Document(document)) => ("relevance of document", document),
        };
        let expected = match grade {
            None => "a number",
            Some(_) => "a finite number of at least 0",
        };
        Self::Sample {
            what,
            sample,
            expected: expected.to_owned(),
            got: grade.unwrap_or(f64::NAN).to_string(),
        }
    }
}
