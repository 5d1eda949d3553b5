use crate::{Meta, Metric, Result, Total, Value};

/// A metric whose value is passed through a function: see [`MetricExt::map`](super::MetricExt::map).
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

    /// Keeps only the name, because the function may reverse the order of the values.
    fn meta(&self) -> Meta {
        Meta::new("").named(self.metric.name())
    }
}
