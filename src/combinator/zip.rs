use crate::{InputOf, Meta, Metric, MetricError, Result, State, Statistic, Total};

/// Two metrics of the same input, with both values: see [`MetricExt::zip`](super::MetricExt::zip).
#[derive(Debug, Clone)]
pub struct Zip<A: Metric, B: Metric> {
    pub(super) metrics: (A, B),
    pub(super) statistics: (A::Statistic, B::Statistic),
}

impl<A, B> Metric for Zip<A, B>
where
    A: Metric,
    B: Metric,
    B::Statistic: Statistic<Input = InputOf<A>>,
{
    type Statistic = (A::Statistic, B::Statistic);
    type Value = (A::Value, B::Value);

    fn statistic(&self) -> &Self::Statistic {
        &self.statistics
    }

    fn compute(&self, (a, b): Total<'_, Self>) -> Result<Self::Value> {
        Ok((self.metrics.0.compute(a)?, self.metrics.1.compute(b)?))
    }

    fn meta(&self) -> Meta {
        let (a, b) = &self.metrics;
        Meta::new("").named(format!("{}, {}", a.name(), b.name()))
    }
}

/// Updates both statistics with the same batch.
impl<A, B> Statistic for (A, B)
where
    A: Statistic,
    B: Statistic<Input = A::Input>,
{
    type Input = A::Input;
    type State = (A::State, B::State);

    fn check_state(&self, (a, b): &Self::State) -> Result<()> {
        self.0.check_state(a)?;
        self.1.check_state(b)
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.0.explain(self.1.explain(error))
    }

    fn update(&self, (a, b): &mut Self::State, input: A::Input) -> Result<()> {
        // If either update fails, neither state has changed.
        let mut batch = B::State::default();
        self.1.update(&mut batch, input.clone())?;
        self.0.update(a, input)?;
        b.merge(batch);
        Ok(())
    }
}
