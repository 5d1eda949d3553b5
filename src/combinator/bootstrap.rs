use std::borrow::Cow;

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha8Rng};
use rand_distr::{Binomial, Distribution, Poisson};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Bounds, Faults, Metric, MetricError, Result, State, StateOf, Statistic, Value,
    state::{Counts, CountsTotal, Each, Readings, Reads},
};

/// A statistic that can be that of resampled samples.
///
/// Resampling gives each sample a whole number as its weight. Where samples have few outcomes, such as the pair of true and predicted class,
/// their counts are all that matters: they are kept once, and a replicate draws new counts from them, at a cost that does not grow with the
/// number of samples. Other samples are added to each replicate with weights.
pub trait Resample: Statistic {
    /// Counts the samples of a batch by outcome, if its outcome is all that matters of each; else does nothing and says so.
    ///
    /// # Errors
    ///
    /// As of an update.
    fn count_outcomes(&self, _counts: &mut Counts, _input: &Self::Input) -> Result<bool> {
        Ok(false)
    }

    /// The state after so many samples of each outcome, of so many that came.
    fn of_outcomes(&self, _counts: Vec<u64>, _seen: u64) -> Self::State {
        Self::State::default()
    }

    /// How many outcomes there are.
    fn outcomes(&self) -> usize {
        0
    }

    /// How many samples a batch has, and where.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`], [`MetricError::Kind`] of a batch that cannot be weighed.
    fn samples(input: &Self::Input) -> Result<(usize, Device)>;

    /// The batch with weights, `[batch]`, by which those that it has are multiplied.
    fn reweighted(input: Self::Input, weights: Tensor<1>) -> Self::Input;
}

/// How samples are drawn again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Each sample comes a number of times that is Poisson distributed with mean 1, independently of the others.
    #[default]
    Poisson,
    /// As many samples as there are, each any of them. Samples that are added with weights are drawn from their own batch.
    Multinomial,
}

/// See [`MetricExt::bootstrap`](super::MetricExt::bootstrap).
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap<M: Metric> {
    metric: M,
    statistic: Resampled<M::Statistic>,
}

impl<M: Metric> Bootstrap<M> {
    pub(super) fn of(metric: M, replicates: usize) -> Self {
        let statistic = metric.statistic().clone();
        Self {
            metric,
            statistic: Resampled {
                statistic,
                replicates,
                sampling: Sampling::default(),
                seed: 0,
            },
        }
    }

    /// How samples are drawn again; by default [`Sampling::Poisson`].
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.statistic.sampling = sampling;
        self
    }

    /// Draws the same from the same counts. Weights of samples are drawn anew in each update: they must not depend on how the samples were cut
    /// into batches or spread over processes.
    pub fn seed(mut self, seed: u64) -> Self {
        self.statistic.seed = seed;
        self
    }
}

impl<M> Metric for Bootstrap<M>
where
    M: Metric,
    M::Statistic: Resample,
{
    type Statistic = Resampled<M::Statistic>;
    type Value = Bootstrapped<M::Value>;

    fn statistic(&self) -> &Self::Statistic {
        &self.statistic
    }

    fn compute(&self, total: &Replicates<StateOf<M>>) -> Result<Self::Value> {
        let resampled = &self.statistic;
        let outcomes = total.outcomes.total();
        let replicates = total.replicates.states();
        if resampled.replicates == 0 {
            return Err(no_replicates());
        }
        let value = |index: usize| match (outcomes.seen(), replicates.get(index)) {
            (0, Some(replicate)) => self.metric.compute(replicate.total()),
            (seen, replicate) => {
                let random = &mut random(resampled.seed, Draw::Outcomes, index as u64);
                let counts = resampled.sampling.outcomes(outcomes, random);
                let mut state = resampled.statistic.of_outcomes(counts, seen);
                if let Some(replicate) = replicate {
                    state.merge(replicate.clone());
                    state.absorb(&mut Readings::default());
                }
                self.metric.compute(state.total())
            }
        };
        let values = (0..resampled.replicates).into_par_iter().map(value);
        Ok(Bootstrapped {
            replicates: values.collect::<Result<_>>()?,
        })
    }

    fn name(&self) -> Cow<'static, str> {
        format!("{} (bootstrap)", self.metric.name()).into()
    }

    as_its_metric!(metric);
}

/// What is drawn: each has random numbers of its own.
enum Draw {
    Weights,
    Outcomes,
}

/// Every seed of this generator gives numbers that are independent of those of others.
fn random(seed: u64, draw: Draw, index: u64) -> ChaCha8Rng {
    let mut bytes = [0; 32];
    for (bytes, number) in bytes.chunks_exact_mut(8).zip([seed, draw as u64, index]) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(bytes)
}

impl Sampling {
    /// How often each of `n` samples is drawn.
    fn weights(self, n: usize, random: &mut impl Rng) -> Vec<f32> {
        match self {
            Self::Poisson => {
                let mut uniform = vec![0u32; n];
                random.fill(&mut uniform[..]);
                uniform.into_iter().map(poisson_of_one).collect()
            }
            Self::Multinomial => {
                let mut weights = vec![0.0; n];
                (0..n).for_each(|_| weights[random.random_range(0..n)] += 1.0);
                weights
            }
        }
    }

    /// How many samples of each outcome are drawn.
    fn outcomes(self, outcomes: &CountsTotal, random: &mut impl Rng) -> Vec<u64> {
        let counts = outcomes.whole().iter().copied();
        match self {
            Self::Poisson => counts
                .map(|n| match Poisson::new(n as f64) {
                    Ok(poisson) => poisson.sample(random) as u64,
                    // There is none of mean 0.
                    Err(_) => 0,
                })
                .collect(),
            Self::Multinomial => {
                // Those that came and were not counted are an outcome, too.
                let (mut left, mut draws) = (outcomes.seen(), outcomes.seen());
                counts
                    .map(|n| {
                        let share = n as f64 / left.max(1) as f64;
                        let drawn = Binomial::new(draws, share.min(1.0))
                            .map_or(0, |binomial| binomial.sample(random));
                        left -= n;
                        draws -= drawn;
                        drawn
                    })
                    .collect()
            }
        }
    }
}

/// A number that is Poisson distributed with mean 1, out of one that is uniform.
fn poisson_of_one(uniform: u32) -> f32 {
    /// The distribution function at 0, 1, ..., in parts of 2^32.
    const CUMULATIVE: [u32; 12] = {
        let (mut cumulative, mut k) = ([0; 12], 0);
        let (mut term, mut sum) = (1.0 / std::f64::consts::E, 0.0);
        while k < 12 {
            sum += term;
            cumulative[k] = (sum * 4_294_967_296.0) as u32;
            k += 1;
            term /= k as f64;
        }
        cumulative
    };
    let above = CUMULATIVE.iter().map(|bound| u32::from(uniform >= *bound));
    above.sum::<u32>() as f32
}

/// A statistic of resampled samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled<S> {
    statistic: S,
    replicates: usize,
    sampling: Sampling,
    seed: u64,
}

fn no_replicates() -> MetricError {
    MetricError::config("replicates", "at least 1", 0)
}

impl<S: Resample> Statistic for Resampled<S> {
    type Input = S::Input;
    type State = Replicates<S::State>;

    fn accept(&self, state: &Self::State) -> Result<()> {
        let replicates = state.replicates.states();
        if ![0, self.replicates].contains(&replicates.len()) {
            return Err(MetricError::State {
                expected: format!("that of {} replicates", self.replicates),
                got: format!("that of {}", replicates.len()),
            });
        }
        let (outcomes, cells) = (state.outcomes.total(), self.statistic.outcomes());
        let counted: u64 = outcomes
            .whole()
            .iter()
            .fold(0, |sum, n| sum.saturating_add(*n));
        if ![0, cells].contains(&outcomes.len())
            || outcomes.is_weighted()
            || counted > outcomes.seen()
        {
            return Err(MetricError::State {
                expected: format!("counts of {cells} outcomes"),
                got: format!("{counted} of {} in {}", outcomes.seen(), outcomes.len()),
            });
        }
        let mut replicates = replicates.iter();
        replicates.try_for_each(|state| self.statistic.accept(state))
    }

    fn update(&self, state: &mut Self::State, input: S::Input) -> Result<()> {
        if self.replicates == 0 {
            return Err(no_replicates());
        }
        if self.statistic.count_outcomes(&mut state.outcomes, &input)? {
            return Ok(());
        }
        let (n, device) = S::samples(&input)?;
        let seed = rand::random();
        let weights = |replicate: usize| {
            let random = &mut random(seed, Draw::Weights, replicate as u64);
            self.sampling.weights(n, random)
        };
        let mut batch = Each::default();
        // As many lists of weights at a time as are drawn at once.
        let at_once = rayon::current_num_threads();
        let states = batch.at_least(self.replicates).chunks_mut(at_once);
        for (chunk, states) in states.enumerate() {
            let replicates = (0..states.len()).into_par_iter();
            let drawn = replicates.map(|index| weights(chunk * at_once + index));
            for (state, weights) in states.iter_mut().zip(drawn.collect::<Vec<_>>()) {
                let weights = Tensor::from_data(TensorData::new(weights, [n]), &device);
                let input = S::reweighted(input.clone(), weights);
                self.statistic.update(state, input)?;
            }
        }
        state.replicates.merge(batch);
        Ok(())
    }
}

/// Samples counted by outcome, and replicates of others: the state of a [`Bootstrap`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "S: State")]
pub struct Replicates<S> {
    outcomes: Counts,
    replicates: Each<S>,
}

impl<S: State> Default for Replicates<S> {
    fn default() -> Self {
        Self {
            outcomes: Counts::default(),
            replicates: Each::default(),
        }
    }
}

impl<S: State> State for Replicates<S> {
    type Total<'a> = &'a Self;

    fn merge(&mut self, other: Self) {
        self.outcomes.merge(other.outcomes);
        self.replicates.merge(other.replicates);
    }

    fn pending(&self, reads: &mut Reads) {
        self.outcomes.pending(reads);
        self.replicates.pending(reads);
    }

    fn absorb(&mut self, readings: &mut Readings) {
        self.outcomes.absorb(readings);
        self.replicates.absorb(readings);
    }

    fn total(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        let mut faults = self.outcomes.faults();
        // The replicates have seen the same samples, but one with a weight of 0 may hide a fault.
        let mut replicates = self.replicates.states().iter().map(S::faults);
        faults += replicates
            .find(|faults| *faults != Faults::default())
            .unwrap_or_default();
        faults
    }
}

/// The values of replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bootstrapped<V> {
    /// One value each.
    pub replicates: Vec<V>,
}

impl Bootstrapped<f64> {
    /// The mean.
    pub fn mean(&self) -> f64 {
        self.replicates.iter().sum::<f64>() / self.replicates.len() as f64
    }

    /// The standard deviation (with one less than the number of replicates below): the standard error of the metric.
    pub fn std(&self) -> f64 {
        let mean = self.mean();
        let squares = self.replicates.iter().map(|value| (value - mean).powi(2));
        (squares.sum::<f64>() / (self.replicates.len() as f64 - 1.0)).sqrt()
    }

    /// The value below which the share `q` of the replicates is, from 0 to 1, linear between two of them. NaN if a replicate is.
    pub fn quantile(&self, q: f64) -> f64 {
        let empty = self.replicates.is_empty();
        if empty || !(0.0..=1.0).contains(&q) || self.replicates.iter().any(|value| value.is_nan())
        {
            return f64::NAN;
        }
        let mut sorted = self.replicates.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let place = q * (sorted.len() as f64 - 1.0);
        let (below, above) = (
            sorted[place.floor() as usize],
            sorted[place.ceil() as usize],
        );
        match below == above {
            true => below,
            false => below + place.fract() * (above - below),
        }
    }

    /// The interval in which the middle share of the replicates is, such as 0.95: a percentile confidence interval.
    pub fn interval(&self, level: f64) -> Bounds {
        let outside = (1.0 - level) / 2.0;
        Bounds::new(self.quantile(outside), self.quantile(1.0 - outside))
    }
}

impl<V: Value> Bootstrapped<V> {
    /// The replicates of each number of the value, by its name.
    pub fn by_entry(&self) -> Vec<(String, Bootstrapped<f64>)> {
        let mut all: Vec<(String, Bootstrapped<f64>)> = Vec::new();
        for value in &self.replicates {
            for (place, (name, number)) in value.entries().into_iter().enumerate() {
                if place == all.len() {
                    let replicates = Vec::with_capacity(self.replicates.len());
                    all.push((name, Bootstrapped { replicates }));
                }
                all[place].1.replicates.push(number);
            }
        }
        all
    }
}

/// The mean and the standard deviation of each number.
impl<V: Value> Value for Bootstrapped<V> {
    fn entries(&self) -> Vec<(String, f64)> {
        let entries = self.by_entry().into_iter();
        entries
            .flat_map(|(name, numbers)| {
                let of = |what: &str| match name.as_str() {
                    "" => what.to_owned(),
                    _ => format!("{name}/{what}"),
                };
                [(of("mean"), numbers.mean()), (of("std"), numbers.std())]
            })
            .collect()
    }
}

/// Statistics whose samples count as much as their weights.
macro_rules! resample_by_weights {
    ($([$($generics:tt)*] $Statistic:ty;)+) => {
        $(
            impl<$($generics)*> $crate::combinator::Resample for $Statistic {
                fn samples(input: &Self::Input) -> $crate::Result<(usize, ::burn::tensor::Device)> {
                    input.samples()
                }

                fn reweighted(input: Self::Input, weights: ::burn::tensor::Tensor<1>) -> Self::Input {
                    input.reweighted(weights)
                }
            }
        )+
    };
}
pub(crate) use resample_by_weights;
