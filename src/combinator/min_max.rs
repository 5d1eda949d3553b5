use serde::{Deserialize, Serialize};

use super::Window;
use crate::{Meta, Metric, Result, Total, Value};

/// See [`MetricExt::min_max`](super::MetricExt::min_max).
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
        // A batch of one class may have no AUROC, while all of them have.
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

/// A value, and the least and the greatest one of a batch; NaN where no batch has a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Extremes {
    /// That of all batches.
    pub value: f64,
    /// The least of a batch.
    pub min: f64,
    /// The greatest of a batch.
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
