use crate::{Meta, Metric, Result, Total, Value};

/// See [`MetricExt::map`](super::MetricExt::map).
#[derive(Debug, Clone)]
pub struct Map<M, F> {
    pub(super) metric: M,
    pub(super) f: F,
}

impl<M, F, V> Metric for Map<M, F>
where
    M: Metric,
    F: Fn(M::Value) -> V + Clone + Send + Sync,
    V: Value,
{
    type Statistic = M::Statistic;
    type Value = V;

    fn statistic(&self) -> &M::Statistic {
        self.metric.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<V> {
        self.metric.compute(total).map(&self.f)
    }

    /// The name only: a function may turn the order of the values around.
    fn meta(&self) -> Meta {
        Meta::new("").named(self.metric.name())
    }
}
