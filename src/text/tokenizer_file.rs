use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{MetricError, Result};

/// The serialized form of a dictionary or a model: its path and the checksum of its contents.
#[derive(Serialize, Deserialize)]
pub(super) struct TokenizerFile {
    pub path: PathBuf,
    /// The checksum of the contents. Without it, any contents are accepted.
    #[serde(default)]
    pub checksum: Option<u32>,
}

impl TokenizerFile {
    /// Checks that the contents are still the same.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    pub fn check(&self, checksum: u32) -> Result<()> {
        let expected = self.checksum.unwrap_or(checksum);
        MetricError::check_option(
            "checksum",
            format!("{checksum} from {}", self.path.display()),
            checksum == expected,
            expected.to_string(),
        )
    }
}
