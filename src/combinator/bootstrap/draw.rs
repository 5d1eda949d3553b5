use std::cell::Cell;

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use rand_distr::{Binomial, Distribution, Poisson};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How samples are drawn for a replicate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Each sample is drawn a Poisson distributed number of times with mean 1, independently of the others.
    #[default]
    Poisson,
    /// As many samples as there are, drawn with replacement. Samples that are not counted by outcome are drawn from
    /// their own batch.
    Multinomial,
}

/// The samples of a batch that a replicate has, and how often.
#[derive(Debug, Clone)]
pub struct Draw {
    sampling: Sampling,
    seed: u64,
    /// The stream of the generator. Draws of different streams are independent.
    stream: u64,
    /// The replicate, or `None` for the samples as they are.
    replicate: Option<u64>,
    /// Whether any sample was drawn.
    any: Cell<bool>,
}

/// The number of samples that one generator draws. Several generators run in parallel.
const CHUNK: usize = 1 << 16;

impl Draw {
    pub(super) fn new(sampling: Sampling, seed: u64, replicate: Option<u64>) -> Self {
        Self {
            sampling,
            seed,
            stream: 0,
            replicate,
            any: Cell::new(false),
        }
    }

    /// How often each of `n` samples is drawn, as its weight: `[n]`. `None` if each is drawn once.
    pub fn weights(&self, n: usize, device: &Device) -> Option<Tensor<1>> {
        let weights = TensorData::new(self.times(n)?, [n]);
        Some(Tensor::from_data(weights, device))
    }

    /// The indices of the samples that are drawn, repeated as often as they are drawn. `None` if each is drawn once.
    pub fn places(&self, n: usize, device: &Device) -> Option<Tensor<1, Int>> {
        let times = self.times(n)?;
        let places = (0..n as i64).zip(times);
        let places = places.flat_map(|(place, times)| std::iter::repeat_n(place, times as usize));
        let places: Vec<i64> = places.collect();
        let length = places.len();
        Some(Tensor::from_data(TensorData::new(places, [length]), device))
    }

    /// How often each of `n` samples is drawn. `None` if each is drawn once.
    pub fn times(&self, n: usize) -> Option<Vec<f32>> {
        let replicate = self.replicate?;
        let (seed, stream) = (self.seed, 1 + self.stream);
        let random = |chunk| random([seed, stream, replicate, chunk as u64]);
        let mut times = vec![0.0; n];
        match self.sampling {
            Sampling::Poisson => {
                let chunks = times.par_chunks_mut(CHUNK).enumerate();
                chunks.for_each(|(chunk, times)| {
                    let mut uniform = vec![0u32; times.len()];
                    random(chunk).fill(&mut uniform[..]);
                    let uniform = uniform.into_iter().map(poisson_of_one);
                    times.iter_mut().zip(uniform).for_each(|(to, of)| *to = of);
                });
            }
            Sampling::Multinomial => {
                let chunks = (0..n.div_ceil(CHUNK)).into_par_iter();
                let places = chunks.map(|chunk| {
                    let (draws, mut random) = (CHUNK.min(n - chunk * CHUNK), random(chunk));
                    let places = (0..draws).map(|_| random.random_range(0..n));
                    places.collect::<Vec<_>>()
                });
                for place in places.collect::<Vec<_>>().into_iter().flatten() {
                    times[place] += 1.0;
                }
            }
        }
        if times.iter().any(|times| *times > 0.0) {
            self.any.set(true);
        }
        Some(times)
    }

    /// Whether any sample was drawn.
    pub(super) fn is_any(&self) -> bool {
        self.replicate.is_none() || self.any.get()
    }

    /// An independent draw, for the second of two groups of samples.
    pub fn of_second_group(&self) -> Self {
        Self {
            stream: self.stream + 1,
            ..self.clone()
        }
    }

    /// How many samples of each outcome are drawn, given their counts and the number `n` of all samples.
    pub(super) fn outcomes(&self, counts: &[u64], n: u64) -> Vec<u64> {
        let Some(replicate) = self.replicate else {
            return counts.to_vec();
        };
        let random = &mut random([self.seed, 0, replicate, 0]);
        loop {
            let drawn = self.sampling.outcomes(counts, n, random);
            // A replicate without a sample has no value, which Poisson can draw if there are few samples.
            if drawn.iter().any(|n| *n > 0) || counts.iter().all(|n| *n == 0) {
                return drawn;
            }
        }
    }
}

impl Sampling {
    fn outcomes(self, counts: &[u64], n: u64, random: &mut ChaCha8Rng) -> Vec<u64> {
        let counts = counts.iter().copied();
        match self {
            Self::Poisson => counts
                .map(|n| match Poisson::new(n as f64) {
                    Ok(poisson) => poisson.sample(random) as u64,
                    // There is no distribution with mean 0.
                    Err(_) => 0,
                })
                .collect(),
            Self::Multinomial => {
                // Samples that were not counted are an outcome, too.
                let (mut left, mut draws) = (n, n);
                counts
                    .map(|n| {
                        let share = n as f64 / left.max(1) as f64;
                        let drawn = Binomial::new(draws, share.min(1.0))
                            .map_or(0, |binomial| binomial.sample(random));
                        left = left.saturating_sub(n);
                        draws -= drawn;
                        drawn
                    })
                    .collect()
            }
        }
    }
}

/// Creates a generator. Different seeds give independent numbers.
fn random(seed: [u64; 4]) -> ChaCha8Rng {
    let mut bytes = [0; 32];
    for (bytes, number) in bytes.chunks_exact_mut(8).zip(seed) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(bytes)
}

/// Converts a uniform number to a Poisson distributed one with mean 1.
fn poisson_of_one(uniform: u32) -> f32 {
    /// The distribution function at 0, 1, ..., in units of 2^-32.
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
