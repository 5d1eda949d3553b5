use std::ops::Range;

use burn::tensor::{DType, FloatDType, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::{TokensInput, log_sum_exp::Logit};
use crate::{
    Bounds, Fault, Meta, Result,
    measure::{Block, HostLoop, Measure, Measured},
    ops::{HostTensor, is_host, reduce_along, sum_along},
    state::Unread,
};

/// What a token costs: the negative logarithm of its probability, in nats.
///
/// `ln Σ exp(logits) - logit of the token`. On hosts, in one pass over the logits, without a softmax in memory. `f32` logits are
/// added in single precision by blocks, and blocks in double precision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLoss {
    pub(super) ignore_index: Option<i64>,
}

impl Measure for TokenLoss {
    type Input = TokensInput;

    fn meta(&self) -> Meta {
        Meta::new("Token loss")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn measure(&self, input: TokensInput) -> Result<Option<Measured>> {
        let Some((logits, target)) = input.checked()? else {
            return Ok(None);
        };
        if !is_host(&logits.device()) {
            return Ok(Some(self.expression(logits, target)));
        }
        let (ignore_index, vocabulary) = (self.ignore_index, logits.dims()[1]);
        let tokens = Unread::new(move |tensors: Vec<HostTensor>| TokenLoop {
            tensors: tensors.try_into().expect("two tensors were added"),
            vocabulary,
            ignore_index,
        });
        let tokens = tokens.with(logits).with_ints(target);
        Ok(Some(Measured::on_host(1, tokens)))
    }
}

impl TokenLoss {
    /// The losses as a tensor expression, for devices other than hosts.
    fn expression(&self, logits: Tensor<2>, target: Tensor<1, Int>) -> Measured {
        let logits = match logits.dtype().size() < 4 {
            true => logits.cast(FloatDType::F32),
            false => logits,
        };
        let vocabulary = logits.dims()[1];
        let outside = target.clone().lower_elem(0);
        let outside = outside.bool_or(target.clone().greater_equal_elem(vocabulary as i64));
        let (outside, left_out) = match self.ignore_index {
            None => (outside.clone(), outside),
            Some(index) => {
                let ignored = target.clone().equal_elem(index);
                let left_out = outside.clone().bool_or(ignored.clone());
                (outside.bool_and(ignored.bool_not()), left_out)
            }
        };
        let target = target.mask_fill(left_out.clone(), 0).unsqueeze_dim::<2>(1);
        let highest = reduce_along(logits.clone(), 1, |logits| logits.max_dim(1));
        let shifted = logits - highest;
        let of_token = shifted.clone().gather(1, target);
        let losses: Tensor<1> = (sum_along(shifted.exp(), 1).log() - of_token).squeeze_dim(1);
        let nan = losses
            .clone()
            .is_nan()
            .bool_and(left_out.clone().bool_not());
        let left_out = left_out.bool_or(nan.clone());
        let losses = losses.mask_fill(left_out.clone(), 0.0);
        let dtype = losses.dtype();
        let [outside, nan]: [Tensor<1>; 2] =
            [outside, nan].map(|faults| faults.int().sum().float().cast(dtype));
        let faults = vec![(Fault::TargetLabel, outside), (Fault::Nan, nan)];
        Measured::of_several(losses.unsqueeze_dim(1)).counted(left_out.bool_not(), faults)
    }
}

/// The positions of a batch in host memory.
#[derive(Debug)]
struct TokenLoop {
    /// Logits and tokens.
    tensors: [HostTensor; 2],
    vocabulary: usize,
    ignore_index: Option<i64>,
}

impl HostLoop for TokenLoop {
    fn samples(&self) -> usize {
        self.tensors[1].len()
    }

    fn block(&self) -> usize {
        /// So many logits are worth a thread.
        const CHUNK: usize = 1 << 16;
        (CHUNK / self.vocabulary).max(1)
    }

    fn measure(&self, positions: Range<usize>, block: &mut Block<'_>) {
        let [logits, target] = &self.tensors;
        let target = target.labels();
        match logits.dtype() {
            DType::F64 => self.losses(&logits.read::<f64>(), &target, positions, block),
            _ => self.losses(&logits.read::<f32>(), &target, positions, block),
        }
    }
}

impl TokenLoop {
    fn losses<N: Logit>(
        &self,
        logits: &[N],
        target: &[i64],
        positions: Range<usize>,
        block: &mut Block<'_>,
    ) {
        for (i, position) in positions.enumerate() {
            let token = target[position];
            if self.ignore_index == Some(token) {
                block.weights[i] = 0.0;
                continue;
            }
            if !(0..self.vocabulary as i64).contains(&token) {
                block.faults.add(Fault::TargetLabel, 1);
                block.weights[i] = 0.0;
                continue;
            }
            let row = &logits[position * self.vocabulary..][..self.vocabulary];
            let loss = N::log_sum_exp(row) - row[token as usize].into();
            if loss.is_nan() {
                block.faults.add(Fault::Nan, 1);
                block.weights[i] = 0.0;
            } else {
                // Rounding may leave a tiny negative number of a token that is certain.
                block.numbers[i] = loss.max(0.0);
            }
        }
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use burn::tensor::{Device, Distribution};

    use super::*;
    use crate::{Metric, MetricError, measure::SampleMetric};

    /// The tensor expression, wherever the tensors are.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Expression(TokenLoss);

    impl Measure for Expression {
        type Input = TokensInput;

        fn meta(&self) -> Meta {
            self.0.meta()
        }

        fn measure(&self, input: TokensInput) -> Result<Option<Measured>> {
            let checked = input.checked()?;
            Ok(checked.map(|(logits, target)| self.0.expression(logits, target)))
        }
    }

    #[test]
    fn loop_and_expression_agree() {
        let device = Device::flex();
        let logits = Tensor::<2>::random([300, 70], Distribution::Normal(0.0, 5.0), &device);
        let target = Tensor::<1, Int>::arange(0..300, &device).remainder_scalar(70);
        let loss = TokenLoss {
            ignore_index: Some(7),
        };
        let by_loop = SampleMetric::of(loss);
        let by_expression = SampleMetric::of(Expression(loss));
        let input = || (logits.clone(), target.clone());
        let [a, b] = [
            by_loop.mean().evaluate(input()).unwrap(),
            by_expression.clone().mean().evaluate(input()).unwrap(),
        ];
        assert!((a - b).abs() < 1e-6 * a, "{a} {b}");
        let [a, b] = [
            by_loop.max().evaluate(input()).unwrap(),
            by_expression.clone().max().evaluate(input()).unwrap(),
        ];
        assert!((a - b).abs() < 1e-5 * a, "{a} {b}");

        // The same faults: five tokens beyond the vocabulary, and positions whose logits are not a number.
        let fewer = || logits.clone().narrow(1, 0, 69);
        let nan = logits.clone().slice_fill([4..9, 0..3], f32::NAN);
        for logits in [fewer(), nan] {
            let faults = |error: MetricError| match &error {
                MetricError::Values(_) => {
                    let faults = error.faults();
                    (faults.get(Fault::TargetLabel), faults.get(Fault::Nan))
                }
                other => panic!("{other}"),
            };
            let input = || (logits.clone(), target.clone());
            let own = faults(by_loop.evaluate(input()).unwrap_err());
            let other = faults(by_expression.evaluate(input()).unwrap_err());
            assert_eq!(own, other);
            assert!([(4, 0), (0, 4)].contains(&own), "{own:?}");
        }
    }
}
