//! Accumulators that are saved, restored and shared with other processes.

use std::{fs, io::Write, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{MetricError, Result, distributed::Communicator};

/// The common interface of an [`Accumulator`](crate::Accumulator) and a [`Collection`](crate::Collection).
///
/// Both take batches, compute values, and can be saved, restored and merged across processes.
///
/// # Saving
///
/// The saved data is the total of all batches, which does not depend on the device and the backend. It is saved
/// together with a version of the format, the names of the metrics and the options that decide what is counted, and is
/// rejected if any of them differ, or if the checksum at its end shows that it is damaged. Options that only affect the formula, such as an average, may differ unless they are
/// part of the name, such as the beta of an F score.
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
    /// The type of a batch.
    type Input;
    /// The type of the value.
    type Value;

    /// Adds a batch.
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. After an error, the accumulated state is as it was.
    fn update(&mut self, input: Self::Input) -> Result<()>;

    /// Computes the value of all batches.
    ///
    /// # Errors
    ///
    /// See [`MetricError`].
    fn compute(&mut self) -> Result<Self::Value>;

    /// Discards all batches.
    fn reset(&mut self);

    /// Merges another accumulator of the same metrics into this one.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] if the other accumulator has different statistics.
    fn merge(&mut self, other: Self) -> Result<()>;

    /// The number of batches that were added, including those that were merged. After [`restore`](Self::restore), it
    /// tells which batch is next.
    fn updates(&self) -> u64;

    /// The names of the metrics and their statistics, as text. It is equal for accumulators whose states can be
    /// exchanged.
    fn identity(&self) -> String;

    /// Creates an accumulator of the same metrics without batches.
    fn emptied(&self) -> Self;

    /// Waits for devices and returns the states.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`].
    #[doc(hidden)]
    fn pack(&mut self) -> Result<Packed>;

    /// Replaces the accumulated state.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`]. After an error, the accumulated state is as it was.
    #[doc(hidden)]
    fn unpack(&mut self, packed: &Packed) -> Result<()>;

    /// Encodes the accumulated state as bytes.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`].
    fn to_bytes(&mut self) -> Result<Vec<u8>> {
        Saved {
            format: FORMAT.into(),
            version: VERSION,
            identity: self.identity(),
            packed: self.pack()?,
        }
        .write()
    }

    /// Replaces the accumulated state by one that [`to_bytes`](Self::to_bytes) has encoded.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] if the bytes belong to other metrics, other options or another version of the format, or
    /// if they are damaged, which their checksum shows. After an error, the accumulated state is as it was.
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

    /// Saves the accumulated state to a file.
    ///
    /// The data is written to a temporary file first, which then replaces the file. If the process ends early, the file
    /// is either complete or as it was.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`] and [`MetricError::Device`].
    fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        // The name is unique to this call, so that other processes can save to the same file.
        name.push(format!(".{:016x}.part", rand::random::<u64>()));
        let part = path.with_file_name(name);
        let write = || {
            let mut file = fs::File::create(&part)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&part, path)
        };
        write().map_err(|source| {
            // The temporary file is useless now. The first error is the one to report.
            let _ = fs::remove_file(&part);
            MetricError::File {
                path: path.into(),
                source: source.into(),
            }
        })
    }

    /// Replaces the accumulated state by one that [`save`](Self::save) has written.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`], and the errors of [`restore_bytes`](Self::restore_bytes).
    fn restore(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| MetricError::File {
            path: path.into(),
            source: source.into(),
        })?;
        self.restore_bytes(&bytes)
    }

    /// Merges the accumulated states of all ranks and returns the result, which is the same on each rank.
    ///
    /// All ranks must call it. `self` does not change, so that more batches can be added and nothing has to be undone.
    /// There is one exchange, in which each rank sends as many bytes as [`to_bytes`](Self::to_bytes) returns; see
    /// [`distributed`](crate::distributed).
    ///
    /// # Errors
    ///
    /// Every rank returns an error: [`MetricError::State`] if ranks have other metrics than rank 0,
    /// [`MetricError::Rank`] if a rank had an error before it could send, [`MetricError::Communication`].
    #[doc(alias = "sync")]
    #[doc(alias = "unsync")]
    fn synced(&mut self, ranks: &impl Communicator) -> Result<Self> {
        // A rank that has nothing to send must say so, because the others wait for it.
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

/// The settled states of an accumulator.
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

    /// The states, of which there must be this number.
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

/// The contents of a file, which ends with a checksum of everything before it.
#[derive(Serialize, Deserialize)]
struct Saved {
    format: String,
    version: u32,
    identity: String,
    packed: Packed,
}

const FORMAT: &str = "burn-metrics";
/// The version of the format, which is increased when states are written in another way.
const VERSION: u32 = 2;

impl Saved {
    fn write(&self) -> Result<Vec<u8>> {
        let mut bytes = encode(self)?;
        let checksum = crc32fast::hash(&bytes);
        bytes.extend(checksum.to_le_bytes());
        Ok(bytes)
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let Some((bytes, checksum)) = bytes.split_last_chunk() else {
            return Err(MetricError::State {
                expected: "what this crate has saved".into(),
                got: format!("{} bytes", bytes.len()),
            });
        };
        if crc32fast::hash(bytes) != u32::from_le_bytes(*checksum) {
            return Err(MetricError::State {
                expected: "what this crate has saved".into(),
                got: "something else, or damaged data: the checksum is wrong".into(),
            });
        }
        // The first fields and the checksum are the same in all versions.
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

/// Bytes that are encoded as bytes and not as a list of numbers.
#[derive(Debug, Serialize, Deserialize)]
struct Bytes(#[serde(with = "crate::encoding::packed")] Vec<u8>);

pub(crate) fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    rmp_serde::to_vec(value).map_err(|error| MetricError::State {
        expected: "a state that can be saved".into(),
        got: error.to_string(),
    })
}

/// Decodes all bytes. Missing or additional bytes are an error.
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
