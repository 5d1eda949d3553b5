use std::{
    fmt, fs,
    hash::{Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sentencepiece_rs::SentencePieceProcessor;
use serde::{Deserialize, Serialize};

use super::tokenizer_file::TokenizerFile;
use crate::{MetricError, Result};

/// A trained model of SentencePiece, which cuts texts into subwords. Needs the feature `sentencepiece`.
///
/// sacrebleu's tokenizers `flores101` (also called `spm`) and `flores200` are such models. sacrebleu downloads them to
/// `~/.sacrebleu/models`; this crate downloads nothing, and takes the path.
///
/// The pieces are those of Google's library 0.2.3: over 18 420 lines with three models (unigrams with and without bytes, and pairs
/// of bytes) there was no difference.
///
/// It is read once and shared by its clones. Two models are equal if their contents are. It is serialized as its path and a
/// checksum, and read again from there, so it must be at the same path wherever states are exchanged.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "TokenizerFile", into = "TokenizerFile")]
pub struct SentencePieceModel(Arc<Loaded>);

struct Loaded {
    path: PathBuf,
    checksum: u32,
    processor: SentencePieceProcessor,
}

impl SentencePieceModel {
    /// Reads the model of a file.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`] if the file cannot be read or has no model.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let file_error = |error: io::Error| MetricError::File {
            path: path.clone(),
            source: Arc::new(error),
        };
        let bytes = fs::read(&path).map_err(file_error)?;
        let processor = SentencePieceProcessor::from_serialized_model(&bytes);
        let processor = processor.map_err(|error| {
            let message = format!("expected a model of SentencePiece: {error}");
            file_error(io::Error::new(io::ErrorKind::InvalidData, message))
        })?;
        Ok(Self(Arc::new(Loaded {
            checksum: crc32fast::hash(&bytes),
            processor,
            path,
        })))
    }

    /// The checksum of the file.
    pub fn checksum(&self) -> u32 {
        self.0.checksum
    }

    /// The pieces of a text, with `▁` in place of blanks.
    pub fn pieces(&self, text: &str) -> Vec<String> {
        // A model that was read has a piece for everything, if need be the unknown one.
        self.0.processor.encode(text).unwrap_or_default()
    }
}

impl fmt::Debug for SentencePieceModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SentencePieceModel")
            .field(&self.0.path)
            .finish()
    }
}

impl PartialEq for SentencePieceModel {
    fn eq(&self, other: &Self) -> bool {
        self.checksum() == other.checksum()
    }
}

impl Eq for SentencePieceModel {}

impl Hash for SentencePieceModel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.checksum().hash(state);
    }
}

impl From<SentencePieceModel> for TokenizerFile {
    fn from(model: SentencePieceModel) -> Self {
        Self {
            path: model.0.path.clone(),
            checksum: Some(model.checksum()),
        }
    }
}

impl TryFrom<TokenizerFile> for SentencePieceModel {
    type Error = MetricError;

    fn try_from(file: TokenizerFile) -> Result<Self> {
        let model = Self::open(&file.path)?;
        file.check(model.checksum())?;
        Ok(model)
    }
}
