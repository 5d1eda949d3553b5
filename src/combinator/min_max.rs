use serde::{Deserialize, Serialize};

use super::Window;
use crate::{Meta, Metric, Result, Total, Value};

/// A metric with the minimum and maximum of its values for batches: see
/// [`MetricExt::min_max`](super::MetricExt::min_max).
#[derive(Debug, Clone)]
pub struct MinMax<M: Metric> {
    metric: M,
    statistic: Window<M::Statistic>,
}

impl<M: Metric> MinMax<M> {
    pub(super) fn of(metric: M) -> Self {
        Self {
            statistic: Window::unlimited(metric.statistic().clone()),
            metric,
        }
    }
}

impl<M: Metric<Value = f64>> Metric for MinMax<M> {
    type Statistic = Window<M::Statistic>;
    type Value = Extremes;

    fn statistic(&self) -> &Self::Statistic {
        &self.statistic
    }

    fn compute(&self, batches: Total<'_, Self>) -> Result<Extremes> {
        let value = self.metric.compute(batches.merged())?;
        // The metric may be undefined for a batch but not for all of them, such as the AUROC of one class.
        let values = batches.each().flat_map(|batch| self.metric.compute(batch));
        let (min, max) = values.fold((f64::NAN, f64::NAN), |(min, max), value| {
            (value.min(min), value.max(max))
        });
        Ok(Extremes { value, min, max })
    }

    fn meta(&self) -> Meta {
        self.metric.meta().with("range of batches")
    }
}

/// A value, and the minimum and maximum of its values for batches, which are NaN if no batch has a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Extremes {
    /// The value of all batches.
    pub value: f64,
    /// The minimum of the values of batches.
    pub min: f64,
    /// The maximum of the values of batches.
    pub max: f64,
}

impl Value for Extremes {
    fn entries(&self) -> Vec<(String, f64)> {
        let entries = [("", self.value), ("min", self.min), ("max", self.max)];
        entries
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    }
}
