use burn::tensor::{Int, Tensor};

use super::TextInput;
use crate::{MetricError, Result, state::ReadRequests};

/// Tokens that a model predicted, and those that should have been: `[batch, length]` both.
///
/// A Learner's `SequenceOutput` gives them. [`decoded`](Self::decoded) makes texts of them; [`as_words`](Self::as_words) compares
/// the tokens themselves.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::TokenIds;
///
/// let device = Device::flex();
/// let predicted = Tensor::<2, Int>::from_ints([[3, 1, 20, 0]], &device);
/// let target = Tensor::<2, Int>::from_ints([[3, 1, 18, 20]], &device);
/// let letter = |id: i64| char::from(b'`' + id as u8);
///
/// // 0 is padding.
/// let texts = TokenIds::from((predicted, target)).decoded(Some(0), |ids| ids.iter().copied().map(letter).collect());
/// // "cat" instead of "cart"
/// assert_eq!(CharErrorRate::new().evaluate(texts)?, 0.25);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TokenIds {
    predicted: Tensor<2, Int>,
    target: Tensor<2, Int>,
}

impl From<(Tensor<2, Int>, Tensor<2, Int>)> for TokenIds {
    fn from((predicted, target): (Tensor<2, Int>, Tensor<2, Int>)) -> Self {
        Self {
            predicted: predicted.inner(),
            target: target.inner(),
        }
    }
}

impl TokenIds {
    /// The texts of the tokens of each row, without those that are padding. Waits for the device.
    ///
    /// What is wrong with the tensors is an error of the metric that takes the texts.
    pub fn decoded(self, padding: Option<i64>, decode: impl Fn(&[i64]) -> String) -> TextInput {
        let texts = |rows: Vec<Vec<i64>>| -> Vec<String> {
            let rows = rows.into_iter().map(|mut ids| {
                ids.retain(|id| Some(*id) != padding);
                decode(&ids)
            });
            rows.collect()
        };
        match self.rows() {
            Ok([predicted, target]) => (texts(predicted), texts(target)).into(),
            Err(error) => TextInput::wrong(error),
        }
    }

    /// Tokens as the words of texts: their numbers, separated by blanks.
    pub fn as_words(self, padding: Option<i64>) -> TextInput {
        self.decoded(padding, |ids| {
            let words = ids.iter().map(i64::to_string);
            words.collect::<Vec<_>>().join(" ")
        })
    }

    fn rows(self) -> Result<[Vec<Vec<i64>>; 2]> {
        let (predicted, target) = (self.predicted.dims(), self.target.dims());
        if predicted[0] != target[0] {
            let expected = format!("[{}, length], as many as predictions", predicted[0]);
            return Err(MetricError::shape("target", expected, &target));
        }
        let mut requests = ReadRequests::default();
        requests.add(self.predicted.flatten::<1>(0, 1));
        requests.add(self.target.flatten::<1>(0, 1));
        let mut results = requests.execute()?;
        Ok([predicted, target].map(|[rows, length]| {
            let ids = results.take();
            let ids = ids.labels();
            let row = |row: usize| ids[row * length..(row + 1) * length].to_vec();
            (0..rows).map(row).collect()
        }))
    }
}
