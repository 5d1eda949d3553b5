//! Aggregation of plain numbers: sums, means, extrema and lists, of losses or of anything else.

mod aggregator;
mod cat;
mod extremum;
mod host;
mod input;
mod mean;
mod running;
mod sum;

pub use aggregator::{Aggregator, Gather, NanPolicy, Reduce};
pub use cat::*;
pub use extremum::*;
pub use input::AggregationInput;
pub use mean::*;
pub use running::*;
pub use sum::*;
