//! Every golden case gives the number of the reference, or of the definition where the reference is wrong.
//!
//! Each module is a domain: a file of `tests/golden/`, and for each of its metrics the function that makes ours from the
//! options of a case. `tests/golden/README.md` says how to add one.

pub mod aggregation;
pub mod classification;
pub mod clustering;
#[cfg(feature = "coco")]
pub mod coco;
pub mod curves;
#[cfg(feature = "detection")]
pub mod detection;
pub mod nominal;
pub mod pairwise;
pub mod regression;
pub mod retrieval;
pub mod segmentation;
#[cfg(feature = "shape")]
pub mod shape;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use burn::tensor::{Device, FloatDType};
use burn_metrics::{InputOf, prelude::*};
use rand::rngs::StdRng;

use crate::common::{
    Tolerance, devices,
    golden::{Case, Input, read},
    numbers,
};

/// All domains, for tests that go through the metrics of all cases.
pub static DOMAINS: &[&Domain] = &[
    &classification::DOMAIN,
    &curves::DOMAIN,
    #[cfg(feature = "detection")]
    &detection::DOMAIN,
    &regression::DOMAIN,
    &aggregation::DOMAIN,
    &pairwise::DOMAIN,
    #[cfg(feature = "shape")]
    &shape::DOMAIN,
    &clustering::DOMAIN,
    &nominal::DOMAIN,
    &retrieval::DOMAIN,
    &segmentation::DOMAIN,
];

/// A file of golden cases, and the metrics in it.
pub struct Domain {
    /// The name of the file.
    name: &'static str,
    /// For each name of a metric, what makes it from the options of a case.
    metrics: &'static [(&'static str, Dispatch)],
    /// What the value should be.
    expect: fn(&Case) -> Expect,
    /// How far from it the value may be, on a device of this name.
    tolerance: fn(&Case, &str) -> Tolerance,
    /// Where a case is checked.
    devices: fn(&Case) -> Devices,
    cases: OnceLock<Vec<Case>>,
}

pub type Dispatch = fn(&Case) -> Box<dyn Subject>;

/// What the value of a case should be.
pub enum Expect {
    Numbers(Vec<f64>),
    /// An error: there is no value.
    Undefined,
    /// Something else than the reference's value, on purpose: see the docs of the metric.
    Ours,
}

/// Where a case is checked.
#[derive(PartialEq)]
pub enum Devices {
    /// On the flex device. One in 17 cases is checked on every device. (A prime number visits all metrics and options.)
    Sampled,
    /// On every device.
    All,
    /// On the flex device only.
    FlexOnly,
}

impl Domain {
    /// The usual domain: values are right if that is known and the reference's if not, to 1e-6.
    pub const fn new(name: &'static str, metrics: &'static [(&'static str, Dispatch)]) -> Self {
        Self {
            name,
            metrics,
            expect: Expect::right,
            tolerance: |_, _| Tolerance::new(1e-6),
            devices: |_| Devices::Sampled,
            cases: OnceLock::new(),
        }
    }

    pub const fn expect(mut self, expect: fn(&Case) -> Expect) -> Self {
        self.expect = expect;
        self
    }

    pub const fn tolerance(mut self, tolerance: fn(&Case, &str) -> Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    pub const fn devices(mut self, devices: fn(&Case) -> Devices) -> Self {
        self.devices = devices;
        self
    }

    pub fn cases(&self) -> &[Case] {
        self.cases.get_or_init(|| read(self.name))
    }

    /// The metric of a case.
    pub fn subject(&self, case: &Case) -> Option<Box<dyn Subject>> {
        let mut named = self.metrics.iter().filter(|(name, _)| *name == case.metric);
        named.next().map(|(_, dispatch)| dispatch(case))
    }

    /// Checks all cases, and that cases and metrics belong together.
    pub fn check(&self) {
        let mut failures = Vec::new();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, device) in devices() {
            for (at, case) in self.cases().iter().enumerate() {
                let chosen = match (self.devices)(case) {
                    Devices::Sampled => name == "flex" || at % 17 == 0,
                    Devices::All => true,
                    Devices::FlexOnly => name == "flex",
                };
                let double = case.input.is_double() || case.text("dtype") == Some("float64");
                if !chosen || double && !device.supports_dtype(FloatDType::F64) {
                    continue;
                }
                match self.check_case(case, name, &device) {
                    Ok(compared) => *counts.entry(&case.metric).or_default() += compared,
                    Err(failure) => failures.push(format!("{failure}\n  on {name}, {case}")),
                }
            }
        }
        let cases: BTreeSet<_> = self.cases().iter().map(|case| &*case.metric).collect();
        for (name, _) in self.metrics {
            let compared = counts.get(name).is_some_and(|count| *count > 0);
            if !cases.contains(name) {
                failures.push(format!("no case of {name}"));
            } else if cfg!(feature = "flex") && !compared {
                failures.push(format!("no case of {name} was compared"));
            }
        }
        let total: usize = counts.values().sum();
        println!(
            "{}: {total} values compared, of {} cases",
            self.name,
            self.cases().len()
        );
        assert!(
            failures.is_empty(),
            "{} failures of {}:\n{}",
            failures.len(),
            self.name,
            failures[..failures.len().min(50)].join("\n")
        );
    }

    /// How many values were compared, or how they differ.
    fn check_case(&self, case: &Case, name: &str, device: &Device) -> Result<usize, String> {
        let subject = self.subject(case).ok_or("no metric has this name")?;
        let got = subject.value(case, device);
        let unread = case.unread();
        if !unread.is_empty() {
            return Err(format!("these options were not read: {unread:?}"));
        }
        let expected = match (self.expect)(case) {
            Expect::Numbers(expected) => expected,
            Expect::Undefined if got.is_err() => return Ok(1),
            Expect::Undefined => return Err(format!("{got:?} instead of an error")),
            Expect::Ours => return Ok(0),
        };
        let mut tolerance = (self.tolerance)(case, name);
        tolerance.relative = tolerance.relative.max(case.tolerance);
        match got {
            Ok(got) if tolerance.allows(&got, &expected) => Ok(1),
            // No element counts, for which the reference has a number.
            Err(MetricError::Empty { .. }) if case.counts_nothing() => Ok(1),
            // The reference has NaN then.
            Err(MetricError::TooFew { .. } | MetricError::Absent { .. })
                if expected.iter().all(|n| n.is_nan()) =>
            {
                Ok(1)
            }
            Ok(got) => Err(format!("{got:?} instead of {expected:?}")),
            Err(error) => Err(format!("{error} instead of {expected:?}")),
        }
    }
}

impl Expect {
    /// The reference's value.
    pub fn reference(case: &Case) -> Self {
        Self::Numbers(case.value.0.clone())
    }

    /// What is right, or the reference's value if it is.
    pub fn right(case: &Case) -> Self {
        Self::Numbers(case.right.as_ref().unwrap_or(&case.value).0.clone())
    }
}

/// What computes the value of a case.
pub trait Subject {
    /// All numbers of the value, in order.
    fn value(&self, case: &Case, device: &Device) -> Result<Vec<f64>>;

    /// Checks what holds for every metric.
    fn laws(&self, _case: &Case, _random: &mut StdRng) {}

    /// Checks what becomes of weights that have no meaning.
    fn weigh(&self, _case: &Case, _device: &Device, _name: &str) {}

    /// Damages states so many times; how many damaged ones were tried, and how many forged ones were accepted.
    fn damage(&self, _case: &Case, _times: usize, _random: &mut StdRng) -> (usize, usize) {
        (0, 0)
    }

    /// Merges a state with itself until its counts are as large as they can be.
    fn double(&self, _case: &Case) {}
}

/// An input of metrics, made from a golden one.
pub trait FromGolden: Clone + Send + Sync + 'static {
    fn from_golden(input: &Input, device: &Device) -> Self;
}

/// A metric as a subject.
pub fn metric<M>(metric: M) -> Box<dyn Subject>
where
    M: Metric + 'static,
    M::Statistic: 'static,
    InputOf<M>: FromGolden,
{
    Box::new(OfMetric(metric))
}

struct OfMetric<M>(M);

impl<M> Subject for OfMetric<M>
where
    M: Metric + 'static,
    M::Statistic: 'static,
    InputOf<M>: FromGolden,
{
    fn value(&self, case: &Case, device: &Device) -> Result<Vec<f64>> {
        let input = InputOf::<M>::from_golden(&case.input, device);
        self.0.evaluate(input).map(|value| numbers(&value))
    }

    #[cfg(feature = "flex")]
    fn laws(&self, case: &Case, random: &mut StdRng) {
        crate::laws::check(&self.0, case, random);
    }

    fn weigh(&self, case: &Case, device: &Device, name: &str) {
        crate::weights::check(&self.0, case, device, name);
    }

    fn damage(&self, case: &Case, times: usize, random: &mut StdRng) -> (usize, usize) {
        let batch = InputOf::<M>::from_golden(&case.input, &Device::default());
        crate::damaged::check(&self.0, batch, case, times, random)
    }

    fn double(&self, case: &Case) {
        let batch = InputOf::<M>::from_golden(&case.input, &Device::default());
        crate::damaged::double(&self.0, batch, case);
    }
}

/// Something that is not a metric, or not evaluated on the whole input at once, as a subject.
pub fn function<F>(function: F) -> Box<dyn Subject>
where
    F: Fn(&Case, &Device) -> Result<Vec<f64>> + 'static,
{
    struct OfFunction<F>(F);

    impl<F: Fn(&Case, &Device) -> Result<Vec<f64>>> Subject for OfFunction<F> {
        fn value(&self, case: &Case, device: &Device) -> Result<Vec<f64>> {
            (self.0)(case, device)
        }
    }

    Box::new(OfFunction(function))
}
