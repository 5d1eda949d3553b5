use serde::{Deserialize, Serialize};

use super::{TokenLoss, TokensInput};
use crate::{
    Bounds, Meta, Metric, MetricError, Result, Statistic, Total,
    measure::{Measures, SampleMoments, weighted},
    state::{Count, Outputs},
};

/// The perplexity of a language model: the number of equally likely tokens among which it would be as undecided.
///
/// `exp(mean of -ln p(token))` over all tokens, with probabilities by a softmax over the logits. From 1; lower is better.
///
/// Options: [`ignore_index`](Self::ignore_index), for padding. Inputs: [`TokensInput`]: logits and the tokens that should have
/// been predicted. Errors: [`MetricError::Shape`](crate::MetricError::Shape), and
/// [`MetricError::Values`](crate::MetricError::Values) for tokens outside the vocabulary and for logits that are NaN. The mean is
/// over tokens and not over batches, so it does not matter how the text was cut.
///
/// # When to use
///
/// Use it to compare language models with one vocabulary on one text, and to follow a training. A model with longer tokens has a
/// higher perplexity for the same text: compare such models by [`BitsPerByte`]. It says nothing about whether generated texts are
/// any good.
///
/// Source: Jelinek et al. (1977); TorchMetrics' `Perplexity`, which takes the logarithm of a rounded softmax and so gives
/// infinity for improbable tokens.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::Perplexity;
///
/// let device = Device::flex();
/// // Equal logits: the model has no idea which of 50 tokens comes.
/// let logits = Tensor::<3>::zeros([2, 4, 50], &device);
/// let tokens = Tensor::<2, Int>::from_ints([[1, 2, 3, 4], [5, 6, 0, 0]], &device);
///
/// let perplexity = Perplexity::new().ignore_index(0).evaluate((logits, tokens))?;
/// assert!((perplexity - 50.0).abs() < 1e-4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Perplexity {
    tokens: Measures<TokenLoss>,
}

impl Perplexity {
    /// The perplexity of all tokens.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ignores positions whose token equals `index`. It does not have to be in the vocabulary.
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.tokens.measure_mut().ignore_index = Some(index);
        self
    }
}

impl Metric for Perplexity {
    type Statistic = Measures<TokenLoss>;
    type Value = f64;

    fn statistic(&self) -> &Measures<TokenLoss> {
        &self.tokens
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
        let loss = &weighted(total, &self.name())?[0];
        Ok(loss.mean().exp())
    }

    fn meta(&self) -> Meta {
        Meta::new("Perplexity")
            .lower_is_better()
            .within(Bounds::new(1.0, f64::INFINITY))
    }
}

crate::combinator::arithmetic!([] Perplexity);

/// How many bits a language model needs for each byte of a text.
///
/// `Σ -log2 p(token) / bytes`. Lower is better; 8 is no compression at all.
///
/// Options: [`ignore_index`](Self::ignore_index), for padding. Inputs: [`BytesInput`]: as of [`Perplexity`], with the number of
/// bytes of the texts. Errors: as of [`Perplexity`], and [`MetricError::Empty`] for texts without bytes.
///
/// # When to use
///
/// Use it to compare language models with different vocabularies. All of them must be given the same text, with as much context.
///
/// Source: the definition, as in Gao et al., The Pile (2020).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::BitsPerByte;
///
/// let device = Device::flex();
/// // Two tokens out of 16 for a text of 4 bytes: 8 bits.
/// let logits = Tensor::<2>::zeros([2, 16], &device);
/// let tokens = Tensor::<1, Int>::from_ints([3, 7], &device);
///
/// let bits = BitsPerByte::new().evaluate((logits, tokens, "text".len() as u64))?;
/// assert!((bits - 2.0).abs() < 1e-6);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct BitsPerByte {
    tokens: Measures<TokenLoss>,
}

impl BitsPerByte {
    /// The bits of all tokens.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ignores positions whose token equals `index`. It does not have to be in the vocabulary.
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.tokens.measure_mut().ignore_index = Some(index);
        self
    }
}

/// Logits and tokens, and the number of bytes of the texts that the tokens stand for.
#[derive(Debug, Clone)]
pub struct BytesInput {
    tokens: TokensInput,
    bytes: u64,
}

impl<L, T> From<(L, T, u64)> for BytesInput
where
    TokensInput: From<(L, T)>,
{
    fn from((logits, target, bytes): (L, T, u64)) -> Self {
        Self {
            tokens: (logits, target).into(),
            bytes,
        }
    }
}

impl Statistic for BitsPerByte {
    type Input = BytesInput;
    type State = (Outputs<SampleMoments>, Count);

    fn check_state(&self, (losses, _): &Self::State) -> Result<()> {
        self.tokens.check_state(losses)
    }

    fn update(&self, (losses, bytes): &mut Self::State, input: BytesInput) -> Result<()> {
        self.tokens.update(losses, input.tokens)?;
        bytes.add(input.bytes);
        Ok(())
    }
}

impl Metric for BitsPerByte {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, (losses, bytes): Total<'_, Self>) -> Result<f64> {
        let loss = &weighted(losses, &self.name())?[0];
        match bytes {
            0 => Err(MetricError::empty(self.name())),
            _ => Ok(loss.sum / std::f64::consts::LN_2 / bytes as f64),
        }
    }

    fn meta(&self) -> Meta {
        Meta::new("Bits per byte")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }
}

crate::combinator::arithmetic!([] BitsPerByte);
