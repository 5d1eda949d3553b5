//! Nominal data: the association of two columns of categories, and the agreement of raters.
//!
//! Association is a function of the table of pairs of categories.

mod association;
mod chi_squared;
mod columns;
mod cramers_v;
mod fleiss_kappa;
mod input;
mod pearson;
mod theils_u;
mod tschuprows_t;

pub use crate::state::NanStrategy;
pub use association::Association;
pub use columns::{Categories, CategoryColumns};
pub use cramers_v::{CramersV, cramers_v_matrix};
pub use fleiss_kappa::{FleissKappa, RatingsInput};
pub use input::NominalInput;
pub use pearson::{PearsonsContingencyCoefficient, pearsons_contingency_coefficient_matrix};
pub use theils_u::{TheilsU, theils_u_matrix};
pub use tschuprows_t::{TschuprowsT, tschuprows_t_matrix};

/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics. Most programs need none of them; a metric of your own can share the
/// statistics, and a function that is generic over metrics of this family needs the traits.
///
/// [`CategoryPairs`] counts pairs of categories, and an
/// [`AssociationFormula`] turns the table into the value of an [`Association`] metric.
pub mod parts {
    pub use super::association::{AssociationFormula, CategoryPairs};
    pub use super::cramers_v::Cramer;
    pub use super::fleiss_kappa::{Ratings, RatingsTotal};
    pub use super::pearson::PearsonContingency;
    pub use super::theils_u::Theil;
    pub use super::tschuprows_t::Tschuprow;
}

pub(crate) use parts::*;

crate::combinator::resample_by_table! { CategoryPairs; }
crate::combinator::resample! { update_selected: [] FleissKappa; }
