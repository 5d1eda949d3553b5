use std::collections::VecDeque;

use burn::tensor::{
    Device, Tensor, TensorData, TensorReadError, Transaction, kind::Transaction as Kind,
};

use crate::Result;

/// Tensors to be read together: one transaction, so one wait, for each device.
#[derive(Default)]
pub struct Reads {
    queues: Vec<Queue>,
    len: usize,
}

struct Queue {
    device: Device,
    transaction: Transaction,
    places: Vec<usize>,
}

impl Reads {
    /// Registers a tensor.
    pub fn add<const D: usize, K: Kind>(&mut self, tensor: Tensor<D, K>) {
        let (device, place) = (tensor.device(), self.len);
        self.len += 1;
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

    /// How many tensors are registered.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no tensor is registered.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads them and waits.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn execute(self) -> Result<Readings> {
        let Self { queues, len } = self;
        let mut data = vec![None; len];
        for queue in queues {
            let read = queue.transaction.try_execute();
            place(
                &mut data,
                &queue.places,
                read.map_err(TensorReadError::from)?,
            );
        }
        Ok(Readings(data.into_iter().flatten().collect()))
    }

    /// Reads them without blocking the thread.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub async fn execute_async(self) -> Result<Readings> {
        let Self { queues, len } = self;
        let mut data = vec![None; len];
        for queue in queues {
            let read = queue.transaction.execute_async().await;
            place(
                &mut data,
                &queue.places,
                read.map_err(TensorReadError::from)?,
            );
        }
        Ok(Readings(data.into_iter().flatten().collect()))
    }
}

fn place(data: &mut [Option<TensorData>], places: &[usize], read: Vec<TensorData>) {
    for (place, read) in places.iter().zip(read) {
        data[*place] = Some(read);
    }
}

/// The data of [`Reads`], in the order in which they were registered.
#[derive(Default)]
pub struct Readings(VecDeque<TensorData>);

impl Readings {
    /// The next data.
    ///
    /// # Panics
    ///
    /// If a state takes more than it handed over.
    pub fn take(&mut self) -> TensorData {
        self.0
            .pop_front()
            .expect("a state takes back as many tensors as it handed over")
    }
}
