//! Clustering: the agreement of two clusterings, and the quality of one.
//!
//! Agreement is a function of the table of pairs of labels, quality of the points of each cluster.

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

pub use agreement::{Agreement, AgreementFormula, LabelPairs};
pub use calinski_harabasz::*;
pub use cluster_accuracy::*;
pub use davies_bouldin::*;
pub use dunn::*;
pub use fowlkes_mallows::*;
pub use homogeneity::*;
pub use input::{ClusteringInput, PointsInput};
pub use mutual_info::*;
pub use points::{
    Cluster, ClusterMoments, ClusterPoints, Clustered, ClusteredTotal, Clusters, Quality,
    QualityFormula,
};
pub use rand::*;

crate::combinator::resample_by_table! { LabelPairs; }
crate::combinator::resample! { update_selected: [C: Cluster] Clusters<C>; }
