//! States: what statistics keep of the batches that they have seen.
//!
//! A state is a total on the host, plus results that are still on a device. Adding to it queues a result; reading its
//! total [settles](settle) it first. Ready-made states take the role of TorchMetrics'
//! `add_state(default, dist_reduce_fx)`: [`Count`], [`Sum`], [`Mean`], [`Min`], [`Max`], [`Column`], [`Counts`],
//! [`Contingency`], [`Outputs`] and [`Pairs`]. A tuple of states is a state, and so is a list of states of the same
//! type, [`States`].
//!
//! # States of your own
//!
//! All of them but `Count` are instances of [`Deferred`], which manages the queue, the limit of the memory that waits
//! on devices, and serialization. Two traits define what is particular to a state:
//!
//! * [`Pending`] is the result that an update leaves on a device: how it is read, and how two queued results are
//!   combined.
//! * [`Fold`] is the total on the host: how results are added, how totals are merged, and what metrics see of it.
//!
//! The results of a host device are added immediately, without a copy if the backend allows it.

mod column;
mod contingency;
mod count;
mod counts;
mod deferred;
mod outputs;
mod pairs;
mod reductions;
mod requests;
mod results;
mod states;
mod unread;

pub use crate::ops::{
    host::{HostTensor, Readable},
    parts::{Moments, Part, Spread, Sums},
};
pub use column::{Column, Concat, Scalar};
pub use contingency::{Cell, Contingency, ContingencyTable, Labels};
pub(crate) use contingency::{Number, numbers};
pub use count::Count;
pub use counts::{Counts, CountsTotal, SampleCounts, SampleCountsTotal};
pub use deferred::{Deferred, Fold, Pending};
pub use outputs::{Outputs, OutputsTotal};
pub(crate) use pairs::{Columns, Floats};
pub use pairs::{Pairs, PairsTotal};
pub use reductions::{Max, Mean, MeanTotal, Min, Sum};
pub use requests::{ReadRequests, ReadResults};
pub use states::States;

/// The parts that the ready-made states are made of: totals and pending results, which appear in their signatures.
///
/// A state of your own can use [`Results`], [`Addends`] and [`Unread`] as its [`Pending`] results.
pub mod parts {
    pub use super::column::{ColumnTotal, Entries};
    pub use super::contingency::{LabelBatch, LabelPairs, ReadLabels};
    pub use super::counts::{ReadTable, SampleTables, Table};
    pub use super::outputs::{BatchParts, ReadParts};
    pub use super::pairs::{PairBatch, ReadPairs};
    pub use super::reductions::{Extremum, SumTotal, WeightedSums};
    pub use super::results::{Addends, Appended, ReadTensors, Results};
    pub use super::unread::Unread;
}

pub(crate) use parts::{Addends, Appended, ReadTensors, Results, Unread};

use serde::{Serialize, de::DeserializeOwned};

use crate::{Faults, MetricError, Result};

/// An accumulated state: a commutative monoid with [`Default`] as its identity and [`merge`](State::merge) as its
/// operation.
///
/// It serializes as its settled total, which is independent of devices and backends.
pub trait State: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// The host form from which metrics compute their values: `f64`, `u64`, a slice, or a tuple of these. It is cheap
    /// to clone: metrics that share a state also share its total and everything that is computed from it on demand.
    type Total<'a>: Clone;

    /// Checks that another state can be merged into this one, for example that it has as many outputs.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`].
    fn check_merge(&self, _other: &Self) -> Result<()> {
        Ok(())
    }

    /// Merges another state, which has passed [`check_merge`](State::check_merge), into this one. Reads nothing from a
    /// device.
    fn merge(&mut self, other: Self);

    /// Registers everything that must be read from devices, in a fixed order. A state that keeps nothing on devices has nothing
    /// to register, which is the default.
    fn pending(&self, _requests: &mut ReadRequests) {}

    /// Adds the data that was read to the total, in the order of [`pending`](State::pending). It does nothing by default.
    fn absorb(&mut self, _results: &mut ReadResults) {}

    /// The total. It does not contain pending results, so [`settle`] first.
    fn total(&self) -> Self::Total<'_>;

    /// The values that could not be scored.
    fn faults(&self) -> Faults {
        Faults::default()
    }
}

/// Reads everything that is pending in `state` in one transaction.
///
/// # Errors
///
/// [`MetricError::Device`]. After an error, `state` is as it was.
pub fn settle(state: &mut impl State) -> Result<()> {
    let mut requests = ReadRequests::default();
    state.pending(&mut requests);
    state.absorb(&mut requests.execute()?);
    Ok(())
}

/// [`settle`] without blocking the thread, for hosts that must not block, such as a browser.
///
/// # Errors
///
/// [`MetricError::Device`]. After an error, `state` is as it was.
pub async fn settle_async(state: &mut impl State) -> Result<()> {
    let mut requests = ReadRequests::default();
    state.pending(&mut requests);
    state.absorb(&mut requests.execute_async().await?);
    Ok(())
}

/// Checks that two states have the same width, which `what` names. The width of an empty state is 0.
pub(crate) fn same_width(what: &str, own: usize, other: usize) -> Result<()> {
    match own == other || own == 0 || other == 0 {
        true => Ok(()),
        false => Err(MetricError::State {
            expected: format!("that of {own} {what}, as before"),
            got: format!("that of {other}"),
        }),
    }
}

/// Checks that a batch, `[samples, outputs]`, has as many outputs as the batches before, if there were any.
pub(crate) fn expect_outputs(known: usize, dims: [usize; 2]) -> Result<()> {
    match known == 0 || known == dims[1] {
        true => Ok(()),
        false => {
            let expected = format!("[batch, {known}], as of the batches before");
            Err(MetricError::shape("predictions", expected, &dims))
        }
    }
}

macro_rules! tuple_state {
    ($($S:ident $other:ident $i:tt),+) => {
        impl<$($S: State),+> State for ($($S,)+) {
            type Total<'a> = ($($S::Total<'a>,)+);

            fn check_merge(&self, other: &Self) -> Result<()> {
                $(self.$i.check_merge(&other.$i)?;)+
                Ok(())
            }

            fn merge(&mut self, ($($other,)+): Self) {
                $(self.$i.merge($other);)+
            }

            fn pending(&self, requests: &mut ReadRequests) {
                $(self.$i.pending(requests);)+
            }

            fn absorb(&mut self, results: &mut ReadResults) {
                $(self.$i.absorb(results);)+
            }

            fn total(&self) -> Self::Total<'_> {
                ($(self.$i.total(),)+)
            }

            fn faults(&self) -> Faults {
                let mut faults = Faults::default();
                $(faults += self.$i.faults();)+
                faults
            }
        }
    };
}

tuple_state!(A a 0, B b 1);
tuple_state!(A a 0, B b 1, C c 2);
tuple_state!(A a 0, B b 1, C c 2, D d 3);
tuple_state!(A a 0, B b 1, C c 2, D d 3, E e 4);
tuple_state!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
