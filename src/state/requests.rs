use std::fmt;

use burn::tensor::{
    Device, Tensor, TensorData, TensorReadError, Transaction, kind::Transaction as Kind,
};

use crate::{
    MetricError, Result,
    ops::{HostTensor, is_host},
};

/// Tensors to be read together, with one transaction and one wait per device.
#[derive(Default)]
pub struct ReadRequests {
    /// The tensors of host devices, which need no transaction.
    tensors: Vec<Option<HostTensor>>,
    queues: Vec<Queue>,
    /// Whether all tensors are known to be on host devices.
    host: bool,
    error: Option<MetricError>,
}

impl fmt::Debug for ReadRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadRequests of {} tensors", self.tensors.len())
    }
}

struct Queue {
    device: Device,
    transaction: Transaction,
    places: Vec<usize>,
}

impl ReadRequests {
    /// Creates requests for tensors that are all on host devices.
    pub(super) fn of_host() -> Self {
        Self {
            host: true,
            ..Self::default()
        }
    }

    /// Registers a tensor.
    pub fn add<const D: usize, K: Kind>(&mut self, tensor: Tensor<D, K>) {
        if self.host {
            return self.add_host(tensor);
        }
        let (device, place) = (tensor.device(), self.tensors.len());
        if is_host(&device) {
            return self.add_host(tensor);
        }
        self.tensors.push(None);
        match self.queues.iter_mut().find(|queue| queue.device == device) {
            Some(queue) => {
                queue.transaction = std::mem::take(&mut queue.transaction).register(tensor);
                queue.places.push(place);
            }
            None => self.queues.push(Queue {
                device,
                transaction: Transaction::default().register(tensor),
                places: vec![place],
            }),
        }
    }

    fn add_host<const D: usize, K: Kind>(&mut self, tensor: Tensor<D, K>) {
        match HostTensor::of(tensor) {
            Ok(tensor) => self.tensors.push(Some(tensor)),
            Err(error) => self.error = Some(error),
        }
    }

    /// The number of registered tensors.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether no tensor is registered.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// Reads the tensors and waits for them.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`].
    pub fn execute(mut self) -> Result<ReadResults> {
        for queue in std::mem::take(&mut self.queues) {
            let read = queue.transaction.try_execute();
            self.place(&queue.places, read.map_err(TensorReadError::from)?);
        }
        self.results()
    }

    /// Reads the tensors without blocking the thread.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`].
    pub async fn execute_async(mut self) -> Result<ReadResults> {
        for queue in std::mem::take(&mut self.queues) {
            let read = queue.transaction.execute_async().await;
            self.place(&queue.places, read.map_err(TensorReadError::from)?);
        }
        self.results()
    }

    fn place(&mut self, places: &[usize], read: Vec<TensorData>) {
        for (place, data) in places.iter().zip(read) {
            self.tensors[*place] = Some(data.into());
        }
    }

    fn results(self) -> Result<ReadResults> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(ReadResults(self.tensors.into_iter())),
        }
    }
}

/// The data of [`ReadRequests`], in the order in which the tensors were registered.
#[derive(Debug, Default)]
pub struct ReadResults(std::vec::IntoIter<Option<HostTensor>>);

impl ReadResults {
    /// Takes the next tensor.
    ///
    /// # Panics
    ///
    /// If a state takes more tensors than it registered.
    pub fn take(&mut self) -> HostTensor {
        let next = self.0.next().flatten();
        next.expect("a state takes back as many tensors as it registered")
    }
}
