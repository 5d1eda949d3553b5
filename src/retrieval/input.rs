use std::sync::{Arc, OnceLock};

use burn::tensor::{Bool, Float, Int, Tensor};

use super::{
    batch::{Batch, Found},
    documents::Documents,
    ranking::Rankings,
    ranks::rank_all,
};
use crate::{
    Faults, MetricError, Result,
    ops::{self, HostTensor},
    state::{Pending, Unread},
};

/// A batch of documents, with their scores and their true relevance to a query.
///
/// It is made from
/// * `(scores, relevance)`, both `[queries, documents]`: each row is a query;
/// * `(scores, relevance, mask)`, for queries with different numbers of documents: a document whose mask is `false`
///   does not exist;
/// * `(scores, relevance, query ids)`, all `[documents]`, in any order. The documents of a query may be spread over
///   batches, unless the metric is for [complete queries](super::RetrievalScore::complete_queries);
/// * rankings of any items, with the relevant items of each query: [`from_lists`](Self::from_lists) and
///   [`from_graded_lists`](Self::from_graded_lists);
/// * `(&run, &qrels)`, a [`TrecRun`](super::TrecRun) and its judgements, [`TrecQrels`](super::TrecQrels).
///
/// Relevance is a tensor of booleans, integers or floats. Documents of grade 0 are not relevant, and a higher grade is
/// more relevant; a negative grade is an error. Scores are any floats except NaN: only their order counts. In tensors,
/// a query all of whose documents are masked or ignored is left out, and has no value of its own.
///
/// Tensors on another device are moved to the device of the scores. Tensors are detached from autodiff.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::retrieval::RetrievalInput;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.9, 0.2, 0.4], [0.1, 0.5, 0.3]], &device);
/// let relevance = Tensor::<2, Int>::from_ints([[1, 0, 0], [0, 2, 1]], &device);
/// let rows = RetrievalInput::from((scores.clone(), relevance.clone()));
///
/// let ids = Tensor::<1, Int>::from_ints([7, 7, 7, 8, 8, 8], &device);
/// let documents = RetrievalInput::from((scores.flatten(0, 1), relevance.flatten(0, 1), ids));
/// ```
#[derive(Debug, Clone)]
pub struct RetrievalInput {
    form: Form,
    /// The rankings of complete queries, which the metrics of a collection share.
    ranked: Arc<OnceLock<Ranked>>,
}

#[derive(Debug, Clone)]
enum Form {
    Rows {
        scores: Tensor<2>,
        relevance: Relevance<2>,
        mask: Option<Tensor<2, Bool>>,
    },
    Documents {
        scores: Tensor<1>,
        relevance: Relevance<1>,
        queries: Tensor<1, Int>,
    },
    Ranked(Arc<Rankings>),
    Wrong(MetricError),
}

/// The relevance of documents. Booleans are 0 and 1.
#[derive(Debug, Clone)]
pub enum Relevance<const D: usize> {
    Float(Tensor<D>),
    Int(Tensor<D, Int>),
}

/// Rankings that were made with an `ignore_index`.
#[derive(Debug)]
struct Ranked {
    ignore_index: Option<i64>,
    rankings: Arc<Rankings>,
}

/// A batch in host memory: complete queries, or documents of queries that may not be complete.
#[derive(Debug, Default)]
pub struct ReadBatch {
    pub(super) rankings: Arc<Rankings>,
    pub(super) documents: Documents,
    found: Found,
}

impl ReadBatch {
    pub(super) fn faults(&self) -> Faults {
        self.found.faults
    }

    /// Checks the documents of a batch that was in host memory.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`].
    pub(super) fn check(&self) -> Result<()> {
        self.found.check()
    }

    /// The same batch, all of whose queries are complete.
    fn completed(self) -> Self {
        match self.documents.is_empty() {
            true => self,
            false => Self {
                rankings: Arc::new(self.documents.grouped().rankings()),
                documents: Documents::default(),
                ..self
            },
        }
    }
}

impl RetrievalInput {
    fn of(form: Form) -> Self {
        Self {
            form,
            ranked: Arc::default(),
        }
    }

    /// Queries that have been ranked, or an error that says why they cannot.
    pub(super) fn of_rankings(rankings: Result<Rankings>) -> Self {
        Self::of(match rankings {
            Ok(rankings) => Form::Ranked(Arc::new(rankings)),
            Err(error) => Form::Wrong(error),
        })
    }

    /// The batch, once it is in host memory, or `None` if it has no documents.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] and [`MetricError::Kind`].
    pub(super) fn unread(self, ignore_index: Option<i64>) -> Result<Option<Unread<ReadBatch>>> {
        let unread = match self.form {
            Form::Wrong(error) => return Err(error),
            Form::Ranked(rankings) if rankings.is_empty() => return Ok(None),
            Form::Ranked(rankings) => of_queries(rankings),
            Form::Rows {
                scores,
                relevance,
                mask,
            } => {
                let dims = scores.dims();
                check(&scores, &relevance)?;
                if let Some(mask) = &mask {
                    expect_shape("mask", dims, mask.dims())?;
                }
                if dims.contains(&0) {
                    return Ok(None);
                }
                let read = move |tensors: Vec<HostTensor>| rank_rows(&tensors, dims, ignore_index);
                let unread = relevance.add_to(Unread::new(read).with(scores));
                match mask {
                    None => unread,
                    Some(mask) => unread.with_ints(mask.int()),
                }
            }
            Form::Documents {
                scores,
                relevance,
                queries,
            } => {
                let dims = scores.dims();
                check(&scores, &relevance)?;
                expect_shape("query ids", dims, queries.dims())?;
                if dims == [0] {
                    return Ok(None);
                }
                let read = move |tensors: Vec<HostTensor>| read_documents(&tensors, ignore_index);
                relevance
                    .add_to(Unread::new(read).with(scores))
                    .with_ints(queries)
            }
        };
        Ok(Some(unread))
    }

    /// The batch as complete queries.
    ///
    /// # Errors
    ///
    /// As for [`unread`](Self::unread), and [`MetricError::Sample`] if the documents are in host memory.
    pub(super) fn queries(self, ignore_index: Option<i64>) -> Result<Option<Unread<ReadBatch>>> {
        if let Some(ranked) = self
            .ranked
            .get()
            .filter(|ranked| ranked.ignore_index == ignore_index)
        {
            return Ok(Some(of_queries(ranked.rankings.clone())));
        }
        let known = self.ranked.clone();
        let Some(queries) = self.unread(ignore_index)? else {
            return Ok(None);
        };
        let queries = queries.map(ReadBatch::completed);
        if !queries.is_ready() {
            return Ok(Some(queries));
        }
        let read = queries.read_now()?;
        read.check()?;
        let rankings = read.rankings;
        let ranked = || Ranked {
            ignore_index,
            rankings: rankings.clone(),
        };
        known.get_or_init(ranked);
        Ok(Some(of_queries(rankings)))
    }
}

fn of_queries(rankings: Arc<Rankings>) -> Unread<ReadBatch> {
    Unread::new(move |_| ReadBatch {
        rankings: rankings.clone(),
        ..ReadBatch::default()
    })
}

fn check<const D: usize>(scores: &Tensor<D>, relevance: &Relevance<D>) -> Result<()> {
    ops::expect_float("scores", scores.dtype())?;
    let dims = match relevance {
        Relevance::Float(relevance) => relevance.dims(),
        Relevance::Int(relevance) => relevance.dims(),
    };
    expect_shape("relevance", scores.dims(), dims)
}

fn expect_shape<const D: usize>(
    what: &'static str,
    scores: [usize; D],
    got: [usize; D],
) -> Result<()> {
    match got == scores {
        true => Ok(()),
        false => {
            let expected = format!("{scores:?}, that of the scores");
            Err(MetricError::shape(what, expected, &got))
        }
    }
}

/// Ranks each row of scores, relevance and, if there is one, mask, `[queries, documents]` all.
fn rank_rows(
    tensors: &[HostTensor],
    [queries, width]: [usize; 2],
    ignore_index: Option<i64>,
) -> ReadBatch {
    let batch = Batch::read(tensors, ignore_index, Some(width));
    let (rankings, found) = rank_all(queries, width, |ranker, query| {
        let range = query * width..(query + 1) * width;
        ranker.push_range(&batch, range);
    });
    ReadBatch {
        rankings: Arc::new(rankings),
        found,
        ..ReadBatch::default()
    }
}

/// Reads the scores, the relevance and the query of each document.
fn read_documents(tensors: &[HostTensor], ignore_index: Option<i64>) -> ReadBatch {
    let [documents @ .., queries] = tensors else {
        return ReadBatch::default();
    };
    let batch = Batch::read(documents, ignore_index, None);
    let (documents, found) = Documents::read(&batch, &queries.labels());
    ReadBatch {
        documents,
        found,
        ..ReadBatch::default()
    }
}

/// A kind of tensors that can hold the relevance of documents: floats, integers or booleans.
pub trait RelevanceKind: sealed::Kind {}

impl RelevanceKind for Float {}
impl RelevanceKind for Int {}
impl RelevanceKind for Bool {}

mod sealed {
    use burn::tensor::{Bool, Device, Float, Int, Tensor, kind::Basic};

    use super::Relevance;
    use crate::ops;

    /// Seals [`RelevanceKind`](super::RelevanceKind).
    pub trait Kind: Basic + Sized {
        fn relevance<const D: usize>(tensor: Tensor<D, Self>, device: &Device) -> Relevance<D>;
    }

    impl Kind for Float {
        fn relevance<const D: usize>(tensor: Tensor<D>, device: &Device) -> Relevance<D> {
            Relevance::Float(ops::on_device(tensor.inner(), device))
        }
    }

    impl Kind for Int {
        fn relevance<const D: usize>(tensor: Tensor<D, Int>, device: &Device) -> Relevance<D> {
            Relevance::Int(ops::on_device(tensor.inner(), device))
        }
    }

    impl Kind for Bool {
        fn relevance<const D: usize>(tensor: Tensor<D, Bool>, device: &Device) -> Relevance<D> {
            Int::relevance(tensor.int(), device)
        }
    }
}

impl<const D: usize> Relevance<D> {
    fn add_to<R: 'static>(self, unread: Unread<R>) -> Unread<R> {
        match self {
            Self::Float(relevance) => unread.with(relevance),
            Self::Int(relevance) => unread.with_ints(relevance),
        }
    }
}

/// Queries, one per row.
impl<K: RelevanceKind> From<(Tensor<2>, Tensor<2, K>)> for RetrievalInput {
    fn from((scores, relevance): (Tensor<2>, Tensor<2, K>)) -> Self {
        let scores = scores.inner();
        Self::of(Form::Rows {
            relevance: K::relevance(relevance, &scores.device()),
            scores,
            mask: None,
        })
    }
}

/// Queries, one per row, and which of their documents exist.
impl<K: RelevanceKind> From<(Tensor<2>, Tensor<2, K>, Tensor<2, Bool>)> for RetrievalInput {
    fn from((scores, relevance, mask): (Tensor<2>, Tensor<2, K>, Tensor<2, Bool>)) -> Self {
        let scores = scores.inner();
        let device = scores.device();
        Self::of(Form::Rows {
            relevance: K::relevance(relevance, &device),
            scores,
            mask: Some(ops::on_device(mask.inner(), &device)),
        })
    }
}

/// Documents, and the query of each.
impl<K: RelevanceKind> From<(Tensor<1>, Tensor<1, K>, Tensor<1, Int>)> for RetrievalInput {
    fn from((scores, relevance, queries): (Tensor<1>, Tensor<1, K>, Tensor<1, Int>)) -> Self {
        let scores = scores.inner();
        let device = scores.device();
        Self::of(Form::Documents {
            relevance: K::relevance(relevance, &device),
            scores,
            queries: ops::on_device(queries.inner(), &device),
        })
    }
}
