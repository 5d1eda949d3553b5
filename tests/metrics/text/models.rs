//! Perplexity and other measures of language models.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use burn_metrics::{
    Accumulator, Fault,
    prelude::*,
    text::{BitsPerByte, PassAtK, Perplexity, TokensInput},
};

use super::{Case, GOLDEN};

fn cases_of(metric: &str) -> impl Iterator<Item = &'static Case> {
    let cases = GOLDEN
        .cases
        .iter()
        .filter(move |case| case.metric == metric);
    let cases: Vec<_> = cases.collect();
    assert!(!cases.is_empty());
    cases.into_iter()
}

impl Case {
    fn numbers(&self, column: &str) -> (Vec<f64>, &[usize]) {
        let column = self.column(column);
        let numbers = column.data.iter().map(|number| number.as_f64().unwrap());
        (numbers.collect(), &column.shape)
    }

    /// The rows of a batch from `from` to `to`.
    fn tokens(
        &self,
        from: usize,
        to: usize,
        device: &Device,
        dtype: DType,
    ) -> (Tensor<3>, Tensor<2, Int>) {
        let (logits, shape) = self.numbers("preds");
        let logits = TensorData::new(logits, shape).convert_dtype(dtype);
        let logits = Tensor::<3>::from_data(logits, (device, dtype));
        let (target, shape) = self.numbers("target");
        let target = target.iter().map(|token| *token as i64).collect();
        let target = Tensor::<2, Int>::from_data(TensorData::new::<i64, _>(target, shape), device);
        (
            logits.narrow(0, from, to - from),
            target.narrow(0, from, to - from),
        )
    }
}

fn perplexity(case: &Case) -> Perplexity {
    match case.number("ignore_index") {
        Some(index) => Perplexity::new().ignore_index(index as i64),
        None => Perplexity::new(),
    }
}

#[track_caller]
fn assert_near(got: f64, case: &Case, within: f64) {
    let expected = case.value.as_f64().unwrap();
    let gap = (got - expected).abs() / expected.abs().max(1.0);
    assert!(gap <= within, "{got} instead of {expected}: {case:?}");
}

#[test]
fn perplexity_is_that_of_the_references() {
    for (name, device) in crate::common::devices() {
        for case in cases_of("perplexity") {
            let metric = perplexity(case);
            let n = case.sentences();
            let whole = metric.evaluate(case.tokens(0, n, &device, DType::F32));
            // The exponential turns the error of a loss into a relative one: GPUs have it in single precision, to 7 digits.
            let loss = case.value.as_f64().unwrap().ln();
            let of_loss = if name == "wgpu" { 1e-7 * loss } else { 0.0 };
            assert_near(whole.unwrap(), case, of_loss.max(3e-6));
            if name == "flex" {
                let double = metric.evaluate(case.tokens(0, n, &device, DType::F64));
                assert_near(double.unwrap(), case, 1e-9);
            }

            let mut first = metric.accumulator();
            first
                .update(case.tokens(0, 1, &device, DType::F32))
                .unwrap();
            let mut rest = metric.accumulator();
            rest.update(case.tokens(1, n, &device, DType::F32)).unwrap();
            rest.merge(first).unwrap();
            assert_near(rest.compute().unwrap(), case, 3e-6);
            let mut read = metric.accumulator();
            read.restore_bytes(&rest.to_bytes().unwrap()).unwrap();
            assert_eq!(read.compute().unwrap(), rest.compute().unwrap());
        }
    }
}

#[test]
fn bits_per_byte_are_those_of_the_definition() {
    let device = Device::default();
    for case in cases_of("bits_per_byte") {
        let bytes = case.number("bytes").unwrap() as u64;
        let mut metric: Accumulator<_> = BitsPerByte::new().accumulator();
        let (logits, target) = case.tokens(0, 2, &device, DType::F32);
        metric.update((logits, target, bytes - 10)).unwrap();
        let (logits, target) = case.tokens(2, case.sentences(), &device, DType::F32);
        metric.update((logits, target, 10)).unwrap();
        assert_near(metric.compute().unwrap(), case, 3e-6);
    }
}

#[test]
fn pass_at_k_is_that_of_the_definition() {
    for case in cases_of("pass_at_k") {
        let (samples, _) = case.numbers("preds");
        let (passed, _) = case.numbers("target");
        let problems = samples
            .iter()
            .zip(&passed)
            .map(|(n, c)| (*n as u64, *c as u64));
        let problems: Vec<_> = problems.collect();
        let k = PassAtK::new(case.number("k").unwrap() as u64);
        assert_near(k.evaluate(problems.clone()).unwrap(), case, 1e-12);
        let mut parts = k.accumulator();
        problems
            .chunks(2)
            .for_each(|part| parts.update(part.to_vec()).unwrap());
        assert_near(parts.compute().unwrap(), case, 1e-12);
    }
    insta::assert_snapshot!(PassAtK::new(5).evaluate([(9, 1), (4, 1)]).unwrap_err(), @"programs of problem 1: expected at least 5, got 4");
    insta::assert_snapshot!(PassAtK::new(2).evaluate([(3, 4)]).unwrap_err(), @"programs of problem 0: expected at most 3 that pass, got 4");
}

#[test]
fn bad_tokens_are_errors_and_change_nothing() {
    let device = Device::flex();
    let logits = |vocabulary| Tensor::<3>::zeros([1, 2, vocabulary], &device);
    let tokens = |tokens| Tensor::<2, Int>::from_ints([tokens], &device);
    let mut metric = Perplexity::new().accumulator();
    metric.update((logits(4), tokens([0, 3]))).unwrap();

    let outside = metric.update((logits(3), tokens([1, 3]))).unwrap_err();
    assert_eq!(outside.faults().get(Fault::TargetLabel), 1);
    let nan = metric
        .update((logits(4) * f32::NAN, tokens([1, 3])))
        .unwrap_err();
    assert_eq!(nan.faults().get(Fault::Nan), 2);
    let other = (logits(4), Tensor::<2, Int>::zeros([2, 2], &device));
    insta::assert_snapshot!(metric.update(other).unwrap_err(), @"target: expected shape [1, 2], one token per position, got [2, 2]");
    assert!((metric.compute().unwrap() - 4.0).abs() < 1e-5);

    // A position without a token, and one that is certain.
    let certain = Tensor::<2>::from_floats([[0.0, -200.0], [0.0, 0.0]], &device);
    let input = TokensInput::from((certain, Tensor::<1, Int>::from_ints([0, -1], &device)));
    let metric = Perplexity::new().ignore_index(-1);
    assert_eq!(metric.evaluate(input).unwrap(), 1.0);
}
