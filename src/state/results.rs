//! Results that updates leave on a device: rows of floats, sums of floats, and tensors that are appended to each other.

use std::fmt::Debug;

use burn::tensor::{Element, Float, FloatDType, Tensor, kind::Transaction as Kind};

use super::{Pending, ReadRequests, ReadResults};
use crate::ops::{HostTensor, is_host, rounded_off};

/// The number of tensors that are kept before they are concatenated.
const TENSORS: usize = 64;

/// Results of shape `[length]` that are read as they are.
#[derive(Debug, Clone)]
pub struct Results<K: Kind = Float>(Appended<2, K>);

impl<K: Kind> Results<K> {
    /// Creates the result of one update.
    pub fn of(result: Tensor<1, K>) -> Self {
        Self(Appended::of(result.unsqueeze()))
    }
}

impl<K: Kind + Debug + 'static> Pending for Results<K> {
    type Read = ReadTensors;

    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn register(&self, requests: &mut ReadRequests) {
        self.0.register(requests);
    }

    fn read(self, results: &mut ReadResults) -> ReadTensors {
        let lengths = self.0.tensors.iter().map(|tensor| tensor.dims()[1]);
        let lengths: Vec<usize> = lengths.collect();
        ReadTensors(lengths.into_iter().zip(self.0.read(results)).collect())
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        self.0.append(later.0);
        None
    }
}

/// Results in host memory.
#[derive(Debug)]
pub struct ReadTensors(Vec<(usize, HostTensor)>);

impl ReadTensors {
    /// Calls `add` with each result.
    pub fn for_each(&self, mut add: impl FnMut(&[f64])) {
        for (length, tensor) in self.0.iter().filter(|(length, _)| *length > 0) {
            tensor.read().chunks_exact(*length).for_each(&mut add);
        }
    }
}

/// Float results of which only the sum is needed.
///
/// Short ones are added by the host in `f64`. Long ones, such as sums of outer products, are added on their device in
/// their own type. The rounding error of each addition is kept beside the sum, so that thousands of updates lose no
/// precision.
#[derive(Debug, Clone)]
pub enum Addends {
    /// Results that the host will add.
    Rows(Results),
    /// A sum, and the rounding errors of its additions.
    Sum(Box<[Tensor<1>; 2]>),
}

/// Results of at least this many elements are added on their device.
const LONG: usize = 1 << 14;

impl Addends {
    /// Creates the result of one update.
    pub fn of(result: Tensor<1>) -> Self {
        let result = result.inner();
        match result.dims()[0] < LONG || is_host(&result.device()) {
            true => Self::Rows(Results::of(result)),
            false => {
                let sum = match result.dtype().size() < f32::dtype().size() {
                    true => result.cast(FloatDType::F32),
                    false => result,
                };
                let lost = sum.zeros_like();
                Self::Sum(Box::new([sum, lost]))
            }
        }
    }
}

impl Pending for Addends {
    type Read = ReadTensors;

    fn is_ready(&self) -> bool {
        matches!(self, Self::Rows(rows) if rows.is_ready())
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.bytes(),
            // Adding to a sum takes no more memory, so it never has to be read early.
            Self::Sum(_) => 0,
        }
    }

    fn register(&self, requests: &mut ReadRequests) {
        match self {
            Self::Rows(rows) => rows.register(requests),
            Self::Sum(sum) => sum.iter().for_each(|part| requests.add(part.clone())),
        }
    }

    fn read(self, results: &mut ReadResults) -> ReadTensors {
        match self {
            Self::Rows(rows) => rows.read(results),
            Self::Sum(sum) => {
                let parts = sum.map(|part| (part.dims()[0], results.take()));
                ReadTensors(parts.into())
            }
        }
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        match (self, later) {
            (Self::Rows(rows), Self::Rows(later)) => rows.join(later).map(Self::Rows),
            (Self::Sum(sum), Self::Sum(later)) if same(&sum[0], &later[0]) => {
                **sum = add_exactly(sum, *later);
                None
            }
            (_, later) => Some(later),
        }
    }
}

/// Adds two sums together with their rounding errors.
fn add_exactly([a, a_lost]: &[Tensor<1>; 2], [b, b_lost]: [Tensor<1>; 2]) -> [Tensor<1>; 2] {
    let sum = a.clone() + b.clone();
    let lost = rounded_off(a.clone(), b, sum.clone());
    [sum, lost + a_lost.clone() + b_lost]
}

fn same(a: &Tensor<1>, b: &Tensor<1>) -> bool {
    a.dims() == b.dims() && a.dtype() == b.dtype() && a.device() == b.device()
}

/// Tensors that are appended to each other along their first dimension.
#[derive(Debug, Clone)]
pub struct Appended<const D: usize, K: Kind = Float> {
    tensors: Vec<Tensor<D, K>>,
}

impl<const D: usize, K: Kind> Appended<D, K> {
    pub(crate) fn of(tensor: Tensor<D, K>) -> Self {
        Self {
            tensors: vec![tensor],
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.tensors.iter().all(|tensor| is_host(&tensor.device()))
    }

    pub(crate) fn bytes(&self) -> usize {
        let bytes =
            |tensor: &Tensor<D, K>| tensor.dims().iter().product::<usize>() * tensor.dtype().size();
        self.tensors.iter().map(bytes).sum()
    }

    /// The total length along the first dimension.
    pub(crate) fn rows(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.dims()[0]).sum()
    }

    pub(crate) fn append(&mut self, later: Self) {
        for tensor in later.tensors {
            self.tensors.push(tensor);
            if self.tensors.len().is_multiple_of(TENSORS) {
                self.concatenate();
            }
        }
    }

    /// Concatenates the last tensors that have the same shape and type, which keeps their order.
    fn concatenate(&mut self) {
        let Some(last) = self.tensors.last() else {
            return;
        };
        let alike = |tensor: &&Tensor<D, K>| {
            tensor.dims()[1..] == last.dims()[1..]
                && tensor.dtype() == last.dtype()
                && tensor.device() == last.device()
        };
        let run = self.tensors.iter().rev().take_while(alike).count();
        let tail = self.tensors.split_off(self.tensors.len() - run);
        self.tensors.push(Tensor::cat(tail, 0));
    }

    pub(crate) fn register(&self, requests: &mut ReadRequests) {
        let tensors = self.tensors.iter().cloned();
        tensors.for_each(|tensor| requests.add(tensor));
    }

    pub(crate) fn read(self, results: &mut ReadResults) -> Vec<HostTensor> {
        self.tensors.iter().map(|_| results.take()).collect()
    }
}
