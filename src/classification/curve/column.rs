use std::{
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};

use super::Points;

/// The numbers of a curve, which can be used as a slice of `f64`.
///
/// The numbers are computed when they are first read, so a curve that is only passed on costs nothing. Several columns
/// of one curve share the points from which they are computed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Vec<f64>", into = "Vec<f64>")]
pub struct Column {
    values: OnceLock<Vec<f64>>,
    source: Option<Source>,
}

/// The points of a curve, and the function that computes the numbers from them.
type Source = (Arc<Points>, fn(&Points) -> Vec<f64>);

impl Column {
    pub(super) fn of(curve: &Arc<Points>, read: fn(&Points) -> Vec<f64>) -> Self {
        Self {
            values: OnceLock::new(),
            source: Some((curve.clone(), read)),
        }
    }
}

impl Deref for Column {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        let read = || self.source.as_ref().map(|(curve, read)| read(curve));
        self.values.get_or_init(|| read().unwrap_or_default())
    }
}

impl From<Vec<f64>> for Column {
    fn from(values: Vec<f64>) -> Self {
        Self {
            values: OnceLock::from(values),
            source: None,
        }
    }
}

impl From<Column> for Vec<f64> {
    fn from(column: Column) -> Self {
        column.to_vec()
    }
}

impl<'a> IntoIterator for &'a Column {
    type Item = &'a f64;
    type IntoIter = std::slice::Iter<'a, f64>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<const N: usize> PartialEq<[f64; N]> for Column {
    fn eq(&self, other: &[f64; N]) -> bool {
        **self == *other
    }
}

impl PartialEq<Vec<f64>> for Column {
    fn eq(&self, other: &Vec<f64>) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
