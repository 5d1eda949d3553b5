use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::input::ReadBatch;
use crate::{
    Faults, Result,
    state::{Fold, Unread},
};

/// What is counted of images: a table that other tables can be appended to.
pub trait ImageTable:
    Debug + Default + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// Appends the images of another table.
    fn append(&mut self, other: Self);

    /// Checks that another table has the same layout.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`](crate::MetricError::State).
    fn check_merge(&self, _other: &Self) -> Result<()> {
        Ok(())
    }

    /// Whether the parts of a table that was deserialized fit each other.
    fn is_consistent(&self) -> bool {
        true
    }
}

/// The total of a statistic of images: an [`ImageTable`], and the faults of the images that are not in it.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ImageTotal<T: ImageTable> {
    pub(super) table: T,
    faults: Faults,
}

impl<T: ImageTable> Fold for ImageTotal<T> {
    type Pending = Unread<ReadBatch<T>>;
    type View<'a> = &'a T;

    fn add(&mut self, read: ReadBatch<T>) {
        self.table.append(read.value);
        self.faults += read.faults;
    }

    fn try_add(&mut self, read: ReadBatch<T>) -> Result<()> {
        self.table.append(read.whole()?);
        Ok(())
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        self.table.check_merge(&other.table)
    }

    fn is_consistent(&self) -> bool {
        self.table.is_consistent()
    }

    fn merge(&mut self, other: Self) {
        self.table.append(other.table);
        self.faults += other.faults;
    }

    fn view(&self) -> &T {
        &self.table
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}
