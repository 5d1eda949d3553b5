use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use burn::{
    tensor::{ExecutionError, TensorReadError},
    train::metric::{
        Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes,
        NumericEntry, SerializedEntry,
    },
};

use crate::{Collection, Direction, Info, MetricError, Result, Values};

/// A collection together with options for when its values are logged.
///
/// ```
/// use burn_metrics::{prelude::*, train::Logged};
///
/// // Nothing is read from the device before the end of an epoch.
/// let metrics = Logged::new(F1::multiclass(10)).on_step(false);
/// ```
#[derive(Debug, Clone)]
pub struct Logged<I: 'static> {
    metrics: Collection<I>,
    when: When,
}

#[derive(Debug, Clone, Copy)]
struct When {
    step: bool,
    epoch: bool,
    evaluation: bool,
}

impl<I: Clone + Send + Sync + 'static> Logged<I> {
    /// Creates a collection that logs numbers for each batch and each epoch, and texts for each epoch.
    pub fn new(metrics: impl Into<Collection<I>>) -> Self {
        Self {
            metrics: metrics.into(),
            when: When {
                step: true,
                epoch: true,
                evaluation: false,
            },
        }
    }

    /// Sets whether numbers are logged for each batch.
    ///
    /// If so, each batch waits for its device, on the thread of the metrics.
    pub fn on_step(mut self, log: bool) -> Self {
        self.when.step = log;
        self
    }

    /// Sets whether values are logged for each epoch.
    ///
    /// If not, Burn finds no values for early stopping and checkpoints.
    pub fn on_epoch(mut self, log: bool) -> Self {
        self.when.epoch = log;
        self
    }

    /// Logs the value of the epoch with the last batch, because Burn's evaluator never asks for the value of an epoch.
    pub(super) fn for_evaluation(mut self) -> Self {
        self.when.evaluation = true;
        self
    }

    /// Converts the metrics to Burn's metrics, which share an empty collection. All of them must be registered for the
    /// same split.
    pub fn members(self) -> Vec<LearnerMetric<I>> {
        let members: Vec<_> = self
            .metrics
            .members()
            .map(|(name, info)| (name.to_owned(), Arc::new(file_name(name)), info))
            .collect();
        let mut metrics = self.metrics;
        metrics.reset();
        let run = Arc::new(Mutex::new(Run {
            metrics,
            when: self.when,
            members: members.len(),
            updates: 0,
            computes: 0,
            clears: 0,
            batch: None,
            total: None,
        }));
        members
            .into_iter()
            .map(|(key, name, info)| LearnerMetric {
                key,
                name,
                info,
                run: run.clone(),
                of_batch: None,
                of_epoch: None,
            })
            .collect()
    }
}

/// The name under which Burn logs a metric, in a file of that name.
///
/// Characters that separate folders are replaced by characters that look alike and that other names are unlikely to
/// have, so that `a/b` and `a_b` are logged in different files.
fn file_name(name: &str) -> String {
    const DIVISION_SLASH: &str = "\u{2215}";
    const SET_MINUS: &str = "\u{2216}";
    name.replace('/', DIVISION_SLASH).replace('\\', SET_MINUS)
}

/// The state that the metrics of a collection share during a split.
///
/// Burn calls each metric once for each event, in an order that is not specified. The first member to be called updates
/// the shared collection.
struct Run<I: 'static> {
    metrics: Collection<I>,
    when: When,
    members: usize,
    updates: usize,
    computes: usize,
    clears: usize,
    batch: Option<Values>,
    total: Option<Values>,
}

impl<I: Clone + Send + Sync + 'static> Run<I> {
    /// Counts a call, of which there is one per member, and returns its index.
    fn call(members: usize, calls: &mut usize) -> usize {
        let call = *calls;
        *calls = (call + 1) % members;
        call
    }

    /// Resets the epoch, once all members have read its value.
    fn clear(&mut self) {
        if Self::call(self.members, &mut self.clears) + 1 == self.members {
            self.metrics.reset();
            (self.updates, self.computes) = (0, 0);
            (self.batch, self.total) = (None, None);
        }
    }

    fn update(&mut self, input: &I, metadata: &MetricMetadata) -> Result<()> {
        (self.batch, self.total) = (None, None);
        let When {
            step, evaluation, ..
        } = self.when;
        if evaluation {
            if metadata.iteration == Some(1) {
                self.metrics.reset();
            }
            self.metrics.update(input.clone())?;
            let progress = &metadata.progress;
            if progress.items_processed >= progress.items_total {
                self.total = Some(self.metrics.compute()?);
            }
        } else if step {
            self.batch = Some(self.metrics.forward_numbers(input.clone())?);
            self.total = Some(self.metrics.compute_numbers()?);
        } else {
            self.metrics.update(input.clone())?;
        }
        Ok(())
    }
}

/// A metric of a collection, as a metric of `burn::train`.
#[derive(Clone)]
pub struct LearnerMetric<I: 'static> {
    key: String,
    name: MetricName,
    info: Info,
    run: Arc<Mutex<Run<I>>>,
    of_batch: Option<f64>,
    of_epoch: Option<f64>,
}

impl<I> fmt::Debug for LearnerMetric<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LearnerMetric").field(&self.key).finish()
    }
}

impl<I: Clone + Send + Sync + 'static> LearnerMetric<I> {
    /// Whether the value is one number.
    pub fn is_numeric(&self) -> bool {
        self.info.scalar
    }

    fn run(run: &Mutex<Run<I>>) -> MutexGuard<'_, Run<I>> {
        // A panic elsewhere leaves the counts as they were: see `Collection::update`.
        run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self, values: Option<&Values>) -> Option<f64> {
        values?.number(&self.key).ok()
    }

    /// The value of an epoch, as readable text and as a number for the log. If the metric is undefined for this epoch,
    /// NaN is logged with the reason, and the other metrics are not affected.
    fn final_entry(&mut self, values: &Values) -> Result<SerializedEntry> {
        let formatted = match values.report(&self.key) {
            Err(error) if error.is_undefined() => format!("undefined: {}", error.reason()),
            report => report?,
        };
        if !self.info.scalar {
            return Ok(SerializedEntry::new(format!("\n{formatted}"), formatted));
        }
        self.of_epoch = values.number(&self.key).ok();
        let number = NumericEntry::Final(self.of_epoch.unwrap_or(f64::NAN));
        Ok(SerializedEntry::new(formatted, number.serialize()))
    }
}

impl<I: Clone + Send + Sync + 'static> Metric for LearnerMetric<I> {
    type Input = I;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        if !self.info.scalar {
            return MetricAttributes::None;
        }
        MetricAttributes::Numeric(NumericAttributes {
            unit: None,
            higher_is_better: self.info.direction != Direction::LowerIsBetter,
        })
    }

    fn update(
        &mut self,
        input: &I,
        metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        (self.of_batch, self.of_epoch) = (None, None);
        let shared = self.run.clone();
        let run = &mut *Self::run(&shared);
        if Run::<I>::call(run.members, &mut run.updates) == 0 {
            run.update(input, metadata).map_err(to_burn)?;
        }
        match (&run.batch, &run.total) {
            (None, Some(total)) if run.when.evaluation => self.final_entry(total).map_err(to_burn),
            (batch, total) => {
                self.of_batch = self.number(batch.as_ref());
                self.of_epoch = self.number(total.as_ref());
                Ok(match (self.of_batch, self.of_epoch) {
                    (Some(batch), Some(epoch)) => SerializedEntry::new(
                        format!("epoch {epoch:.4} - batch {batch:.4}"),
                        NumericEntry::Value(batch).serialize(),
                    ),
                    _ => SerializedEntry::not_available(None),
                })
            }
        }
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        (self.of_batch, self.of_epoch) = (None, None);
        let shared = self.run.clone();
        let run = &mut *Self::run(&shared);
        if !run.when.epoch {
            return Ok(SerializedEntry::not_available(None));
        }
        if Run::<I>::call(run.members, &mut run.computes) == 0 {
            run.total = None;
            run.total = Some(run.metrics.compute().map_err(to_burn)?);
        }
        match &run.total {
            Some(total) => self.final_entry(total).map_err(to_burn),
            None => Ok(SerializedEntry::not_available(None)),
        }
    }

    fn clear(&mut self) {
        Self::run(&self.run).clear();
        (self.of_batch, self.of_epoch) = (None, None);
    }
}

impl<I: Clone + Send + Sync + 'static> Numeric for LearnerMetric<I> {
    fn value(&self) -> Option<NumericEntry> {
        let epoch = || self.of_epoch.map(NumericEntry::Final);
        self.of_batch.map(NumericEntry::Value).or_else(epoch)
    }

    fn running_value(&self) -> Option<NumericEntry> {
        self.of_epoch.map(NumericEntry::Value)
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.of_epoch.unwrap_or(f64::NAN))
    }
}

fn to_burn(error: MetricError) -> TensorReadError {
    ExecutionError::with_context(error.to_string()).into()
}
