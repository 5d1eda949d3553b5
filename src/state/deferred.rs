use burn::tensor::{Int, Tensor, TensorData, TensorReadError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser};

use super::{Readings, Reads, State, settle};
use crate::{Faults, Result, ops::is_host};

/// A total on the host that results of device work fold into.
pub trait Fold: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// Whether integer results may be added up on the device before they are read. If not, each
    /// result is folded on its own.
    const ADDITIVE: bool = true;

    /// What formulas read.
    type View<'a>: Clone;

    /// What formulas read.
    fn view(&self) -> Self::View<'_>;

    /// Folds results in: one, `[length]`, or several of equal length, `[results, length]`.
    fn fold(&mut self, results: &TensorData);

    /// Checks that another total can be folded in.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`](crate::MetricError::State).
    fn fits(&self, _other: &Self) -> Result<()> {
        Ok(())
    }

    /// Folds another total in.
    fn merge(&mut self, other: Self);

    /// The faults that one result reports.
    fn inspect(_result: &TensorData) -> Faults {
        Faults::default()
    }

    /// The faults of all results.
    fn faults(&self) -> Faults {
        Faults::default()
    }
}

/// A host total `T` and the device results that have yet to be folded into it.
///
/// The ready-made states are instances. On host devices there is nothing to wait for, so a result
/// is folded at once; on others it stays where it is until [`settle`].
#[derive(Debug, Clone, Default)]
pub struct Deferred<T> {
    total: T,
    ints: Vec<Ints>,
    floats: Vec<Tensor<2>>,
}

/// Counts on a device, with the greatest value that an element can have.
#[derive(Debug, Clone)]
struct Ints {
    sum: Tensor<1, Int>,
    bound: u64,
}

/// So many float results are kept apart before they are joined to one tensor. They are never added
/// up in `f32`: the host adds them in `f64`.
const FLOATS: usize = 64;
/// So many float elements may be pending in an additive total before it settles: 64 MB.
const PENDING: usize = 1 << 24;

impl<T: Fold> Deferred<T> {
    /// Adds counts, none above `bound`.
    ///
    /// Counts are added up on their device in 32 bits; a new sum is started before one could overflow.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`](crate::MetricError::Values) if `counts` are on a host device and report
    /// faults; they are then left out.
    pub fn add_ints(&mut self, counts: Tensor<1, Int>, bound: u64) -> Result<()> {
        let device = counts.device();
        if is_host(&device) {
            return self.fold_checked(counts.try_into_data().map_err(TensorReadError::from)?);
        }
        self.queue_ints(Ints { sum: counts, bound });
        Ok(())
    }

    fn queue_ints(&mut self, new: Ints) {
        let device = new.sum.device();
        let fits = |ints: &&mut Ints| {
            T::ADDITIVE
                && ints.bound + new.bound <= i32::MAX as u64
                && ints.sum.dims() == new.sum.dims()
                && ints.sum.device() == device
        };
        match self.ints.iter_mut().find(fits) {
            Some(ints) => {
                ints.sum = ints.sum.clone() + new.sum;
                ints.bound += new.bound;
            }
            None => self.ints.push(new),
        }
    }

    /// Adds sums or other float results.
    ///
    /// Of an additive total, more than 64 MB of results on devices are read, which waits for them.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`](crate::MetricError::Values) if `result` is on a host device and reports
    /// faults; it is then left out.
    pub fn add_floats(&mut self, result: Tensor<1>) -> Result<()> {
        let device = result.device();
        if is_host(&device) {
            return self.fold_checked(result.try_into_data().map_err(TensorReadError::from)?);
        }
        // First, so that an error leaves the batch out.
        if T::ADDITIVE && self.pending_floats() + result.dims()[0] > PENDING {
            settle(self)?;
        }
        self.queue_floats(result.unsqueeze());
        Ok(())
    }

    fn queue_floats(&mut self, results: Tensor<2>) {
        self.floats.push(results);
        if self.floats.len().is_multiple_of(FLOATS) {
            self.join();
        }
    }

    fn pending_floats(&self) -> usize {
        let elements = |results: &Tensor<2>| results.dims().iter().product::<usize>();
        self.floats.iter().map(elements).sum()
    }

    /// The total, for what the host knows without a device, such as a number of samples.
    pub fn total_mut(&mut self) -> &mut T {
        &mut self.total
    }

    fn fold_checked(&mut self, result: TensorData) -> Result<()> {
        T::inspect(&result).check()?;
        self.total.fold(&result);
        Ok(())
    }

    /// Joins the last float results that are alike, which keeps them in order.
    fn join(&mut self) {
        let Some(last) = self.floats.last() else {
            return;
        };
        let (device, dtype, [_, length]) = (last.device(), last.dtype(), last.dims());
        let alike = |results: &&Tensor<2>| {
            results.dims()[1] == length && results.device() == device && results.dtype() == dtype
        };
        let run = self.floats.iter().rev().take_while(alike).count();
        let tail = self.floats.split_off(self.floats.len() - run);
        self.floats.push(Tensor::cat(tail, 0));
    }
}

/// Of a total on the host.
impl<T: Fold> From<T> for Deferred<T> {
    fn from(total: T) -> Self {
        Self {
            total,
            ints: Vec::new(),
            floats: Vec::new(),
        }
    }
}

impl<T: Fold> State for Deferred<T> {
    type Total<'a> = T::View<'a>;

    fn fits(&self, other: &Self) -> Result<()> {
        self.total.fits(&other.total)
    }

    fn merge(&mut self, other: Self) {
        self.total.merge(other.total);
        other
            .ints
            .into_iter()
            .for_each(|ints| self.queue_ints(ints));
        other
            .floats
            .into_iter()
            .for_each(|results| self.queue_floats(results));
    }

    fn pending(&self, reads: &mut Reads) {
        self.ints
            .iter()
            .for_each(|ints| reads.add(ints.sum.clone()));
        self.floats.iter().for_each(|sum| reads.add(sum.clone()));
    }

    fn absorb(&mut self, readings: &mut Readings) {
        for _ in 0..self.ints.len() + self.floats.len() {
            self.total.fold(&readings.take());
        }
        self.ints.clear();
        self.floats.clear();
    }

    fn total(&self) -> T::View<'_> {
        self.total.view()
    }

    fn faults(&self) -> Faults {
        self.total.faults()
    }
}

impl<T: Fold> Serialize for Deferred<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut state = self.clone();
        settle(&mut state).map_err(ser::Error::custom)?;
        state.total.serialize(serializer)
    }
}

impl<'de, T: Fold> Deserialize<'de> for Deferred<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::from)
    }
}
