use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::{
    Bounds, Fault, Faults, Meta, Metric, MetricError, Result, State, Statistic,
    combinator::{Draw, NoOutcomes, Resample},
    encoding::number,
    fault::is_weight,
    ops::{self, HostTensor, is_host},
    state::{Deferred, Fold, Pending, ReadRequests, ReadResults},
};

/// The Wasserstein distance, or earth mover's distance, between two weighted samples of numbers.
///
/// It is the integral of `|F(x) - G(x)|` over `x`, where `F` and `G` are the distribution functions of the samples. The
/// value is at least 0, and lower is better. It has the unit of the numbers. The two samples may have different sizes
/// and different total weights: each weight counts relative to the total of its sample.
///
/// Inputs: [`SamplesInput`], with optional weights. Errors: [`MetricError`], also for numbers that are not finite, for
/// weights that are negative or not finite, and if a sample is empty or has no weight. Memory: all numbers are kept,
/// with 8 bytes each, or 16 with weights.
///
/// Source: scipy's `wasserstein_distance`; torcheval's `Wasserstein1D`.
///
/// # When to use
///
/// Use it to compare the distributions of two sets of numbers, for example predictions and targets, or a feature in
/// training and in production. It does not compare sample by sample: predictions in the wrong order can have distance
/// 0, so use [`MeanAbsoluteError`](super::MeanAbsoluteError) for paired numbers. It depends on the unit of the numbers;
/// for distributions over fixed outcomes, use [`JensenShannonDivergence`](super::JensenShannonDivergence).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let x = Tensor::<1>::from_floats([0.0, 1.0, 3.0], &device);
/// let y = Tensor::<1>::from_floats([5.0, 6.0, 8.0], &device);
///
/// assert_eq!(Wasserstein1d::new().evaluate((x, y))?, 5.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Wasserstein1d {}

impl Wasserstein1d {
    /// Creates the metric.
    pub fn new() -> Self {
        Self {}
    }
}

crate::combinator::arithmetic!([] Wasserstein1d);

const NAME: &str = "Wasserstein distance";

impl Metric for Wasserstein1d {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, [x, y]: &[Sample; 2]) -> Result<f64> {
        let totals = [x.weight(), y.weight()];
        if totals.contains(&0.0) {
            return Err(MetricError::empty(NAME));
        }
        let (mut i, mut j) = (0, 0);
        let mut below = [0.0; 2];
        let (mut last, mut distance) = (0.0, 0.0);
        loop {
            let (at, side) = match (x.values.get(i), y.values.get(j)) {
                (None, None) => return Ok(distance),
                (Some(a), Some(b)) if a > b => (*b, 1),
                (None, Some(b)) => (*b, 1),
                (Some(a), _) => (*a, 0),
            };
            if i + j > 0 {
                let gap: f64 = below[0] / totals[0] - below[1] / totals[1];
                distance += gap.abs() * (at - last);
            }
            last = at;
            match side {
                0 => {
                    below[0] += x.weight_of(i);
                    i += 1;
                }
                _ => {
                    below[1] += y.weight_of(j);
                    j += 1;
                }
            }
        }
    }

    fn meta(&self) -> Meta {
        Meta::new(NAME).lower_is_better().within(Bounds::POSITIVE)
    }
}

impl Statistic for Wasserstein1d {
    type Input = SamplesInput;
    type State = AllSamples;

    fn check_state(&self, state: &AllSamples) -> Result<()> {
        for Sample { values, weights } in state.total() {
            if ![0, values.len()].contains(&weights.len()) {
                return Err(MetricError::State {
                    expected: format!("{} weights, one a number", values.len()),
                    got: weights.len().to_string(),
                });
            }
        }
        Ok(())
    }

    fn update(&self, state: &mut AllSamples, input: SamplesInput) -> Result<()> {
        input.check()?;
        state.add_result(input)
    }
}

/// Draws from each of the two samples independently.
impl Resample for Wasserstein1d {
    type Outcomes = NoOutcomes;
    type Batch = SamplesInput;

    fn prepare(&self, input: SamplesInput) -> Result<SamplesInput> {
        input.check()?;
        Ok(input)
    }

    fn update_drawn(
        &self,
        state: &mut AllSamples,
        batch: &SamplesInput,
        draw: &Draw,
    ) -> Result<()> {
        let [x, y] = batch.sides.clone();
        let sides = [x.drawn(draw), y.drawn(&draw.of_second_group())];
        self.update(state, SamplesInput { sides })
    }
}

/// A batch of two samples of numbers, with optional weights.
///
/// It is made from `(x, y)`, tensors of shapes `[n]` and `[m]`, or from `((x, weights), (y, weights))`. One side of a
/// batch may be empty. Tensors are detached from autodiff.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::regression::SamplesInput;
///
/// let device = Device::flex();
/// let x = Tensor::<1>::from_floats([1.0, 2.0], &device);
/// let y = Tensor::<1>::from_floats([1.5, 0.0, 3.0], &device);
/// let weights = y.clone().abs();
/// let batch = SamplesInput::from(((x.clone(), x), (y, weights)));
/// ```
#[derive(Debug, Clone)]
pub struct SamplesInput {
    sides: [SideInput; 2],
}

#[derive(Debug, Clone)]
struct SideInput {
    values: Tensor<1>,
    weights: Option<Tensor<1>>,
}

impl SamplesInput {
    fn check(&self) -> Result<()> {
        for (side, what) in self
            .sides
            .iter()
            .zip([["x", "weights of x"], ["y", "weights of y"]])
        {
            ops::expect_float(what[0], side.values.dtype())?;
            let Some(weights) = &side.weights else {
                continue;
            };
            ops::expect_float(what[1], weights.dtype())?;
            let (dims, got) = (side.values.dims(), weights.dims());
            if got != dims {
                let expected = format!("{dims:?}, one a number");
                return Err(MetricError::shape(what[1], expected, &got));
            }
        }
        Ok(())
    }
}

impl SideInput {
    fn drawn(self, draw: &Draw) -> Self {
        match draw.weights(self.values.dims()[0], &self.values.device()) {
            None => self,
            Some(drawn) => Self {
                weights: Some(ops::times_weights(self.weights, drawn)),
                ..self
            },
        }
    }

    fn new(values: Tensor<1>, weights: Option<Tensor<1>>) -> Self {
        let values = values.inner();
        let device = values.device();
        Self {
            weights: weights.map(|weights| ops::on_device(weights.inner(), &device)),
            values,
        }
    }
}

impl From<(Tensor<1>, Tensor<1>)> for SamplesInput {
    fn from((x, y): (Tensor<1>, Tensor<1>)) -> Self {
        Self {
            sides: [x, y].map(|values| SideInput::new(values, None)),
        }
    }
}

impl From<((Tensor<1>, Tensor<1>), (Tensor<1>, Tensor<1>))> for SamplesInput {
    fn from((x, y): ((Tensor<1>, Tensor<1>), (Tensor<1>, Tensor<1>))) -> Self {
        Self {
            sides: [x, y].map(|(values, weights)| SideInput::new(values, Some(weights))),
        }
    }
}

/// Keeps all numbers of both samples.
pub type AllSamples = Deferred<SamplesTotal>;

/// The host form of [`AllSamples`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SamplesTotal {
    sides: [Sample; 2],
    faults: Faults,
    #[serde(skip)]
    sorted: bool,
}

impl Pending for SamplesInput {
    type Read = [Sample; 2];

    fn is_ready(&self) -> bool {
        let mut sides = self.sides.iter();
        sides.all(|side| is_host(&side.values.device()))
    }

    fn bytes(&self) -> usize {
        let bytes = |numbers: &Tensor<1>| numbers.dims()[0] * numbers.dtype().size();
        let sides = self.sides.iter();
        sides
            .map(|side| bytes(&side.values) + side.weights.as_ref().map_or(0, bytes))
            .sum()
    }

    fn register(&self, requests: &mut ReadRequests) {
        for side in &self.sides {
            requests.add(side.values.clone());
            if let Some(weights) = &side.weights {
                requests.add(weights.clone());
            }
        }
    }

    fn read(self, results: &mut ReadResults) -> [Sample; 2] {
        self.sides.map(|side| {
            let values = results.take();
            let weights = side.weights.map(|_| results.take());
            Sample::read(&values, weights.as_ref())
        })
    }

    fn faults(sides: &[Sample; 2]) -> Faults {
        let mut faults = sides[0].faults();
        faults += sides[1].faults();
        faults
    }
}

/// Numbers with their weights, sorted in ascending order once settled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    #[serde(with = "number::list")]
    values: Vec<f64>,
    /// Empty if all weights are 1.
    #[serde(with = "number::list")]
    weights: Vec<f64>,
}

impl Sample {
    fn read(values: &HostTensor, weights: Option<&HostTensor>) -> Self {
        Self {
            values: values.read().into_owned(),
            weights: weights.map_or_else(Vec::new, |weights| weights.read().into_owned()),
        }
    }

    fn faults(&self) -> Faults {
        let infinite = self.values.iter().filter(|n| !n.is_finite()).count() as u64;
        let mut faults = Faults::of(Fault::Infinite, infinite);
        let bad = self.weights.iter().filter(|weight| !is_weight(**weight));
        faults.add(Fault::Weight, bad.count() as u64);
        faults
    }

    fn append(&mut self, other: Self) {
        if self.values.is_empty() {
            *self = other;
            return;
        }
        if other.values.is_empty() {
            return;
        }
        let (n, others) = (self.values.len(), other.values.len());
        self.values.extend(other.values);
        if self.weights.len() + other.weights.len() > 0 {
            self.weights.resize(n, 1.0);
            self.weights.extend(other.weights);
            self.weights.resize(n + others, 1.0);
        }
    }

    fn sort(&mut self) {
        if self.weights.is_empty() {
            radsort::sort(&mut self.values);
            return;
        }
        let weights = &mut self.weights;
        let mut pairs: Vec<_> = self
            .values
            .iter()
            .copied()
            .zip(weights.iter().copied())
            .collect();
        // Sort by weight too, so that sums do not depend on the order of updates.
        pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        for ((value, weight), pair) in self.values.iter_mut().zip(weights).zip(pairs) {
            (*value, *weight) = pair;
        }
    }

    fn weight(&self) -> f64 {
        match self.weights.is_empty() {
            true => self.values.len() as f64,
            false => self.weights.iter().sum(),
        }
    }

    fn weight_of(&self, sample: usize) -> f64 {
        self.weights.get(sample).copied().unwrap_or(1.0)
    }
}

impl SamplesTotal {
    fn append(&mut self, sides: [Sample; 2]) {
        self.sorted = false;
        for (mine, others) in self.sides.iter_mut().zip(sides) {
            mine.append(others);
        }
    }
}

impl Fold for SamplesTotal {
    type Pending = SamplesInput;
    type View<'a> = &'a [Sample; 2];

    const LIMIT: usize = usize::MAX;

    fn add(&mut self, sides: [Sample; 2]) {
        self.faults += SamplesInput::faults(&sides);
        self.append(sides);
    }

    fn merge(&mut self, other: Self) {
        self.faults += other.faults;
        self.append(other.sides);
    }

    fn is_consistent(&self) -> bool {
        let fits =
            |side: &Sample| side.weights.is_empty() || side.weights.len() == side.values.len();
        self.sides.iter().all(fits)
    }

    fn finish(&mut self) {
        if !self.sorted {
            self.sides.iter_mut().for_each(Sample::sort);
            self.sorted = true;
        }
    }

    fn view(&self) -> &[Sample; 2] {
        &self.sides
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}
