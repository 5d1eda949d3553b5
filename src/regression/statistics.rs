//! The statistics that metrics of pairs are computed from.

use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::RegressionInput;
use crate::{
    Result, Statistic,
    ops::{self, AnyPairs, PairTerm, Parts},
    sealed::Sealed,
    state::{Moments, Outputs, Part, Sums},
};

/// A statistic of pairs that keeps one [`Part`] per output.
///
/// This trait is sealed: only types of this crate implement it.
pub trait PairStatistic:
    Sealed + Statistic<State = Outputs<Self::Part>> + Debug + Serialize + DeserializeOwned + 'static
{
    /// The type of the part that is kept per output.
    type Part: Part;
}

/// Keeps the moments of predictions, targets and errors, from which squared errors and correlations are computed.
///
/// Metrics of a collection that use this statistic share one pass over each batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairMoments;

impl Sealed for PairMoments {}
impl Sealed for PairSums {}

impl PairStatistic for PairMoments {
    type Part = Moments;
}

impl Statistic for PairMoments {
    type Input = RegressionInput;
    type State = Outputs<Moments>;

    fn update(&self, state: &mut Self::State, input: RegressionInput) -> Result<()> {
        add(state, input, ops::pair_moments)
    }
}

/// Keeps sums over pairs, such as the sum of the absolute errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PairSums {
    pub(crate) term: PairTerm,
}

impl PairSums {
    /// Creates the statistic that sums this term.
    pub const fn of(term: PairTerm) -> Self {
        Self { term }
    }
}

impl PairStatistic for PairSums {
    type Part = Sums;
}

impl Statistic for PairSums {
    type Input = RegressionInput;
    type State = Outputs<Sums>;

    fn update(&self, state: &mut Self::State, input: RegressionInput) -> Result<()> {
        self.term.check()?;
        add(state, input, |batch| ops::pair_sums(batch, self.term))
    }
}

fn add<P: Part>(
    state: &mut Outputs<P>,
    input: RegressionInput,
    parts: impl FnOnce(AnyPairs) -> Parts<P>,
) -> Result<()> {
    let dims = input.check()?;
    state.expect_width(dims)?;
    match dims.contains(&0) {
        true => Ok(()),
        false => state.add(dims, parts(input.into_parts())),
    }
}
