use std::borrow::Cow;

use crate::{Direction, Meta, Metric, Result, Total};

/// A metric with another name or direction: see [`MetricExt::named`](super::MetricExt::named).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Named<M> {
    pub(super) metric: M,
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) direction: Option<Direction>,
}

impl<M> Named<M> {
    pub(super) fn of(metric: M) -> Self {
        Self {
            metric,
            name: None,
            direction: None,
        }
    }
}

impl<M: Metric> Metric for Named<M> {
    type Statistic = M::Statistic;
    type Value = M::Value;

    fn statistic(&self) -> &M::Statistic {
        self.metric.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<M::Value> {
        self.metric.compute(total)
    }

    fn meta(&self) -> Meta {
        let meta = self.metric.meta();
        Meta {
            name: self.name.clone().unwrap_or(meta.name),
            direction: self.direction.unwrap_or(meta.direction),
            bounds: meta.bounds,
        }
    }
}
