//! What holds for every metric: one generic test over the configurations of the golden cases.
#![cfg(feature = "flex")]

use std::collections::HashSet;

use crate::{
    common::{close, golden::Case, numbers},
    golden::{DOMAINS, Domain, FromGolden},
};
use burn::tensor::Device;
use burn_metrics::{Accumulator, InputOf, prelude::*};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

/// One case per configuration: metric, options, kind of predictions.
fn configurations() -> Vec<(&'static Domain, &'static Case)> {
    let mut seen = HashSet::new();
    let mut distinct = |case: &&Case| {
        let preds = case.input.find("preds");
        let kind = preds.map(|preds| (preds.is_float(), preds.rank()));
        case.samples() > 3 && seen.insert(format!("{} {kind:?}", case.configuration()))
    };
    let mut all = Vec::new();
    for domain in DOMAINS {
        let cases = domain.cases().iter().filter(&mut distinct);
        all.extend(cases.map(|case| (*domain, case)));
    }
    assert!(all.len() > 1000, "{} configurations", all.len());
    all
}

/// Checks the laws for a metric and the input of a case.
pub fn check<M>(metric: &M, case: &Case, random: &mut StdRng)
where
    M: Metric + 'static,
    M::Statistic: 'static,
    InputOf<M>: FromGolden,
{
    let device = Device::flex();
    let input = || InputOf::<M>::from_golden(&case.input, &device);
    let whole = match metric.evaluate(input()) {
        Ok(whole) => whole,
        // A curve of positives or of negatives alone.
        Err(MetricError::Absent { .. } | MetricError::Config { .. }) => {
            assert!(!case.oddity.is_empty(), "a golden case has a value: {case}");
            return;
        }
        // A score that needs more samples than there are, or values outside a domain.
        Err(MetricError::TooFew { .. }) => return,
        Err(MetricError::Empty { .. }) if case.counts_nothing() => return,
        Err(MetricError::Values(_)) if !case.oddity.is_empty() => return,
        Err(error) => panic!("{error}, of {case}"),
    };
    let same = |got: &M::Value, law: &str| {
        let (got, whole) = (sorted(case, got), sorted(case, &whole));
        assert!(
            close(&got, &whole, 1e-9),
            "{law}: {got:?} instead of {whole:?} of {case}"
        );
    };

    // Any split into batches, in any order, merged in any tree, gives the value of the whole.
    let mut cuts = vec![0, case.samples()];
    cuts.extend((0..4).map(|_| random.random_range(0..=case.samples())));
    cuts.sort_unstable();
    let mut parts: Vec<_> = cuts
        .windows(2)
        .map(|cut| InputOf::<M>::from_golden(&case.input.part(cut[0], cut[1]), &device))
        .collect();
    parts.shuffle(random);
    let mut batches = metric.accumulator();
    let mut forest: Vec<Accumulator<M>> = Vec::new();
    for part in parts {
        batches
            .update(part.clone())
            .expect("a part of a good batch is good");
        let mut tree = metric.accumulator();
        tree.update(part).expect("a part of a good batch is good");
        forest.push(tree);
    }
    same(&batches.compute().unwrap(), "batches");
    while forest.len() > 1 {
        let other = forest.swap_remove(random.random_range(0..forest.len()));
        let at = random.random_range(0..forest.len());
        forest[at].merge(other).expect("metrics are equal");
    }
    same(&forest[0].compute().unwrap(), "merge");

    // The empty state is neutral, on either side.
    batches.merge(metric.accumulator()).unwrap();
    same(&batches.compute().unwrap(), "empty on the right");
    let mut empty = metric.accumulator();
    assert!(
        empty.compute().is_err(),
        "a value out of nothing, of {case}"
    );
    empty.merge(batches.clone()).unwrap();
    same(&empty.compute().unwrap(), "empty on the left");

    // A state survives serialization.
    let saved = batches.to_bytes().unwrap();
    let mut resumed = metric.accumulator();
    resumed.restore_bytes(&saved).expect("of this metric");
    same(&resumed.compute().unwrap(), "serialization");
    assert_eq!(saved, resumed.to_bytes().unwrap(), "bit for bit");
    let cut_off = &saved[..saved.len() - 1];
    assert!(resumed.restore_bytes(cut_off).is_err(), "a part of a state");
    let text = serde_json::to_string(batches.state()).unwrap();
    let state = serde_json::from_str(&text).unwrap();
    let mut read = Accumulator::resume(metric.clone(), state).expect("of this metric");
    same(&read.compute().unwrap(), "serialization as text");

    // `forward` is `evaluate` of the batch, and folds it in; `reset` forgets.
    resumed.reset();
    assert!(resumed.compute().is_err(), "reset forgets");
    same(&resumed.forward(input()).unwrap(), "forward");
    same(&resumed.compute().unwrap(), "forward folds in");

    // Strict accumulation is the same, and so is a collection.
    let mut strict = metric.accumulator().strict();
    strict.update(input()).unwrap();
    same(&strict.compute().unwrap(), "strict");
    let mut collection = Collection::from(metric.clone()).with_named("again", metric.clone());
    assert_eq!(collection.states(), 1, "equal statistics share a state");
    collection.update(input()).unwrap();
    let values = collection.compute().unwrap();
    same(values.get::<M::Value>("again").unwrap(), "collection");
}

/// The order of samples is not part of a samplewise value, and that of a list is that of the batches.
fn sorted(case: &Case, value: &impl Value) -> Vec<f64> {
    let mut numbers = numbers(value);
    if case.samplewise() || case.metric == "cat" {
        numbers.sort_by(f64::total_cmp);
    }
    numbers
}

#[test]
fn every_metric_obeys_the_laws() {
    let mut random = StdRng::seed_from_u64(7);
    for (domain, case) in configurations() {
        let subject = domain.subject(case).expect("every case has a metric");
        subject.laws(case, &mut random);
    }
}

/// Compares the statistic, name and value of a metric with those after serialization.
struct Serialized;

impl Serialized {
    fn check<M>(metric: M)
    where
        M: Metric + PartialEq + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
    {
        let text = serde_json::to_string(&metric).unwrap();
        assert_eq!(metric, serde_json::from_str(&text).unwrap(), "{text}");
    }
}

#[test]
fn metrics_are_plain_data() {
    use burn_metrics::classification::*;
    Serialized::check(Accuracy::multiclass(10).top_k(2).ignore_index(-1));
    Serialized::check(
        F1::multilabel(4)
            .average(PerClass)
            .threshold(0.3)
            .from_logits(),
    );
    Serialized::check(FBeta::binary(2.0).zero_division(1.0));
    Serialized::check(Recall::multiclass(3).average(Weighted).samplewise());
    Serialized::check(StatScores::multiclass(3));
    Serialized::check(ConfusionMatrix::multiclass(3).normalize(Normalize::Target));
    Serialized::check(CohenKappa::multiclass(3).quadratic());
    Serialized::check(MatthewsCorrCoef::multilabel(3));
    Serialized::check(ExactMatch::multilabel(3).samplewise());
    Serialized::check(Accuracy::binary().named("mine"));
    Serialized::check(Accuracy::binary().running(3));
    Serialized::check(MeanMetric::new().replace_nan(0.5));
    Serialized::check(RunningSum::new(2));
    Serialized::check(WeightedCalibration::new().per_output());
    Serialized::check(Wasserstein1d::new());
    Serialized::check(CatMetric::new().ignore_nan());
    use burn_metrics::{clustering::*, nominal::*};
    Serialized::check(AdjustedMutualInfoScore::new().average_method(AverageMethod::Geometric));
    Serialized::check(VMeasureScore::new().beta(0.5));
    Serialized::check(DunnIndex::new().p(f64::INFINITY));
    Serialized::check(CramersV::new().bias_correction(false));
    Serialized::check(TheilsU::new().nan_strategy(NanStrategy::Replace(-1.5)));
    Serialized::check(FleissKappa::new());
    Serialized::check(DiceScore::new(3).average(PerClass).ignore_index(255));
    Serialized::check(MeanIoU::new(3).include_background(false).global());
    Serialized::check(HausdorffDistance::new(3).spacing([1.0, 2.0]).directed());
    Serialized::check(BoundaryIoU::new(3).distance(2));
    #[cfg(feature = "shape")]
    Serialized::check(burn_metrics::shape::ProcrustesDisparity::new().per_sample());
}
