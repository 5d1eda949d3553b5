use serde::{Deserialize, Serialize};

use crate::{Bounds, Value};

/// The value of a metric, and its values for the replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bootstrapped<V> {
    /// The value of the samples as they are.
    pub value: V,
    /// The value of each replicate. Undefined ones, such as for no positive sample, are left out.
    pub replicates: Vec<V>,
}

impl Bootstrapped<f64> {
    /// The mean of the replicates.
    pub fn mean(&self) -> f64 {
        self.replicates.iter().sum::<f64>() / self.replicates.len() as f64
    }

    /// The standard deviation of the replicates, with `n - 1` in the denominator. It estimates the standard error of
    /// the metric.
    pub fn std(&self) -> f64 {
        let mean = self.mean();
        let squares = self.replicates.iter().map(|value| (value - mean).powi(2));
        (squares.sum::<f64>() / (self.replicates.len() as f64 - 1.0)).sqrt()
    }

    /// The quantile `q` of the replicates, from 0 to 1, interpolated linearly. NaN if any replicate is NaN.
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

    /// The interval that contains the middle `level` of the replicates, such as 0.95: a percentile confidence interval.
    ///
    /// Both ends are NaN if `level` is not between 0 and 1.
    pub fn interval(&self, level: f64) -> Bounds {
        if !(0.0..=1.0).contains(&level) {
            return Bounds::new(f64::NAN, f64::NAN);
        }
        let outside = (1.0 - level) / 2.0;
        Bounds::new(self.quantile(outside), self.quantile(1.0 - outside))
    }

    /// The p-value of a difference between two systems: how often the difference would be this large, in either direction, if
    /// there were none.
    ///
    /// `(1 + k) / (1 + n)`, where `k` of `n` replicates exceed the mean in size by more than the size of the value. It is the
    /// two-sided paired bootstrap test of sacrebleu and Moses. NaN if any replicate is NaN.
    pub fn p_value(&self) -> f64 {
        let n = self.replicates.len() as f64;
        let sizes = self.replicates.iter().map(|value| value.abs());
        let mean = sizes.clone().sum::<f64>() / n;
        let larger = sizes.clone().filter(|size| size - mean > self.value.abs());
        match sizes.clone().any(|size| size.is_nan()) {
            true => f64::NAN,
            false => (1.0 + larger.count() as f64) / (1.0 + n),
        }
    }
}

impl<V: Value> Bootstrapped<V> {
    /// The replicates of each number of the value, by name.
    pub fn by_entry(&self) -> Vec<(String, Bootstrapped<f64>)> {
        let of_one = |(name, value)| {
            let replicates = Vec::with_capacity(self.replicates.len());
            (name, Bootstrapped { value, replicates })
        };
        let mut all: Vec<_> = self.value.entries().into_iter().map(of_one).collect();
        for value in &self.replicates {
            // A replicate may lack some, such as a class that was not drawn, or of which no object was drawn.
            let mut all = all.iter_mut();
            for (name, number) in value.entries() {
                if let Some((_, all)) = all.find(|(own, _)| *own == name)
                    && (!number.is_nan() || all.value.is_nan())
                {
                    all.replicates.push(number);
                }
            }
        }
        all
    }
}

/// Each number, with the mean and the standard deviation of its replicates.
impl<V: Value> Value for Bootstrapped<V> {
    fn entries(&self) -> Vec<(String, f64)> {
        let entries = self.by_entry().into_iter();
        entries
            .flat_map(|(name, numbers)| {
                let of = |what: &str| match name.as_str() {
                    "" => what.to_owned(),
                    _ => format!("{name}/{what}"),
                };
                [
                    (name.clone(), numbers.value),
                    (of("mean"), numbers.mean()),
                    (of("std"), numbers.std()),
                ]
            })
            .collect()
    }
}
