use serde::{Deserialize, Serialize};

use crate::{Meta, Metric, MetricError, Result, Total, Value};

/// A metric whose classes have names: see [`MetricExt::classwise`](super::MetricExt::classwise).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classwise<M> {
    pub(super) metric: M,
    pub(super) labels: Vec<String>,
}

impl<M, V> Metric for Classwise<M>
where
    M: Metric<Value = Vec<V>>,
    V: Value,
{
    type Statistic = M::Statistic;
    type Value = ByClass<V>;

    fn statistic(&self) -> &M::Statistic {
        self.metric.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<ByClass<V>> {
        let values = self.metric.compute(total)?;
        if values.len() != self.labels.len() {
            let expected = format!("{}, one a class", values.len());
            return Err(MetricError::config("labels", expected, self.labels.len()));
        }
        Ok(ByClass(self.labels.iter().cloned().zip(values).collect()))
    }

    fn meta(&self) -> Meta {
        self.metric.meta()
    }
}

/// The values of named classes, in the order of the classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ByClass<V>(pub Vec<(String, V)>);

impl<V> ByClass<V> {
    /// The value of the class with this name.
    pub fn get(&self, label: &str) -> Option<&V> {
        let mut classes = self.0.iter();
        let (_, value) = classes.find(|(known, _)| known == label)?;
        Some(value)
    }
}

impl<V: Value> Value for ByClass<V> {
    fn entries(&self) -> Vec<(String, f64)> {
        let classes = self.0.iter();
        classes
            .flat_map(|(label, value)| crate::value::prefixed(label, value))
            .collect()
    }
}
