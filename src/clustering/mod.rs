//! Clustering metrics: the agreement of two clusterings, and the quality of one.
//!
//! The agreement is a function of the table of pairs of labels: [`RandScore`], [`AdjustedRandScore`],
//! [`MutualInfoScore`], [`NormalizedMutualInfoScore`], [`AdjustedMutualInfoScore`], [`HomogeneityScore`],
//! [`CompletenessScore`], [`VMeasureScore`], [`FowlkesMallowsIndex`] and [`ClusterAccuracy`]. The quality is a function
//! of the points of each cluster: [`CalinskiHarabaszScore`], [`DaviesBouldinScore`] and [`DunnIndex`].

mod agreement;
mod calinski_harabasz;
mod cluster_accuracy;
mod davies_bouldin;
mod dunn;
mod expected;
mod fowlkes_mallows;
mod homogeneity;
mod input;
mod mutual_info;
mod points;
mod rand;

pub use agreement::Agreement;
pub use calinski_harabasz::CalinskiHarabaszScore;
pub use cluster_accuracy::ClusterAccuracy;
pub use davies_bouldin::DaviesBouldinScore;
pub use dunn::DunnIndex;
pub use fowlkes_mallows::FowlkesMallowsIndex;
pub use homogeneity::{CompletenessScore, HomogeneityScore, VMeasureScore};
pub use input::{ClusteringInput, PointsInput};
pub use mutual_info::{
    AdjustedMutualInfoScore, AverageMethod, MutualInfoScore, NormalizedMutualInfoScore,
};
pub use points::Quality;
pub use rand::{AdjustedRandScore, RandScore};

/// The parts from which the metrics of this family are built: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics, but most programs do not need them. Use them to write a metric that
/// shares these statistics, or a function that is generic over metrics of this family.
///
/// [`LabelPairs`] counts pairs of labels, and an [`AgreementFormula`] turns the table of counts into the value of an
/// [`Agreement`] metric. [`Clusters`] keeps the points of each cluster or a summary of them, and a [`QualityFormula`]
/// turns this into the value of a [`Quality`] metric.
pub mod parts {
    pub use super::agreement::{AgreementFormula, LabelPairs};
    pub use super::calinski_harabasz::CalinskiHarabasz;
    pub use super::cluster_accuracy::BestMatching;
    pub use super::davies_bouldin::DaviesBouldin;
    pub use super::dunn::Dunn;
    pub use super::fowlkes_mallows::FowlkesMallows;
    pub use super::homogeneity::{Completeness, Homogeneity, VMeasure};
    pub use super::mutual_info::{AdjustedMutualInfo, MutualInfo, NormalizedMutualInfo};
    pub use super::points::{
        Cluster, ClusterMoments, ClusterPoints, Clustered, ClusteredTotal, Clusters, QualityFormula,
    };
    pub use super::rand::{AdjustedRand, Rand};
}

pub(crate) use parts::*;

crate::combinator::resample_by_table! { LabelPairs; }
crate::combinator::resample! { update_selected: [C: Cluster] Clusters<C>; }
