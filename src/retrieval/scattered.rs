use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{RetrievalInput, documents::Documents, input::ReadBatch, ranking::Rankings};
use crate::{
    Faults, MetricError, Result, Statistic,
    state::{Deferred, Fold, Unread},
};

/// The statistic of queries whose documents may be spread over batches, devices and machines.
///
/// It keeps the score of each document, in 4 bytes (8 if scores are `f64`), 16 bytes for each relevant one, and 24 bytes
/// for each run of documents of the same query, so until a value is computed, documents that come sorted by query take
/// least. Queries that cannot have other documents, such as the rows of a matrix, are reduced to the places of their
/// relevant documents, which take 16 bytes each. All retrieval metrics share the statistic, and documents are ranked once
/// for all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScatteredQueries {
    pub(super) ignore_index: Option<i64>,
}

/// Keeps the documents of queries.
pub type KeptQueries = Deferred<KeptQueriesTotal>;

/// The host form of [`KeptQueries`].
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct KeptQueriesTotal {
    /// Queries that are complete.
    rankings: Rankings,
    /// Documents of queries to which more documents may be added.
    documents: Documents,
    faults: Faults,
    /// The rankings of all queries, or `None` if documents were added since they were ranked.
    #[serde(skip)]
    all: Option<Arc<Rankings>>,
}

impl Statistic for ScatteredQueries {
    type Input = RetrievalInput;
    type State = KeptQueries;

    fn update(&self, state: &mut KeptQueries, input: RetrievalInput) -> Result<()> {
        match input.unread(self.ignore_index)? {
            None => Ok(()),
            Some(batch) => state.add_result(batch),
        }
    }

    fn explain(&self, error: MetricError) -> MetricError {
        error.expecting_values(GRADES)
    }
}

/// The relevance of documents, in words.
pub(super) const GRADES: &str = "finite grades of at least 0";

impl KeptQueriesTotal {
    fn append(&mut self, rankings: &Rankings, documents: Documents) {
        self.all = None;
        self.rankings.append(rankings);
        self.documents.append(documents);
    }
}

impl Fold for KeptQueriesTotal {
    type Pending = Unread<ReadBatch>;
    /// The rankings of all queries: first the complete ones in the order of the updates, then the others in ascending
    /// order of their ids.
    type View<'a> = Arc<Rankings>;

    const LIMIT: usize = usize::MAX;

    fn add(&mut self, read: ReadBatch) {
        self.faults += read.faults();
        self.append(&read.rankings, read.documents);
    }

    fn try_add(&mut self, read: ReadBatch) -> Result<()> {
        read.check()?;
        self.add(read);
        Ok(())
    }

    fn is_consistent(&self) -> bool {
        self.rankings.is_consistent() && self.documents.is_consistent()
    }

    fn merge(&mut self, other: Self) {
        self.faults += other.faults;
        self.append(&other.rankings, other.documents);
    }

    fn finish(&mut self) {
        if self.all.is_none() {
            self.documents = std::mem::take(&mut self.documents).grouped();
            let mut all = self.rankings.clone();
            all.append(&self.documents.rankings());
            self.all = Some(Arc::new(all));
        }
    }

    fn view(&self) -> Arc<Rankings> {
        self.all.clone().unwrap_or_default()
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}
