//! Batches for benches: normal scores, uniform labels.

// Each bench uses some of them.
#![allow(dead_code)]

use burn::tensor::{Device, Distribution, Int, Tensor};

pub type Batch = (Tensor<2>, Tensor<1, Int>);
pub type BinaryBatch = (Tensor<1>, Tensor<1, Int>);
pub type LabelBatch = (Tensor<2>, Tensor<2, Int>);

pub fn device() -> Device {
    Device::flex()
}

/// Scores of `classes` classes for each of `n` elements, and their labels.
pub fn multiclass(n: usize, classes: usize) -> Batch {
    let scores = Tensor::random([n, classes], Distribution::Normal(0.0, 1.0), &device());
    (scores, labels(n, classes))
}

/// Probabilities of `classes` classes for each of `n` elements, and their labels.
pub fn probabilities(n: usize, classes: usize) -> Batch {
    let (scores, labels) = multiclass(n, classes);
    (burn::tensor::activation::softmax(scores, 1), labels)
}

/// A label for each of `n` elements.
pub fn labels(n: usize, classes: usize) -> Tensor<1, Int> {
    let below = Distribution::Uniform(0.0, classes as f64);
    Tensor::<1>::random([n], below, &device()).int()
}

/// A probability for each of `n` elements, and whether it is positive.
pub fn binary(n: usize) -> BinaryBatch {
    let scores = Tensor::random([n], Distribution::Uniform(0.0, 1.0), &device());
    (scores, labels(n, 2))
}

/// Probabilities of `labels` labels for each of `n` elements, and which of them are present.
pub fn multilabel(n: usize, labels: usize) -> LabelBatch {
    let scores = Tensor::random([n, labels], Distribution::Uniform(0.0, 1.0), &device());
    let target = Tensor::<2>::random([n, labels], Distribution::Bernoulli(0.5), &device());
    (scores, target.int())
}

/// Predictions and targets that are correlated.
pub fn numbers(n: usize) -> (Tensor<1>, Tensor<1>) {
    let normal = |spread| Tensor::<1>::random([n], Distribution::Normal(0.0, spread), &device());
    let target = normal(1.0);
    (target.clone() + normal(0.5), target)
}

/// Points of so many dimensions.
pub fn points(n: usize, dimensions: usize) -> Tensor<2> {
    Tensor::random([n, dimensions], Distribution::Normal(0.0, 1.0), &device())
}
