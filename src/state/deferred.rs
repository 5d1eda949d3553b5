use std::fmt::Debug;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned},
    ser,
};

use super::{ReadRequests, ReadResults, State, settle};
use crate::{Faults, Result};

/// A result that one or more updates have left on a device, until the host reads it.
///
/// Each kind of result has its own type, so that what is queued, what is read and what is added to a total always
/// match.
pub trait Pending: Debug + Clone + Send + Sync + 'static {
    /// The type of the result in host memory.
    type Read;

    /// Whether the result can be read without waiting for a device.
    fn is_ready(&self) -> bool;

    /// The number of bytes of device memory that the result occupies.
    fn bytes(&self) -> usize;

    /// Registers the tensors of the result, in a fixed order.
    fn register(&self, requests: &mut ReadRequests);

    /// Reads the result from the data of its tensors, in the order of [`register`](Self::register).
    fn read(self, results: &mut ReadResults) -> Self::Read;

    /// Combines a later result with this one, so that less has to be read. Returns the later result if they cannot be
    /// combined.
    fn join(&mut self, later: Self) -> Option<Self> {
        Some(later)
    }

    /// The faults that the result reports.
    fn faults(_read: &Self::Read) -> Faults {
        Faults::default()
    }
}

/// A total on the host to which the results of updates are added.
///
/// With its [`Pending`] results it makes a [`Deferred`] state.
pub trait Fold: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// The type of the result of an update.
    type Pending: Pending;

    /// The type from which metrics compute their values.
    type View<'a>: Clone;

    /// The number of bytes of results that may wait on devices before they are read. If a total takes as much memory as
    /// its results, there is no limit, because reading them early would save nothing.
    const LIMIT: usize = 64 << 20;

    /// Checks that a result belongs to this total, for example that it has as many outputs as those before.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`](crate::MetricError::Shape).
    fn expect(&self, _pending: &Self::Pending) -> Result<()> {
        Ok(())
    }

    /// Records properties that other results must share, such as the number of outputs, before this result is read.
    fn announce(&mut self, _pending: &Self::Pending) {}

    /// Adds a result. Faulty values are counted and ignored.
    fn add(&mut self, read: <Self::Pending as Pending>::Read);

    /// Adds a result without faults.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`](crate::MetricError::Values) if there are faults. The total is then unchanged.
    fn try_add(&mut self, read: <Self::Pending as Pending>::Read) -> Result<()> {
        Self::Pending::faults(&read).check()?;
        self.add(read);
        Ok(())
    }

    /// Checks that another total can be merged into this one.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`](crate::MetricError::State).
    fn check_merge(&self, _other: &Self) -> Result<()> {
        Ok(())
    }

    /// Whether the parts of a total that was deserialized fit each other, such as the length of a table and its width.
    ///
    /// The total may have been made by anyone: computing a value from it must not panic.
    fn is_consistent(&self) -> bool {
        true
    }

    /// Merges another total into this one.
    fn merge(&mut self, other: Self);

    /// Prepares the total for [`view`](Self::view), for example by sorting it. Does nothing if this has been done.
    fn finish(&mut self) {}

    /// The view from which metrics compute their values.
    fn view(&self) -> Self::View<'_>;

    /// The faults of all results.
    fn faults(&self) -> Faults {
        Faults::default()
    }
}

/// A state that consists of a total on the host and results that still have to be added to it.
///
/// All ready-made states except [`Count`](super::Count) and [`States`](super::States) are of this type. The results of
/// host devices are added immediately. Those of other devices wait in a queue until the state is [settled](settle), or
/// until they occupy more than [`Fold::LIMIT`].
#[derive(Debug, Clone)]
pub struct Deferred<T: Fold> {
    total: T,
    queue: Vec<T::Pending>,
    bytes: usize,
}

/// The number of queued results with which a new result is compared to see whether it can join one. One process has
/// fewer devices.
const NEIGHBOURS: usize = 8;

impl<T: Fold> Deferred<T> {
    /// Adds the result of an update.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`](crate::MetricError::Shape) if the result does not belong to this state,
    /// [`MetricError::Values`](crate::MetricError::Values) if it is on a host device and reports faults,
    /// [`MetricError::Device`](crate::MetricError::Device). After an error, the state is unchanged.
    pub fn add_result(&mut self, result: T::Pending) -> Result<()> {
        self.total.expect(&result)?;
        if result.is_ready() {
            let mut requests = ReadRequests::of_host();
            result.register(&mut requests);
            return self.total.try_add(result.read(&mut requests.execute()?));
        }
        // Settle first, so that an error of the device leaves the result out.
        if !self.queue.is_empty() && self.bytes.saturating_add(result.bytes()) > T::LIMIT {
            settle(self)?;
        }
        self.total.announce(&result);
        self.enqueue(result);
        Ok(())
    }

    fn enqueue(&mut self, mut result: T::Pending) {
        for queued in self.queue.iter_mut().rev().take(NEIGHBOURS) {
            let before = queued.bytes();
            match queued.join(result) {
                None => {
                    self.bytes = self.bytes.saturating_sub(before) + queued.bytes();
                    return;
                }
                Some(unlike) => result = unlike,
            }
        }
        self.bytes += result.bytes();
        self.queue.push(result);
    }

    /// The total, without the results that are queued.
    pub(crate) fn settled(&self) -> &T {
        &self.total
    }

    /// The total, to record what the host knows without a result.
    pub(crate) fn total_mut(&mut self) -> &mut T {
        &mut self.total
    }
}

impl<T: Fold> Default for Deferred<T> {
    fn default() -> Self {
        T::default().into()
    }
}

/// Creates a state whose total has been read and whose queue is empty.
impl<T: Fold> From<T> for Deferred<T> {
    fn from(total: T) -> Self {
        Self {
            total,
            queue: Vec::new(),
            bytes: 0,
        }
    }
}

impl<T: Fold> State for Deferred<T> {
    type Total<'a> = T::View<'a>;

    fn check_merge(&self, other: &Self) -> Result<()> {
        self.total.check_merge(&other.total)
    }

    fn merge(&mut self, other: Self) {
        self.total.merge(other.total);
        for result in other.queue {
            self.enqueue(result);
        }
    }

    fn pending(&self, requests: &mut ReadRequests) {
        self.queue
            .iter()
            .for_each(|result| result.register(requests));
    }

    fn absorb(&mut self, results: &mut ReadResults) {
        self.bytes = 0;
        for result in std::mem::take(&mut self.queue) {
            self.total.add(result.read(results));
        }
        self.total.finish();
    }

    fn total(&self) -> T::View<'_> {
        self.total.view()
    }

    fn faults(&self) -> Faults {
        self.total.faults()
    }
}

/// Serializes the total, after everything that is queued has been read.
impl<T: Fold> Serialize for Deferred<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.queue.is_empty() {
            return self.total.serialize(serializer);
        }
        let mut settled = self.clone();
        settle(&mut settled).map_err(ser::Error::custom)?;
        settled.total.serialize(serializer)
    }
}

impl<'de, T: Fold> Deserialize<'de> for Deferred<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let total = T::deserialize(deserializer)?;
        match total.is_consistent() {
            true => Ok(total.into()),
            false => Err(de::Error::custom(
                "a total whose parts do not fit each other",
            )),
        }
    }
}
