use std::{fmt, sync::Arc};

use burn::tensor::{Int, Tensor};

use super::{Pending, ReadRequests, ReadResults};
use crate::{
    Result,
    ops::{HostTensor, is_host},
};

/// Tensors from which the host computes a result, once they are in its memory.
///
/// Use it for computations that only the host can do. The result of tensors on a host device is computed immediately,
/// and that of others when they are read.
pub struct Unread<R> {
    tensors: Vec<Held>,
    finish: Arc<dyn Fn(Vec<HostTensor>) -> R + Send + Sync>,
}

#[derive(Debug, Clone)]
enum Held {
    Float(Tensor<1>),
    Int(Tensor<1, Int>),
}

impl<R: 'static> Unread<R> {
    /// Creates a result that `finish` computes from the tensors that will be added, in their order.
    pub fn new(finish: impl Fn(Vec<HostTensor>) -> R + Send + Sync + 'static) -> Self {
        Self {
            tensors: Vec::new(),
            finish: Arc::new(finish),
        }
    }

    /// Adds a tensor, whose elements will be read in row-major order.
    pub fn with<const D: usize>(mut self, tensor: Tensor<D>) -> Self {
        self.tensors.push(Held::Float(tensor.flatten(0, D - 1)));
        self
    }

    /// Adds a tensor of integers.
    pub fn with_ints<const D: usize>(mut self, tensor: Tensor<D, Int>) -> Self {
        self.tensors.push(Held::Int(tensor.flatten(0, D - 1)));
        self
    }

    /// Applies `f` to the result.
    pub fn map<S: 'static>(self, f: impl Fn(R) -> S + Send + Sync + 'static) -> Unread<S> {
        let finish = self.finish;
        Unread {
            tensors: self.tensors,
            finish: Arc::new(move |tensors| f(finish(tensors))),
        }
    }

    /// Computes the result now, and waits for the device if it has to.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub(crate) fn read_now(self) -> Result<R> {
        let mut requests = ReadRequests::default();
        self.register(&mut requests);
        Ok(self.read(&mut requests.execute()?))
    }

    /// Combines the result with one more tensor.
    pub(crate) fn and<const D: usize>(self, tensor: Tensor<D>) -> Unread<(R, Option<HostTensor>)> {
        let finish = self.finish;
        let both = Unread {
            tensors: self.tensors,
            finish: Arc::new(move |mut tensors: Vec<HostTensor>| {
                let last = tensors.pop();
                (finish(tensors), last)
            }),
        };
        both.with(tensor)
    }
}

impl<R> Clone for Unread<R> {
    fn clone(&self) -> Self {
        Self {
            tensors: self.tensors.clone(),
            finish: self.finish.clone(),
        }
    }
}

impl<R> fmt::Debug for Unread<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread")
            .field("tensors", &self.tensors)
            .finish_non_exhaustive()
    }
}

impl<R: 'static> Pending for Unread<R> {
    type Read = R;

    fn is_ready(&self) -> bool {
        self.tensors.iter().all(|tensor| match tensor {
            Held::Float(tensor) => is_host(&tensor.device()),
            Held::Int(tensor) => is_host(&tensor.device()),
        })
    }

    fn bytes(&self) -> usize {
        let bytes = |tensor: &Held| match tensor {
            Held::Float(tensor) => tensor.dims()[0] * tensor.dtype().size(),
            Held::Int(tensor) => tensor.dims()[0] * tensor.dtype().size(),
        };
        self.tensors.iter().map(bytes).sum()
    }

    fn register(&self, requests: &mut ReadRequests) {
        for tensor in &self.tensors {
            match tensor {
                Held::Float(tensor) => requests.add(tensor.clone()),
                Held::Int(tensor) => requests.add(tensor.clone()),
            }
        }
    }

    fn read(self, results: &mut ReadResults) -> R {
        let tensors = self.tensors.iter().map(|_| results.take());
        (self.finish)(tensors.collect())
    }
}
