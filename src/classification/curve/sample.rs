//! The form in which a score is kept and sorted.

use std::{cmp::Ordering, ops::AddAssign};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::points::Store;
use crate::encoding::packed::Packed;

/// The number of scores in a block that is partitioned at once, which stays in the first-level cache.
pub(super) const BLOCK: usize = 1024;
/// The number of scores from which it pays to use several threads.
pub(super) const PARALLEL: usize = 1 << 15;

/// A score, perhaps with a weight.
pub(super) trait Sample:
    Packed + Default + Send + Sync + Serialize + DeserializeOwned
{
    /// An integer with the order of the scores, since integers sort faster than floats.
    type Key: Ord + Copy;
    /// The type of a score.
    type Float: Copy + Default + Into<f64>;
    /// The type of a number of samples, or of the sum of their weights.
    type Sum: Copy + Default + AddAssign;

    fn new(score: f64, weight: f64) -> Self;

    fn key(self) -> Self::Key;

    fn score(key: Self::Key) -> Self::Float;

    /// Whether samples have weights.
    const WEIGHTED: bool = false;

    /// The weight of the sample in counts, or 1.
    fn count(self) -> Self::Sum;

    fn weight(self) -> f64 {
        1.0
    }

    /// Orders by key, and then so that sums do not depend on the order of updates.
    fn order(&self, other: &Self) -> Ordering;

    /// Sorts on the current thread.
    fn sort(samples: &mut [Self]) {
        samples.sort_unstable_by(Self::order);
    }

    fn store(thresholds: Vec<Self::Float>, sums: Vec<[Self::Sum; 2]>) -> Store;
}

/// Defines a score as an integer with the same order. Zeros are equal, whatever their sign.
macro_rules! ordered {
    (
        $Ordered:ident, $Float:ty, $Bits:ty, $Signed:ty, $Sum:ty, $one:literal, $Store:ident
        $(, $sort:item)?
    ) => {
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub(super) struct $Ordered($Bits);

        impl From<f64> for $Ordered {
            #[inline(always)]
            fn from(score: f64) -> Self {
                let bits = (score as $Float + 0.0).to_bits();
                // All bits of negative numbers are flipped, and only the sign bit of other numbers.
                let sign = 1 << (<$Bits>::BITS - 1);
                Self(bits ^ ((bits as $Signed >> (<$Bits>::BITS - 1)) as $Bits | sign))
            }
        }

        impl From<$Ordered> for f64 {
            #[inline(always)]
            fn from(ordered: $Ordered) -> Self {
                let sign = 1 << (<$Bits>::BITS - 1);
                let bits = match ordered.0 & sign {
                    0 => !ordered.0,
                    _ => ordered.0 ^ sign,
                };
                <$Float>::from_bits(bits).into()
            }
        }

        impl Packed for $Ordered {
            const BYTES: usize = <$Bits>::BYTES;

            fn pack(self, bytes: &mut Vec<u8>) {
                self.0.pack(bytes);
            }

            fn unpack(bytes: &[u8]) -> Self {
                Self(Packed::unpack(bytes))
            }
        }

        impl Sample for $Ordered {
            type Key = Self;
            type Float = $Float;
            type Sum = $Sum;

            #[inline(always)]
            fn new(score: f64, _weight: f64) -> Self {
                score.into()
            }

            #[inline(always)]
            fn key(self) -> Self {
                self
            }

            #[inline(always)]
            fn score(key: Self) -> $Float {
                f64::from(key) as $Float
            }

            #[inline(always)]
            fn count(self) -> $Sum {
                $one
            }

            #[inline(always)]
            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }

            $($sort)?

            fn store(thresholds: Vec<$Float>, sums: Vec<[$Sum; 2]>) -> Store {
                Store::$Store(thresholds, sums)
            }
        }
    };
}

ordered!(
    Single,
    f32,
    u32,
    i32,
    u32,
    1,
    Counts,
    // For such short integers, this is twice as fast as comparing them.
    fn sort(samples: &mut [Self]) {
        match samples.len() {
            0..BLOCK => samples.sort_unstable(),
            _ => radsort::sort_by_key(samples, |sample| sample.0),
        }
    }
);
ordered!(Double, f64, u64, i64, f64, 1.0, Sums);

/// A score and its weight.
pub(super) type Weighted = (Double, f64);

impl Packed for Weighted {
    const BYTES: usize = Double::BYTES + f64::BYTES;

    fn pack(self, bytes: &mut Vec<u8>) {
        self.0.pack(bytes);
        self.1.pack(bytes);
    }

    fn unpack(bytes: &[u8]) -> Self {
        let (score, weight) = bytes.split_at(Double::BYTES);
        (Packed::unpack(score), Packed::unpack(weight))
    }
}

impl Sample for Weighted {
    const WEIGHTED: bool = true;

    type Key = Double;
    type Float = f64;
    type Sum = f64;

    fn new(score: f64, weight: f64) -> Self {
        (score.into(), weight)
    }

    fn key(self) -> Double {
        self.0
    }

    fn score(key: Double) -> f64 {
        key.into()
    }

    fn count(self) -> f64 {
        self.1
    }

    fn weight(self) -> f64 {
        self.1
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.0.cmp(&other.0)).then(self.1.total_cmp(&other.1))
    }

    fn store(thresholds: Vec<f64>, sums: Vec<[f64; 2]>) -> Store {
        Store::Sums(thresholds, sums)
    }
}

/// Sorts on `threads` threads.
pub(super) fn sort<S: Sample>(samples: &mut [S], threads: usize) {
    if threads < 2 || samples.len() < PARALLEL {
        return S::sort(samples);
    }
    let of_first = threads / 2;
    let middle = samples.len() / threads * of_first;
    samples.select_nth_unstable_by(middle, S::order);
    let (first, second) = samples.split_at_mut(middle);
    rayon::join(
        || sort(first, of_first),
        || sort(second, threads - of_first),
    );
}
