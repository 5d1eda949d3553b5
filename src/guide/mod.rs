//! Guides: one page per task.
//!
//! | you want to | read |
//! |---|---|
//! | know how good a classifier is | [`evaluate_a_classifier`] |
//! | judge predicted numbers, clusters or associations | [`evaluate_a_regression`] |
//! | evaluate search results or recommendations | [`evaluate_search`] |
//! | evaluate recognized, translated or generated text | [`evaluate_text`] |
//! | evaluate segmented images or volumes | [`evaluate_segmentation`] |
//! | evaluate detected objects or panoptic segmentations | [`evaluate_detection`] |
//! | train with Burn's Learner | [`in_a_learner`] |
//! | evaluate on several devices or machines, or continue later | [`across_machines`] |
//! | write a metric of your own | [`write_a_metric`] |
//! | wrap metrics, track epochs, read metrics from a file | [`metrics_of_metrics`] |
//! | find what TorchMetrics has | [`coming_from_torchmetrics`] |
//! | find what scikit-learn has | [`coming_from_scikit_learn`] |
//! | choose backends and features | [`backends_and_features`] |
//! | know how fast it is | [`speed`] |

#[doc = include_str!("evaluate_a_classifier.md")]
pub mod evaluate_a_classifier {}

#[doc = include_str!("evaluate_a_regression.md")]
pub mod evaluate_a_regression {}

#[doc = include_str!("evaluate_search.md")]
pub mod evaluate_search {}

#[cfg(feature = "detection")]
#[doc = include_str!("evaluate_detection.md")]
pub mod evaluate_detection {}

#[cfg(feature = "text")]
#[doc = include_str!("evaluate_text.md")]
pub mod evaluate_text {}

#[doc = include_str!("evaluate_segmentation.md")]
pub mod evaluate_segmentation {}

#[cfg(feature = "train")]
#[doc = include_str!("in_a_learner.md")]
pub mod in_a_learner {}

#[doc = include_str!("across_machines.md")]
pub mod across_machines {}

#[doc = include_str!("write_a_metric.md")]
pub mod write_a_metric {}

#[cfg(feature = "catalog")]
#[doc = include_str!("metrics_of_metrics.md")]
pub mod metrics_of_metrics {}

#[doc = include_str!("coming_from_torchmetrics.md")]
pub mod coming_from_torchmetrics {}

#[doc = include_str!("coming_from_scikit_learn.md")]
pub mod coming_from_scikit_learn {}

#[doc = include_str!("backends_and_features.md")]
pub mod backends_and_features {}

#[doc = include_str!("speed.md")]
pub mod speed {}
