//! Metrics of nominal data: the association of two columns of categories, and the agreement of raters.
//!
//! The association is a function of the table of pairs of categories: [`CramersV`], [`TschuprowsT`],
//! [`PearsonsContingencyCoefficient`] and [`TheilsU`]. [`FleissKappa`] measures the agreement of raters.

mod association;
mod chi_squared;
mod columns;
mod cramers_v;
mod fleiss_kappa;
mod input;
mod pearson;
mod theils_u;
mod tschuprows_t;

pub use crate::NanStrategy;
pub use association::Association;
pub use columns::{Categories, CategoryColumns};
pub use cramers_v::{CramersV, cramers_v_matrix};
pub use fleiss_kappa::{FleissKappa, RatingsInput};
pub use input::NominalInput;
pub use pearson::{PearsonsContingencyCoefficient, pearsons_contingency_coefficient_matrix};
pub use theils_u::{TheilsU, theils_u_matrix};
pub use tschuprows_t::{TschuprowsT, tschuprows_t_matrix};

/// The parts from which the metrics of this family are built: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics, but most programs do not need them. Use them to write a metric that
/// shares these statistics, or a function that is generic over metrics of this family.
///
/// [`CategoryPairs`] counts pairs of categories, and an [`AssociationFormula`] turns the table of counts into the value
/// of an [`Association`] metric.
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
