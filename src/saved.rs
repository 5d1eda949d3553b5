//! Accumulations that are saved, restored and shared with other processes.

use std::{fs, io::Write, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{MetricError, Result, distributed::Communicator};

/// What an [`Accumulator`](crate::Accumulator) and a [`Collection`](crate::Collection) have in common: they take batches, give values,
/// and can be saved, restored and brought together across processes.
///
/// # Saving
///
/// What is saved is the total of all batches: independent of device and backend. It goes with a version of the format, the names of the
/// metrics and the options that decide what is counted, and is refused where they differ. Options of the formula alone, such as an average,
/// may differ unless the name has them, such as the beta of an F score.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let batch = |x: f32| {
///     let numbers = Tensor::<1>::from_floats([x, 2.0], &device);
///     (numbers.clone(), numbers + 1.0)
/// };
/// let path = std::env::temp_dir().join(format!("epoch-{}.metrics", std::process::id()));
///
/// let mut errors = MeanSquaredError::new().accumulator();
/// errors.update(batch(1.0))?;
/// errors.save(&path)?;
///
/// // In another process:
/// let mut errors = MeanSquaredError::new().accumulator();
/// errors.restore(&path)?;
/// assert_eq!(errors.updates(), 1); // so the next batch is that of index 1
/// errors.update(batch(2.0))?;
/// assert_eq!(errors.compute()?, 1.0);
///
/// let mut other = MeanAbsoluteError::new().accumulator();
/// assert!(other.restore(&path).is_err());
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub trait Accumulate: Sized {
    /// A batch.
    type Input;
    /// The type of the value.
    type Value;

    /// Adds a batch.
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. What was accumulated is then as it was.
    fn update(&mut self, input: Self::Input) -> Result<()>;

    /// The value of all batches.
    ///
    /// # Errors
    ///
    /// See [`MetricError`].
    fn compute(&mut self) -> Result<Self::Value>;

    /// Discards all batches.
    fn reset(&mut self);

    /// Merges another accumulation of the same metrics into this one.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] if the other one counts something else.
    fn merge(&mut self, other: Self) -> Result<()>;

    /// The number of batches that were added, including those that were merged: where to go on after [`restore`](Self::restore).
    fn updates(&self) -> u64;

    /// The names of the metrics and what they count, as text: the same for those whose states belong together.
    fn identity(&self) -> String;

    /// The same metrics, without a batch.
    fn emptied(&self) -> Self;

    /// Waits for devices and hands over the states.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`].
    #[doc(hidden)]
    fn pack(&mut self) -> Result<Packed>;

    /// Takes the place of what was accumulated.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`]. What was accumulated is then as it was.
    #[doc(hidden)]
    fn unpack(&mut self, packed: &Packed) -> Result<()>;

    /// What was accumulated, as bytes.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`].
    fn to_bytes(&mut self) -> Result<Vec<u8>> {
        encode(&Saved {
            format: FORMAT.into(),
            version: VERSION,
            identity: self.identity(),
            packed: self.pack()?,
        })
    }

    /// Goes on from what [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] of other metrics, other options, another version of the format, or if bytes are missing or wrong. What was
    /// accumulated is then as it was.
    fn restore_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let saved = Saved::read(bytes)?;
        let identity = self.identity();
        if saved.identity != identity {
            return Err(MetricError::State {
                expected: identity,
                got: saved.identity,
            });
        }
        self.unpack(&saved.packed)
    }

    /// Saves what was accumulated to a file.
    ///
    /// The file is written under another name first and is complete or as it was, whenever the process ends.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`], [`MetricError::Device`].
    fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        // Of this process alone, so that others may save to the same file.
        name.push(format!(".{:016x}.part", rand::random::<u64>()));
        let part = path.with_file_name(name);
        let write = || {
            let mut file = fs::File::create(&part)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&part, path)
        };
        write().map_err(|source| {
            // What is left of it is of no use; the first error is the one to report.
            let _ = fs::remove_file(&part);
            MetricError::File {
                path: path.into(),
                source: source.into(),
            }
        })
    }

    /// Goes on from what [`save`](Self::save) wrote.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`], and as [`restore_bytes`](Self::restore_bytes).
    fn restore(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| MetricError::File {
            path: path.into(),
            source: source.into(),
        })?;
        self.restore_bytes(&bytes)
    }

    /// What all ranks have accumulated, the same on each of them; all must call it. `self` stays what this rank has accumulated and
    /// can go on, so there is nothing to undo.
    ///
    /// One exchange of as many bytes as [`to_bytes`](Self::to_bytes) gives on each rank; see [`distributed`](crate::distributed).
    ///
    /// # Errors
    ///
    /// On every rank: [`MetricError::State`] if ranks have other metrics than rank 0, [`MetricError::Rank`] if one had an error before it could
    /// send, [`MetricError::Communication`].
    #[doc(alias = "sync")]
    #[doc(alias = "unsync")]
    fn synced(&mut self, ranks: &impl Communicator) -> Result<Self> {
        // A rank that has nothing to send says so: the others wait for it.
        let message = self.to_bytes().map_err(|error| error.to_string());
        let messages = ranks.all_gather(&encode(&message.map(Bytes))?)?;
        let mut all: Vec<Saved> = Vec::with_capacity(messages.len());
        for (rank, message) in messages.iter().enumerate() {
            let bytes: Result<Bytes, String> = decode(message)?;
            let bytes = bytes.map_err(|message| MetricError::Rank { rank, message })?;
            let saved = Saved::read(&bytes.0)?;
            if let Some(first) = all.first().filter(|first| first.identity != saved.identity) {
                return Err(MetricError::State {
                    expected: format!("{}, as on rank 0", first.identity),
                    got: format!("{} on rank {rank}", saved.identity),
                });
            }
            all.push(saved);
        }
        let mut total = self.emptied();
        for saved in &all {
            let mut part = self.emptied();
            part.unpack(&saved.packed)?;
            total.merge(part)?;
        }
        Ok(total)
    }
}

/// The settled states of an accumulation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Packed {
    pub(crate) updates: u64,
    states: Vec<Bytes>,
}

impl Packed {
    pub(crate) fn new(updates: u64, states: Vec<Vec<u8>>) -> Self {
        let states = states.into_iter().map(Bytes).collect();
        Self { updates, states }
    }

    /// As many states as there must be.
    pub(crate) fn states(&self, expected: usize) -> Result<impl Iterator<Item = &[u8]>> {
        match self.states.len() {
            n if n == expected => Ok(self.states.iter().map(|state| state.0.as_slice())),
            n => Err(MetricError::State {
                expected: format!("{expected} of them"),
                got: n.to_string(),
            }),
        }
    }
}

/// A file.
#[derive(Serialize, Deserialize)]
struct Saved {
    format: String,
    version: u32,
    identity: String,
    packed: Packed,
}

const FORMAT: &str = "burn-metrics";
/// Raised when states are written in another way.
const VERSION: u32 = 1;

impl Saved {
    fn read(bytes: &[u8]) -> Result<Self> {
        // What comes first stays the same in all versions.
        let start: Result<(String, u32, serde::de::IgnoredAny, serde::de::IgnoredAny)> =
            decode(bytes);
        match start {
            Ok((format, version, ..)) if format == FORMAT && version != VERSION => {
                Err(MetricError::State {
                    expected: format!("version {VERSION} of the format"),
                    got: format!("version {version}"),
                })
            }
            Ok((format, ..)) if format == FORMAT => decode(bytes),
            Ok(_) => Err(MetricError::State {
                expected: "what this crate has saved".into(),
                got: "something else".into(),
            }),
            Err(error) => Err(error),
        }
    }
}

/// A list of bytes as such, not as one of numbers.
#[derive(Debug, Serialize, Deserialize)]
struct Bytes(#[serde(with = "crate::encoding::packed")] Vec<u8>);

pub(crate) fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    rmp_serde::to_vec(value).map_err(|error| MetricError::State {
        expected: "a state that can be saved".into(),
        got: error.to_string(),
    })
}

/// Of all bytes: fewer or more are an error.
pub(crate) fn decode<T: DeserializeOwned>(mut bytes: &[u8]) -> Result<T> {
    let mut reader = rmp_serde::Deserializer::new(&mut bytes);
    let value = T::deserialize(&mut reader).map_err(|error| MetricError::State {
        expected: "what this crate has saved, to its end".into(),
        got: format!("something else: {error}"),
    })?;
    match bytes.len() {
        0 => Ok(value),
        more => Err(MetricError::State {
            expected: "what this crate has saved".into(),
            got: format!("{more} bytes more"),
        }),
    }
}
