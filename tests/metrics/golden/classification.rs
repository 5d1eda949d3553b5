//! Metrics of predicted labels.

use burn::tensor::{Device, Int, Tensor};
use burn_metrics::{
    InputOf,
    classification::{Options, parts::*, *},
    prelude::*,
};

use super::{Devices, Domain, Expect, FromGolden, Subject, function, metric};
use crate::common::{
    golden::{Case, Input},
    numbers,
};

pub static DOMAIN: Domain = Domain::new(
    "classification",
    &[
        ("accuracy", |case| {
            match case.number("confidence_interval") {
                Some(_) => function(wilson),
                None => score(case, Accuracy::new()),
            }
        }),
        ("precision", |case| score(case, Precision::new())),
        ("recall", |case| score(case, Recall::new())),
        ("specificity", |case| score(case, Specificity::new())),
        ("negative_predictive_value", |case| {
            score(case, NegativePredictiveValue::new())
        }),
        ("f1", |case| score(case, F1::new())),
        ("fbeta", |case| {
            score(case, FBeta::new(case.number("beta").expect("a beta")))
        }),
        ("hamming_distance", |case| {
            score(case, HammingDistance::new())
        }),
        ("jaccard", |case| score(case, JaccardIndex::new())),
        ("matthews", |case| match task(case) {
            AnyTask::Binary(task) => metric(MatthewsCorrCoef::new(task)),
            AnyTask::Multiclass(task) => metric(MatthewsCorrCoef::new(task)),
            AnyTask::Multilabel(task) => metric(MatthewsCorrCoef::new(task)),
        }),
        ("stat_scores", |case| match task(case) {
            AnyTask::Binary(task) => stat_scores(case, task),
            AnyTask::Multiclass(task) => stat_scores(case, task),
            AnyTask::Multilabel(task) => stat_scores(case, task),
        }),
        ("confusion_matrix", |case| match task(case) {
            AnyTask::Binary(task) => confusion_matrix(case, task),
            AnyTask::Multiclass(task) => confusion_matrix(case, task),
            AnyTask::Multilabel(task) => confusion_matrix(case, task),
        }),
        ("cohen_kappa", |case| match task(case) {
            AnyTask::Binary(task) => cohen_kappa(case, task),
            AnyTask::Multiclass(task) => cohen_kappa(case, task),
            AnyTask::Multilabel(_) => panic!("no kappa of labels"),
        }),
        ("exact_match", |case| match task(case) {
            AnyTask::Binary(_) => panic!("no exact match of a binary task"),
            AnyTask::Multiclass(task) => exact_match(case, task),
            AnyTask::Multilabel(task) => exact_match(case, task),
        }),
    ],
)
.expect(|case| match (case.metric.as_str(), case.oddity.as_str()) {
    ("jaccard", "jaccard-no-weight" | "jaccard-multilabel-ignore") => Expect::Ours,
    ("stat_scores", "stat-scores-samplewise-weighted") => Expect::Ours,
    _ => Expect::reference(case),
})
.devices(|case| match case.reference.as_str() {
    "statsmodels" => Devices::All,
    _ => Devices::Sampled,
});

#[test]
fn cases() {
    DOMAIN.check();
}

impl FromGolden for ClassificationInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        fn pair<P, T>(preds: P, target: T, weights: Option<Tensor<1>>) -> ClassificationInput
        where
            (P, T): Into<ClassificationInput>,
            (P, T, Tensor<1>): Into<ClassificationInput>,
        {
            match weights {
                Some(weights) => (preds, target, weights).into(),
                None => (preds, target).into(),
            }
        }
        let (p, t) = (input.preds(), input.target());
        let weights = input.find("weights").map(|weights| weights.floats(device));
        match (p.is_float(), p.rank(), t.rank()) {
            (true, 1, 1) => pair(p.floats::<1>(device), t.ints::<1>(device), weights),
            (true, 2, 2) => pair(p.floats::<2>(device), t.ints::<2>(device), weights),
            (true, 3, 3) => pair(p.floats::<3>(device), t.ints::<3>(device), weights),
            (true, 4, 4) => pair(p.floats::<4>(device), t.ints::<4>(device), weights),
            (true, 2, 1) => pair(p.floats::<2>(device), t.ints::<1>(device), weights),
            (true, 3, 2) => pair(p.floats::<3>(device), t.ints::<2>(device), weights),
            (true, 4, 3) => pair(p.floats::<4>(device), t.ints::<3>(device), weights),
            (false, 1, 1) => pair(p.ints::<1>(device), t.ints::<1>(device), weights),
            (false, 2, 2) => pair(p.ints::<2>(device), t.ints::<2>(device), weights),
            (false, 3, 3) => pair(p.ints::<3>(device), t.ints::<3>(device), weights),
            other => panic!("no conversion for {other:?}"),
        }
    }
}

enum AnyTask {
    Binary(Binary),
    Multiclass(Multiclass),
    Multilabel(Multilabel),
}

/// The task of a case, with its options.
fn task(case: &Case) -> AnyTask {
    match case.text("task") {
        Some("binary") => AnyTask::Binary(thresholded(case, Binary::new())),
        Some("multiclass") => {
            let task = Multiclass::new(classes(case)).top_k(case.count("top_k").unwrap_or(1));
            AnyTask::Multiclass(ignoring(case, task))
        }
        Some("multilabel") => {
            AnyTask::Multilabel(thresholded(case, Multilabel::new(classes(case))))
        }
        other => panic!("no task {other:?}"),
    }
}

/// The number of classes or labels.
pub fn classes(case: &Case) -> usize {
    let count = case
        .count("num_classes")
        .or_else(|| case.count("num_labels"));
    count.expect("a number of classes or labels")
}

/// The target that a case ignores.
pub fn ignored(case: &Case) -> Option<i64> {
    case.number("ignore_index").map(|index| index as i64)
}

/// With the target that a case ignores.
fn ignoring<M: Options>(case: &Case, of: M) -> M {
    match ignored(case) {
        Some(index) => of.ignore_index(index),
        None => of,
    }
}

/// With the threshold and the index of a case, for scores or logits.
pub fn thresholded<M: Predicts<Task: Thresholded>>(case: &Case, mut of: M) -> M {
    if let Some(threshold) = case.number("threshold") {
        of = of.threshold(threshold);
    }
    if case.flag("from_logits") {
        of = of.from_logits();
    }
    ignoring(case, of)
}

fn score<F: Formula>(case: &Case, formula: F) -> Box<dyn Subject> {
    match task(case) {
        AnyTask::Binary(task) => score_of(case, formula, task),
        AnyTask::Multiclass(task) => score_of(case, formula, task),
        AnyTask::Multilabel(task) => score_of(case, formula, task),
    }
}

fn score_of<F: Formula, T: Task>(case: &Case, formula: F, task: T) -> Box<dyn Subject> {
    match case.text("average") {
        None | Some("micro") => averaged(case, Score::new(formula, task, Micro)),
        Some("macro") => averaged(case, Score::new(formula, task, Macro)),
        Some("weighted") => averaged(case, Score::new(formula, task, Weighted)),
        _ => averaged(case, Score::new(formula, task, PerClass)),
    }
}

fn averaged<F: Formula, T: Task, A: Average>(
    case: &Case,
    mut score: Score<F, T, A>,
) -> Box<dyn Subject> {
    if let Some(zero_division) = case.number("zero_division") {
        score = score.zero_division(zero_division);
    }
    match samplewise(case) {
        true => metric(score.samplewise()),
        false => metric(score),
    }
}

fn stat_scores<T: Task>(case: &Case, task: T) -> Box<dyn Subject> {
    fn averaged<T: Task, A: Combine>(case: &Case, scores: StatScores<T, A>) -> Box<dyn Subject> {
        match samplewise(case) {
            true => metric(scores.samplewise()),
            false => metric(scores),
        }
    }
    match case.text("average") {
        None | Some("micro") => averaged(case, StatScores::new(task, Micro)),
        Some("macro") => averaged(case, StatScores::new(task, Macro)),
        Some("weighted") => averaged(case, StatScores::new(task, Weighted)),
        _ => averaged(case, StatScores::new(task, PerClass)),
    }
}

fn confusion_matrix<T: Task>(case: &Case, task: T) -> Box<dyn Subject>
where
    ConfusionMatrix<T>: Metric<Statistic: 'static> + 'static,
    InputOf<ConfusionMatrix<T>>: FromGolden,
{
    let matrix = ConfusionMatrix::new(task);
    match case.text("normalize") {
        Some("true") => metric(matrix.normalize(Normalize::Target)),
        Some("pred") => metric(matrix.normalize(Normalize::Prediction)),
        Some("all") => metric(matrix.normalize(Normalize::All)),
        _ => metric(matrix),
    }
}

fn samplewise(case: &Case) -> bool {
    case.text("multidim") == Some("samplewise")
}

fn cohen_kappa<T: Task>(case: &Case, task: T) -> Box<dyn Subject> {
    let kappa = CohenKappa::new(task);
    match case.text("weights") {
        Some("linear") => metric(kappa.linear()),
        Some("quadratic") => metric(kappa.quadratic()),
        _ => metric(kappa),
    }
}

fn exact_match<T: Task>(case: &Case, task: T) -> Box<dyn Subject> {
    match samplewise(case) {
        true => metric(ExactMatch::new(task).samplewise()),
        false => metric(ExactMatch::new(task)),
    }
}

/// The ends of an interval around the accuracy of so many successes in so many trials.
fn wilson(case: &Case, device: &Device) -> Result<Vec<f64>> {
    assert_eq!(case.text("task"), Some("binary"));
    let count = |name| case.count(name).expect("a count");
    let (successes, trials) = (count("successes"), count("trials"));
    let preds: Vec<i64> = (0..trials).map(|i| i64::from(i < successes)).collect();
    let preds = Tensor::<1, Int>::from_ints(preds.as_slice(), device);
    let level = case.number("confidence_interval").expect("a level");
    let accuracy = Accuracy::binary().confidence_interval(level);
    let interval = accuracy.evaluate((preds.clone(), preds.ones_like()))?;
    Ok(numbers(&interval)[1..].to_vec())
}
