use std::fmt::Debug;

use burn::tensor::{Float, Int, Tensor, kind::Transaction as Kind};
use serde::{Deserialize, Serialize};

use super::{Appended, Deferred, Fold, Pending, ReadRequests, ReadResults};
use crate::{
    Result,
    encoding::number::list,
    ops::{HostTensor, Readable},
};

/// Keeps all elements in the order of the updates of each device: a typed column that only grows.
///
/// A tuple of columns is a table: `(Column<f32>, Column<i64>)` keeps a score and a label per row. Elements on a device
/// stay there until they are read, once.
pub type Column<T> = Deferred<ColumnTotal<T>>;

/// Keeps all elements in double precision.
pub type Concat = Column<f64>;

/// The host form of a [`Column`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct ColumnTotal<T: Scalar>(#[serde(with = "list")] Vec<T>);

/// The type of a [`Column`]'s elements: `f32`, `f64` or `i64`.
pub trait Scalar: Readable + list::Entry + Debug + PartialEq {
    /// The kind of the tensors that have such elements.
    type Kind: Kind;
}

impl Scalar for f32 {
    type Kind = Float;
}

impl Scalar for f64 {
    type Kind = Float;
}

impl Scalar for i64 {
    type Kind = Int;
}

impl<T: Scalar> Column<T> {
    /// Appends the elements of `values`.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add(&mut self, values: Tensor<1, T::Kind>) -> Result<()> {
        self.add_result(Entries(Appended::of(values)))
    }

    /// Appends elements in host memory.
    pub fn add_numbers(&mut self, numbers: Vec<T>) {
        self.total_mut().append(numbers);
    }
}

impl<T: Scalar> ColumnTotal<T> {
    fn append(&mut self, numbers: Vec<T>) {
        match self.0.is_empty() {
            true => self.0 = numbers,
            false => self.0.extend(numbers),
        }
    }
}

impl<T: Scalar> Default for ColumnTotal<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Elements to be appended to a [`Column`].
#[derive(Debug, Clone)]
pub struct Entries<K: Kind>(Appended<1, K>);

impl<K: Kind + Debug + 'static> Pending for Entries<K> {
    type Read = Vec<HostTensor>;

    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn register(&self, requests: &mut ReadRequests) {
        self.0.register(requests);
    }

    fn read(self, results: &mut ReadResults) -> Vec<HostTensor> {
        self.0.read(results)
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        self.0.append(later.0);
        None
    }
}

impl<T: Scalar> Fold for ColumnTotal<T> {
    type Pending = Entries<T::Kind>;
    type View<'a> = &'a [T];

    const LIMIT: usize = usize::MAX;

    fn add(&mut self, read: Vec<HostTensor>) {
        read.iter()
            .for_each(|tensor| self.0.extend_from_slice(&tensor.read()));
    }

    fn merge(&mut self, other: Self) {
        self.append(other.0);
    }

    fn view(&self) -> &[T] {
        &self.0
    }
}
