use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    Bounds, Fault, Faults, Meta, Metric, MetricError, Result, State, Statistic,
    state::{Deferred, Fold, Unread},
};

/// The catalog coverage: the share of all items that were recommended at least once.
///
/// Items are numbers from 0 to below `items`. The value is from 0 to 1. Higher is usually better, but it depends on the
/// purpose.
///
/// Options: [`ignore_index`](Self::ignore_index), the number that pads rows with fewer items. Inputs:
/// [`RecommendedInput`], the recommended items, `[queries, k]`. Errors: [`MetricError`], also for items out of range,
/// and for more than 2³⁶ items. Memory: one bit for each item.
///
/// Source: Ge et al., Beyond accuracy: evaluating recommender systems by coverage and serendipity (2010). TorchMetrics
/// does not have it.
///
/// # When to use
///
/// Use it beside accuracy to see whether a recommender offers the whole catalog or only what is popular. An item counts
/// the same whether it was recommended once or to everyone, and random recommendations have the highest coverage. It
/// grows with the number of queries and with `k`, so compare systems on the same queries.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let recommended = Tensor::<2, Int>::from_ints([[0, 1], [1, 2], [1, 0]], &device);
///
/// assert_eq!(CatalogCoverage::new(4).evaluate(recommended)?, 0.75);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct CatalogCoverage {
    items: usize,
    ignore_index: Option<i64>,
}

/// The largest number of items, whose bits take 8 GiB.
const LIMIT: u64 = 1 << 36;

impl CatalogCoverage {
    /// Creates the metric for this number of items.
    pub fn new(items: usize) -> Self {
        Self {
            items,
            ignore_index: None,
        }
    }

    /// Ignores entries that equal `index`.
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.ignore_index = Some(index);
        self
    }

    fn check(&self) -> Result<()> {
        let is_number = (1..=LIMIT).contains(&(self.items as u64));
        MetricError::check_option("items", self.items, is_number, format!("1 to {LIMIT}"))
    }
}

/// A batch of recommended items, `[queries, k]`.
#[derive(Debug, Clone)]
pub struct RecommendedInput(Tensor<2, Int>);

impl From<Tensor<2, Int>> for RecommendedInput {
    fn from(items: Tensor<2, Int>) -> Self {
        Self(items.inner())
    }
}

impl Metric for CatalogCoverage {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, seen: &SeenItemsTotal) -> Result<f64> {
        self.check()?;
        match seen.count() {
            0 => Err(MetricError::empty(self.name())),
            seen => Ok(seen as f64 / self.items as f64),
        }
    }

    fn meta(&self) -> Meta {
        let meta = Meta::new("Catalog coverage");
        meta.higher_is_better().within(Bounds::UNIT)
    }
}

crate::combinator::arithmetic!([] CatalogCoverage);

impl Statistic for CatalogCoverage {
    type Input = RecommendedInput;
    type State = SeenItems;

    fn check_state(&self, state: &SeenItems) -> Result<()> {
        match state.total().last() < Some(self.items) {
            true => Ok(()),
            false => Err(MetricError::State {
                expected: format!("items below {}", self.items),
                got: "others".into(),
            }),
        }
    }

    fn update(
        &self,
        state: &mut SeenItems,
        RecommendedInput(items): RecommendedInput,
    ) -> Result<()> {
        self.check()?;
        if items.dims().contains(&0) {
            return Ok(());
        }
        let Self {
            items: count,
            ignore_index,
        } = *self;
        let seen = Unread::new(move |tensors: Vec<crate::ops::HostTensor>| {
            let mut seen = SeenItemsTotal::default();
            let items = tensors.iter().map(crate::ops::HostTensor::labels);
            for items in items {
                let items = items.iter().filter(|item| Some(**item) != ignore_index);
                items.for_each(|item| seen.insert(*item, count));
            }
            seen
        });
        state.add_result(seen.with_ints(items))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        error.expecting_labels(self.items, self.ignore_index)
    }
}

/// Keeps which items were seen.
pub type SeenItems = Deferred<SeenItemsTotal>;

/// The host form of [`SeenItems`].
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenItemsTotal {
    /// A bit for each item up to the last one that was seen.
    bits: Vec<u64>,
    faults: Faults,
}

impl SeenItemsTotal {
    /// The number of items that were seen.
    pub fn count(&self) -> u64 {
        let ones = self.bits.iter().map(|bits| u64::from(bits.count_ones()));
        ones.sum()
    }

    fn insert(&mut self, item: i64, items: usize) {
        let Some(item) = usize::try_from(item).ok().filter(|item| *item < items) else {
            self.faults.add(Fault::PredictedLabel, 1);
            return;
        };
        let word = item / 64;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (item % 64);
    }

    /// The highest item that was seen.
    fn last(&self) -> Option<usize> {
        let last = self.bits.iter().rposition(|bits| *bits != 0)?;
        Some(64 * last + self.bits[last].ilog2() as usize)
    }
}

impl Fold for SeenItemsTotal {
    type Pending = Unread<Self>;
    type View<'a> = &'a Self;

    fn add(&mut self, read: Self) {
        self.merge(read);
    }

    fn try_add(&mut self, read: Self) -> Result<()> {
        read.faults.check()?;
        self.add(read);
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.faults += other.faults;
        let words = self.bits.len().max(other.bits.len());
        self.bits.resize(words, 0);
        let own = self.bits.iter_mut().zip(&other.bits);
        own.for_each(|(own, other)| *own |= other);
    }

    fn view(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}
