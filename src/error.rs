use std::{fmt, path::PathBuf, sync::Arc};

use burn::tensor::{DType, TensorReadError};

use crate::BadValues;

/// The result of this crate's fallible operations.
pub type Result<T, E = MetricError> = std::result::Result<T, E>;

/// Why a metric could not take an input or give a value.
///
/// Whatever the error, the state is as it was before the call.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// A tensor's shape does not match the metric's configuration.
    #[error("{what}: expected shape {expected}, got {got:?}")]
    Shape {
        /// The name of the tensor.
        what: &'static str,
        /// The expected shape, in words.
        expected: String,
        /// The shape of the tensor that was passed.
        got: Vec<usize>,
    },

    /// The metric does not support a tensor's element type.
    #[error("{what}: expected {expected}, got {got:?}")]
    Kind {
        /// The name of the tensor.
        what: &'static str,
        /// The expected element types, in words.
        expected: &'static str,
        /// The element type of the tensor that was passed.
        got: DType,
    },

    /// The value of an option has no meaning, such as a threshold of 3 or no classes.
    #[error("{option}: expected {expected}, got {got}")]
    Config {
        /// The option.
        option: &'static str,
        /// The values that the option takes.
        expected: String,
        /// The value that was given.
        got: String,
    },

    /// A sample cannot be scored, such as a sentence without a reference.
    #[error("{what} {sample}: expected {expected}, got {got}")]
    Sample {
        /// What is wrong of which kind of sample, such as `references of sentence`.
        what: &'static str,
        /// The place of the sample in its batch, from 0.
        sample: usize,
        /// What a sample must have.
        expected: String,
        /// What this one has.
        got: String,
    },

    /// Some values cannot be scored: labels out of range, scores that are not a number.
    ///
    /// On a host device `update` returns it and leaves the batch out; on a GPU the values are
    /// counted without waiting and `compute` returns it.
    #[error("{0}")]
    Values(Box<BadValues>),

    /// No sample counts: none was seen, all of them are ignored, or all have a weight of 0.
    #[error("{metric}: no sample was counted, so there is no value")]
    Empty {
        /// The metric's name.
        metric: String,
    },

    /// The metric is not defined for so few samples.
    #[error("{metric}: expected at least {expected} samples, got {got}")]
    TooFew {
        /// The metric's name.
        metric: String,
        /// The number of samples that it needs.
        expected: u64,
        /// The number of samples that were seen.
        got: u64,
    },

    /// The metric compares positives with negatives and has seen only one of them.
    #[error("{metric}: no {missing} sample was seen, so there is no value")]
    Absent {
        /// The metric's name.
        metric: String,
        /// What was not seen: `positive` or `negative`.
        missing: &'static str,
    },

    /// The metric is not defined for what it has seen, such as a single cluster.
    #[error("{metric}: expected {expected}, got {got}")]
    Undefined {
        /// The metric's name.
        metric: String,
        /// What it is defined for.
        expected: &'static str,
        /// What it has seen.
        got: String,
    },

    /// The state does not belong to a metric of this configuration.
    #[error("state: expected {expected}, got {got}")]
    State {
        /// The expected state.
        expected: String,
        /// The state that was given.
        got: String,
    },

    /// A file could not be written or read.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<std::io::Error>,
    },

    /// Ranks could not exchange their states.
    #[error("could not exchange states with other ranks: {0}")]
    Communication(String),

    /// Another rank had an error when it was to send its state; this one gets to know it, too.
    #[error("rank {rank}: {message}")]
    Rank {
        /// The rank that had it.
        rank: usize,
        /// The error.
        message: String,
    },

    /// A name is taken or unknown in a collection.
    #[error("no metric of {kind} is called {name:?}; there are {known:?}")]
    Unknown {
        /// Where it was looked for.
        kind: &'static str,
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },

    /// A value has another type than the one that was asked for.
    #[error("{name}: expected a value of type {expected}, got one of type {got}")]
    ValueType {
        /// The metric's name.
        name: String,
        /// The type that was asked for.
        expected: String,
        /// The type of the value.
        got: String,
    },

    /// A description of metrics, such as a configuration file, has an option that does not fit.
    #[error("{path}: {message}")]
    Description {
        /// The path of the option, such as `F1.options.task.classes`.
        path: String,
        /// What is wrong with it.
        message: String,
    },

    /// The device failed while results were read.
    #[error("could not read results from the device: {0}")]
    Device(Arc<TensorReadError>),

    /// Two metrics of a collection have the same name.
    #[error(
        "metrics {first} and {second} of the collection are both called {name:?}: add one of them with `with_named`, or \
         use `replace`"
    )]
    Duplicate {
        /// The name.
        name: String,
        /// The place of the first metric of this name, from 1.
        first: usize,
        /// The place of the second metric of this name, from 1.
        second: usize,
    },

    /// An error of a metric in a collection.
    #[error("{name}: {source}")]
    Member {
        /// The metric's name in the collection.
        name: String,
        /// Its error.
        #[source]
        source: Box<MetricError>,
    },
}

impl From<TensorReadError> for MetricError {
    fn from(error: TensorReadError) -> Self {
        Self::Device(Arc::new(error))
    }
}

impl MetricError {
    /// Whether the metric has no value for the samples that were seen, although none of them is wrong.
    pub fn is_undefined(&self) -> bool {
        match self {
            Self::Empty { .. }
            | Self::Absent { .. }
            | Self::TooFew { .. }
            | Self::Undefined { .. } => true,
            Self::Member { source, .. } => source.is_undefined(),
            _ => false,
        }
    }

    pub(crate) fn shape(what: &'static str, expected: impl Into<String>, got: &[usize]) -> Self {
        Self::Shape {
            what,
            expected: expected.into(),
            got: got.to_vec(),
        }
    }

    pub(crate) fn config(
        option: &'static str,
        expected: impl Into<String>,
        got: impl fmt::Display,
    ) -> Self {
        Self::Config {
            option,
            expected: expected.into(),
            got: got.to_string(),
        }
    }

    /// Checks the value of an option, given whether it is one of those that the option takes.
    pub(crate) fn check_option(
        option: &'static str,
        got: impl fmt::Display,
        valid: bool,
        expected: impl Into<String>,
    ) -> Result<()> {
        match valid {
            true => Ok(()),
            false => Err(Self::config(option, expected, got)),
        }
    }

    pub(crate) fn empty(metric: impl Into<String>) -> Self {
        Self::Empty {
            metric: metric.into(),
        }
    }

    /// The error of a metric that has this name in a collection. It is named once.
    pub(crate) fn of(mut self, name: &str) -> Self {
        match &mut self {
            Self::Empty { metric }
            | Self::TooFew { metric, .. }
            | Self::Absent { metric, .. }
            | Self::Undefined { metric, .. } => {
                name.clone_into(metric);
                self
            }
            Self::Values(values) => {
                values.metric = Some(name.to_owned());
                self
            }
            Self::Member { name: own, .. } => {
                name.clone_into(own);
                self
            }
            _ => Self::Member {
                name: name.to_owned(),
                source: Box::new(self),
            },
        }
    }

    /// The error without the name of its metric, for where the name stands beside it.
    pub(crate) fn reason(&self) -> String {
        let text = self.to_string();
        let name = match self {
            Self::Empty { metric }
            | Self::TooFew { metric, .. }
            | Self::Absent { metric, .. }
            | Self::Undefined { metric, .. } => metric,
            Self::Member { name, .. } => name,
            Self::Values(values) => match &values.metric {
                Some(metric) => metric,
                None => return text,
            },
            _ => return text,
        };
        let reason = text.strip_prefix(name.as_str());
        let reason = reason.and_then(|rest| rest.strip_prefix(": "));
        reason.map_or(text.clone(), str::to_owned)
    }
}
