//! A renderer for Burn's training loop that prints a row an epoch, where Burn's own prints a line a batch.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use burn::train::{
    logger::{EvaluationProgressLogger, TrainingProgressLogger},
    metric::{MetricDefinition, MetricId, MetricName, NumericEntry},
    renderer::{
        EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
        MetricsRendererTraining,
    },
};

/// The numbers of an epoch, by name and split.
#[derive(Default)]
pub struct EpochTable {
    names: HashMap<MetricId, MetricName>,
    train: Vec<(MetricName, f64)>,
    valid: Vec<(MetricName, f64)>,
    has_header: bool,
}

impl EpochTable {
    /// The value of an epoch; those of batches pass.
    fn of_epoch(&self, state: MetricState) -> Option<(MetricName, f64)> {
        match state {
            MetricState::Numeric(entry, Some(NumericEntry::Final(value))) => {
                Some((self.names[&entry.metric_id].clone(), value))
            }
            _ => None,
        }
    }

    fn print_row(&self, epoch: usize) -> io::Result<()> {
        let cells = |split: &[(MetricName, f64)]| -> String {
            let cell = |(name, value): &(MetricName, f64)| format!("  {value:>0$.3}", width(name));
            split.iter().map(cell).collect()
        };
        let (train, valid) = (cells(&self.train), cells(&self.valid));
        writeln!(io::stdout(), "{epoch:>5}{train} |{valid}")
    }

    fn print_header(&self) -> io::Result<()> {
        let names = |split: &[(MetricName, f64)]| -> String {
            let name = |(name, _): &(MetricName, f64)| format!("  {name:>0$}", width(name));
            split.iter().map(name).collect()
        };
        let (train, valid) = (names(&self.train), names(&self.valid));
        let width = train.chars().count();
        writeln!(io::stdout(), "     {:width$} |  valid", "  train")?;
        writeln!(io::stdout(), "epoch{train} |{valid}")
    }
}

fn width(name: &str) -> usize {
    name.chars().count().max("train".len())
}

impl MetricsRendererTraining for EpochTable {
    fn update_train(&mut self, state: MetricState) {
        let value = self.of_epoch(state);
        self.train.extend(value);
    }

    fn update_valid(&mut self, state: MetricState) {
        let value = self.of_epoch(state);
        self.valid.extend(value);
    }
}

impl TrainingProgressLogger for EpochTable {
    fn update_epoch(&mut self, epoch: usize) {
        // A panic on this thread, such as of `println!` into a closed pipe, would leave training waiting.
        if !self.has_header {
            let _ = self.print_header();
            self.has_header = true;
        }
        let _ = self.print_row(epoch);
        self.train.clear();
        self.valid.clear();
    }

    fn start(&mut self, _: usize, _: usize, _: Option<usize>, _: Option<&str>) {}
    fn start_split(&mut self, _: &str, _: usize) {}
    fn update_split(&mut self, _: usize) {}
    fn end_split(&mut self) {}
    fn end(&mut self) {}
    fn log_event_training(&mut self, _: String) {}
}

impl MetricsRenderer for EpochTable {
    fn register_metric(&mut self, definition: MetricDefinition) {
        self.names.insert(definition.metric_id, definition.name);
    }

    fn manual_close(&mut self) {}
}

impl MetricsRendererEvaluation for EpochTable {
    fn update_test(&mut self, _: EvaluationName, _: MetricState) {}
}

impl EvaluationProgressLogger for EpochTable {
    fn start_global_progress(&mut self, _: usize) {}
    fn start_test(&mut self, _: &str, _: usize) {}
    fn update_test_progress(&mut self, _: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _: String) {}
}
