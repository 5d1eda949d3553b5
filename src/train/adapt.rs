//! Conversions of Burn's own outputs to the inputs of this crate.

use burn::train::{
    ClassificationOutput, MultiLabelClassificationOutput, RegressionOutput, SequenceOutput,
    metric::Adaptor,
};

#[cfg(feature = "text")]
use crate::text::{TokenIds, TokensInput};
use crate::{
    classification::ClassificationInput,
    regression::{EnsembleInput, RegressionInput},
};

/// Scores, `[batch, classes]`, and labels, `[batch]`. A single column of scores is treated as a binary task.
impl Adaptor<ClassificationInput> for ClassificationOutput {
    fn adapt(&self) -> ClassificationInput {
        let (scores, targets) = (self.output.clone(), self.targets.clone());
        match scores.dims() {
            [batch, 1] => (scores.reshape([batch]), targets).into(),
            _ => (scores, targets).into(),
        }
    }
}

/// Scores and labels, `[batch, labels]` both.
impl Adaptor<ClassificationInput> for MultiLabelClassificationOutput {
    fn adapt(&self) -> ClassificationInput {
        (self.output.clone(), self.targets.clone()).into()
    }
}

/// The predicted tokens, `[batch, length]`, if there are any. Otherwise the scores of all tokens,
/// `[batch * length, vocabulary]`.
impl Adaptor<ClassificationInput> for SequenceOutput {
    fn adapt(&self) -> ClassificationInput {
        let targets = self.targets.clone();
        match &self.predictions {
            Some(tokens) => (tokens.clone(), targets).into(),
            None => {
                let [batch, length, vocabulary] = self.logits.dims();
                let scores = self.logits.clone();
                let scores = scores.reshape([batch * length, vocabulary]);
                (scores, targets.reshape([batch * length])).into()
            }
        }
    }
}

/// The predicted tokens if there are any, else those of the highest logits, with those that should have been predicted.
#[cfg(feature = "text")]
impl Adaptor<TokenIds> for SequenceOutput {
    fn adapt(&self) -> TokenIds {
        let predicted = match &self.predictions {
            Some(tokens) => tokens.clone(),
            None => self.logits.clone().argmax(2).squeeze_dim(2),
        };
        (predicted, self.targets.clone()).into()
    }
}

/// Logits of all positions, with the tokens that should have been predicted.
#[cfg(feature = "text")]
impl Adaptor<TokensInput> for SequenceOutput {
    fn adapt(&self) -> TokensInput {
        (self.logits.clone(), self.targets.clone()).into()
    }
}

/// Predictions and targets, `[batch, targets]` both.
impl Adaptor<RegressionInput> for RegressionOutput {
    fn adapt(&self) -> RegressionInput {
        (self.output.clone(), self.targets.clone()).into()
    }
}

/// Forecasts of several members, `[batch, members]`, for one number, `[batch, 1]`.
impl Adaptor<EnsembleInput> for RegressionOutput {
    fn adapt(&self) -> EnsembleInput {
        (self.output.clone(), self.targets.clone()).into()
    }
}
