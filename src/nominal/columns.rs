use burn::tensor::{Bool, Int, Tensor};

use super::NanStrategy;
use crate::{
    MetricError, Result,
    ops::HostTensor,
    state::{ContingencyTable, Labels, Number, numbers},
};

/// A column of categories.
///
/// It is created from integers or booleans `[N]`, from floats `[N]` whose fraction is cut off, or from scores
/// `[N, categories]`. With scores, the category is the one with the highest score, or NaN if one of the scores is NaN.
#[derive(Debug, Clone)]
pub struct Categories(pub(super) Labels);

impl From<Tensor<1, Int>> for Categories {
    fn from(categories: Tensor<1, Int>) -> Self {
        Self(Labels::Int(categories.inner()))
    }
}

impl From<Tensor<1, Bool>> for Categories {
    fn from(categories: Tensor<1, Bool>) -> Self {
        categories.int().into()
    }
}

impl From<Tensor<1>> for Categories {
    fn from(categories: Tensor<1>) -> Self {
        Self(Labels::Float(categories.inner()))
    }
}

impl From<Tensor<2>> for Categories {
    fn from(scores: Tensor<2>) -> Self {
        let scores = scores.inner();
        let [n, categories] = scores.dims();
        if categories == 0 {
            return Self(Labels::Float(Tensor::empty([0], &scores.device())));
        }
        let nan = scores.clone().is_nan().any_dim(1).reshape([n]);
        let category: Tensor<1, Int> = scores.argmax(1).reshape([n]);
        Self(Labels::Float(category.float().mask_fill(nan, f32::NAN)))
    }
}

/// Several columns of categories, `[N, features]`: integers, or floats whose fraction is cut off.
#[derive(Debug, Clone)]
pub enum CategoryColumns {
    /// Integers.
    Int(Tensor<2, Int>),
    /// Floats, some of which may be NaN.
    Float(Tensor<2>),
}

impl From<Tensor<2, Int>> for CategoryColumns {
    fn from(columns: Tensor<2, Int>) -> Self {
        Self::Int(columns.inner())
    }
}

impl From<Tensor<2>> for CategoryColumns {
    fn from(columns: Tensor<2>) -> Self {
        Self::Float(columns.inner())
    }
}

/// Columns in host memory, row by row.
pub(super) struct HostColumns {
    numbers: Vec<Number>,
    width: usize,
    nans: NanStrategy,
}

impl HostColumns {
    /// Reads the columns, which waits for their device.
    pub(super) fn read(columns: CategoryColumns, nans: NanStrategy, metric: &str) -> Result<Self> {
        let ([n, width], columns) = match columns {
            CategoryColumns::Int(columns) => (columns.dims(), HostTensor::of(columns)?),
            CategoryColumns::Float(columns) => (columns.dims(), HostTensor::of(columns)?),
        };
        if n * width == 0 {
            return Err(MetricError::empty(metric));
        }
        let numbers = numbers(&columns);
        nans.faults(&numbers).check()?;
        Ok(Self {
            numbers,
            width,
            nans,
        })
    }

    /// The number of columns.
    pub(super) fn len(&self) -> usize {
        self.width
    }

    /// The table with column `i` as the predictions and column `j` as the target.
    pub(super) fn table(&self, i: usize, j: usize) -> ContingencyTable {
        let label = |number: Number| self.nans.label(number);
        let rows = self.numbers.chunks_exact(self.width);
        ContingencyTable::of_pairs(rows.filter_map(|row| Some((label(row[j])?, label(row[i])?))))
    }
}
