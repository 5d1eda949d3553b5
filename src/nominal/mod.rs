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
pub use association::{Association, AssociationFormula, CategoryPairs};
pub use columns::{Categories, CategoryColumns};
pub use cramers_v::*;
pub use fleiss_kappa::*;
pub use input::NominalInput;
pub use pearson::*;
pub use theils_u::*;
pub use tschuprows_t::*;

crate::combinator::resample_by_table! { CategoryPairs; }
crate::combinator::resample! { update_selected: [] FleissKappa; }
