//! The golden cases, as inputs and metrics of this crate.

#![allow(dead_code)]

pub mod aggregation;
pub mod clustering;
mod curves;
mod regression;

use std::{collections::HashMap, fs, sync::LazyLock};

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use burn_metrics::{
    InputOf,
    classification::{parts::*, *},
    prelude::*,
};
use serde::Deserialize;
use serde_json::Value as Json;

/// The contents of a file of `tests/golden/`.
#[derive(Deserialize)]
pub struct Golden {
    pub inputs: HashMap<String, Input>,
    pub cases: Vec<Case>,
}

#[derive(Deserialize, Clone)]
pub struct Input {
    pub preds: Array,
    /// Empty where the metric has only one tensor.
    #[serde(default)]
    pub target: Array,
    pub weights: Option<Array>,
    pub target_weights: Option<Array>,
    pub groups: Option<Array>,
    /// Whether scores are `f64`.
    #[serde(default)]
    pub double: bool,
}

#[derive(Deserialize, Clone, Default)]
pub struct Array {
    pub shape: Vec<usize>,
    #[serde(default, deserialize_with = "numbers_of")]
    pub float: Option<Vec<f64>>,
    pub int: Option<Vec<i64>>,
}

#[derive(Deserialize, Debug)]
pub struct Case {
    pub metric: String,
    pub task: String,
    pub size: usize,
    pub input: String,
    pub options: Options,
    #[serde(alias = "expected")]
    pub value: Json,
    pub oddity: Option<String>,
    #[serde(default)]
    pub source: String,
    /// The right number, where the reference's is another one.
    pub right: Option<Json>,
}

/// Numbers, of which some may be texts: `"nan"`.
fn numbers_of<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Vec<f64>>, D::Error> {
    Ok(Some(flatten(&Json::deserialize(from)?)))
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Options {
    pub threshold: Option<f64>,
    pub from_logits: bool,
    pub top_k: Option<usize>,
    pub average: Option<String>,
    pub multidim: Option<String>,
    pub ignore_index: Option<i64>,
    pub zero_division: Option<Json>,
    pub beta: Option<f64>,
    pub normalize: Option<String>,
    pub weights: Option<String>,
    pub weighted: bool,
    pub thresholds: Option<Json>,
    pub max_fpr: Option<f64>,
    pub fpr_range: Option<(f64, f64)>,
    pub min_precision: Option<f64>,
    pub min_recall: Option<f64>,
    pub min_specificity: Option<f64>,
    pub min_sensitivity: Option<f64>,
    pub norm: Option<String>,
    pub n_bins: Option<usize>,
    pub squared: Option<bool>,
    pub multiclass_mode: Option<String>,
    /// Those of metrics that are no classification.
    #[serde(flatten)]
    pub other: std::collections::BTreeMap<String, Json>,
}

impl Options {
    /// An option that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.other.get(name).map(|value| flatten(value)[0])
    }

    /// An option that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.other.get(name)?.as_str()
    }

    /// An option that is yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.other.get(name)?.as_bool()
    }
}

pub static GOLDEN: LazyLock<Golden> = LazyLock::new(|| {
    let mut golden: Golden = read("classification.json");
    for family in ["curves", "regression", "clustering"] {
        let Golden { inputs, mut cases } = read(&format!("{family}.json"));
        // Functions, and metrics that depend on how batches are cut, have tests of their own.
        cases.retain(|case| case.task != "pairwise" && !case.metric.starts_with("running"));
        let named = |name: &str| format!("{family}/{name}");
        let inputs = inputs
            .into_iter()
            .map(|(name, input)| (named(&name), input));
        golden.inputs.extend(inputs);
        golden.cases.extend(cases.into_iter().map(|case| Case {
            input: named(&case.input),
            ..case
        }));
    }
    golden
});

/// A file of `tests/golden/`.
pub fn read<T: serde::de::DeserializeOwned>(file: &str) -> T {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/");
    let text = fs::read_to_string([folder, file].concat())
        .expect("golden numbers are part of the repository");
    serde_json::from_str(&text).expect("golden numbers have the format of tests/golden/README.md")
}

impl Case {
    pub fn expected(&self) -> Vec<f64> {
        self.flatten(&self.value)
    }

    /// The numbers of a value, in the order of ours.
    pub fn flatten(&self, value: &Json) -> Vec<f64> {
        let numbers = flatten(value);
        match self.options.flag("t_test") {
            // All correlations, then all p-values.
            Some(true) => {
                let (tau, p) = numbers.split_at(numbers.len() / 2);
                tau.iter().zip(p).flat_map(|(tau, p)| [*tau, *p]).collect()
            }
            _ => numbers,
        }
    }

    /// Whether all elements are ignored, or have a weight of 0: then we have no value, whatever the reference has.
    pub fn counts_nothing(&self) -> bool {
        let input = &GOLDEN.inputs[&self.input];
        let targets = input.target.int.iter().flatten();
        let ignored = self.options.ignore_index;
        let all_ignored = ignored.is_some_and(|index| targets.clone().all(|t| *t == index));
        let mut weights = input
            .weights
            .iter()
            .flat_map(|weights| weights.float.iter().flatten());
        all_ignored && targets.count() > 0
            || self.options.weighted && weights.all(|weight| *weight == 0.0)
    }

    /// Which classes have positives, and negatives if they are needed.
    pub fn defined_classes(&self, need_negatives: bool) -> Vec<bool> {
        let target = &GOLDEN.inputs[&self.input].target;
        let inner: usize = target.shape.iter().skip(2).product();
        let labels = target.int.iter().flatten().copied().enumerate();
        let counted = labels.filter(|(_, label)| self.options.ignore_index != Some(*label));
        let labels: Vec<(usize, i64)> = counted.collect();
        let is_defined = |class: &usize| {
            let own = |(at, label): &(usize, i64)| match self.task.as_str() {
                "multilabel" => (at / inner % self.size == *class).then_some(*label == 1),
                _ => Some(*label == *class as i64),
            };
            let of_class: Vec<bool> = labels.iter().filter_map(own).collect();
            of_class.contains(&true) && (!need_negatives || of_class.contains(&false))
        };
        (0..self.size).map(|class| is_defined(&class)).collect()
    }

    pub fn rank(&self) -> usize {
        GOLDEN.inputs[&self.input].preds.shape.len()
    }

    pub fn batch<I: Batch>(&self, device: &Device) -> I {
        I::of(&GOLDEN.inputs[&self.input], device, self.options.weighted)
    }

    /// The samples from `from` to `to`.
    pub fn part<I: Batch>(&self, from: usize, to: usize, device: &Device) -> I {
        let input = &GOLDEN.inputs[&self.input];
        // The same share of a side that has another length.
        let samples = self.samples();
        let share = |array: &Array| match array.shape.first() {
            Some(rows) => array.part(from * rows / samples, to * rows / samples),
            None => array.clone(),
        };
        let part = |array: &Option<Array>| array.as_ref().map(share);
        let input = Input {
            preds: share(&input.preds),
            target: share(&input.target),
            weights: part(&input.weights),
            target_weights: part(&input.target_weights),
            groups: part(&input.groups),
            double: input.double,
        };
        I::of(&input, device, self.options.weighted)
    }

    pub fn samples(&self) -> usize {
        GOLDEN.inputs[&self.input].preds.shape[0]
    }

    pub fn is_classification(&self) -> bool {
        matches!(self.task.as_str(), "binary" | "multiclass" | "multilabel")
    }

    pub fn samplewise(&self) -> bool {
        self.options.multidim.as_deref() == Some("samplewise")
            || self.options.text("reduction") == Some("none")
            || self.options.number("keep_sequence_dim") == Some(0.0)
    }
}

/// The fields of values, in the order of ours.
const FIELDS: [&str; 9] = [
    "demographic_parity",
    "equal_opportunity",
    "value",
    "fpr",
    "tpr",
    "precision",
    "recall",
    "thresholds",
    "threshold",
];

/// Numbers of nested lists, in order.
pub fn flatten(value: &Json) -> Vec<f64> {
    match value {
        Json::Array(values) => values.iter().flat_map(flatten).collect(),
        Json::Number(number) => vec![number.as_f64().expect("a number")],
        Json::String(text) => vec![text.parse().expect("nan or inf")],
        Json::Object(fields) => FIELDS
            .iter()
            .filter_map(|field| fields.get(*field))
            .flat_map(flatten)
            .collect(),
        other => panic!("not a number: {other}"),
    }
}

impl Array {
    fn part(&self, from: usize, to: usize) -> Self {
        let mut shape = self.shape.clone();
        let row: usize = shape[1..].iter().product();
        shape[0] = to - from;
        Self {
            shape,
            float: (self.float.as_ref()).map(|all| all[from * row..to * row].to_vec()),
            int: (self.int.as_ref()).map(|all| all[from * row..to * row].to_vec()),
        }
    }

    pub fn floats<const D: usize>(&self, device: &Device) -> Tensor<D> {
        let data = self.float.clone().expect("floats");
        let data = TensorData::new(data, self.shape.clone()).convert::<f32>();
        Tensor::from_data(data, (device, DType::F32))
    }

    pub fn doubles<const D: usize>(&self, device: &Device) -> Tensor<D> {
        let data = self.float.clone().expect("floats");
        Tensor::from_data(
            TensorData::new(data, self.shape.clone()),
            (device, DType::F64),
        )
    }

    pub fn ints<const D: usize>(&self, device: &Device) -> Tensor<D, Int> {
        let data = self.int.clone().expect("ints");
        Tensor::from_data(TensorData::new(data, self.shape.clone()), device)
    }
}

/// An input of metrics, made from a golden one.
pub trait Batch: Clone + Send + Sync + 'static {
    fn of(input: &Input, device: &Device, weighted: bool) -> Self;
}

impl Batch for GroupedInput {
    fn of(input: &Input, device: &Device, _weighted: bool) -> Self {
        let groups = input.groups.as_ref().expect("groups").ints(device);
        match input.preds.shape.len() {
            1 => (
                input.preds.floats::<1>(device),
                input.target.ints::<1>(device),
                groups,
            )
                .into(),
            _ => (
                input.preds.floats::<2>(device),
                input.target.ints::<2>(device),
                groups,
            )
                .into(),
        }
    }
}

impl Batch for ClassificationInput {
    fn of(input: &Input, device: &Device, weighted: bool) -> Self {
        input.batch(device, weighted)
    }
}

impl Input {
    fn batch(&self, device: &Device, weighted: bool) -> ClassificationInput {
        let ranks = (self.preds.shape.len(), self.target.shape.len());
        macro_rules! pair {
            ($read:ident, $P:literal, $T:literal) => {{
                let preds = self.preds.$read::<$P>(device);
                let target = self.target.ints::<$T>(device);
                match &self.weights {
                    Some(weights) if weighted => {
                        (preds, target, weights.floats::<1>(device)).into()
                    }
                    _ => (preds, target).into(),
                }
            }};
        }
        match (self.preds.float.is_some(), ranks) {
            (_, (1, 1)) if self.double => pair!(doubles, 1, 1),
            (_, (2, 2)) if self.double => pair!(doubles, 2, 2),
            (_, (2, 1)) if self.double => pair!(doubles, 2, 1),
            (true, (1, 1)) => pair!(floats, 1, 1),
            (true, (2, 2)) => pair!(floats, 2, 2),
            (true, (3, 3)) => pair!(floats, 3, 3),
            (true, (4, 4)) => pair!(floats, 4, 4),
            (true, (2, 1)) => pair!(floats, 2, 1),
            (true, (3, 2)) => pair!(floats, 3, 2),
            (true, (4, 3)) => pair!(floats, 4, 3),
            (false, (1, 1)) => pair!(ints, 1, 1),
            (false, (2, 2)) => pair!(ints, 2, 2),
            (false, (3, 3)) => pair!(ints, 3, 3),
            other => panic!("no conversion for {other:?}"),
        }
    }
}

/// Something to be done with a metric of any type.
pub trait Visitor {
    fn visit<M>(&mut self, metric: M)
    where
        M: Metric + 'static,
        M::Statistic: 'static,
        InputOf<M>: Batch;
}

/// Shows the metric of a case to a visitor.
pub fn with_metric(case: &Case, visitor: &mut impl Visitor) {
    use burn_metrics::classification::Options as _;
    match case.task.as_str() {
        "regression" => return regression::with_metric(case, visitor),
        "clustering" | "nominal" | "shape" => return clustering::with_metric(case, visitor),
        _ => {}
    }
    let options = &case.options;
    if aggregation::with_metric(case, visitor) {
        return;
    }
    assert!(options.other.is_empty(), "no such options: {options:?}");
    if curves::with_metric(case, visitor) {
        return;
    }
    match case.task.as_str() {
        "binary" => {
            let mut task = Binary::new();
            if let Some(threshold) = options.threshold {
                task = task.threshold(threshold);
            }
            if options.from_logits {
                task = task.from_logits();
            }
            binary_only(case, ignoring(task, case), visitor);
        }
        "multiclass" => {
            let task = Multiclass::new(case.size).top_k(options.top_k.unwrap_or(1));
            multiclass_only(case, ignoring(task, case), visitor);
        }
        "multilabel" => {
            let mut task = Multilabel::new(case.size);
            if let Some(threshold) = options.threshold {
                task = task.threshold(threshold);
            }
            if options.from_logits {
                task = task.from_logits();
            }
            multilabel_only(case, ignoring(task, case), visitor);
        }
        other => panic!("no task {other}"),
    }
}

fn ignoring<T: burn_metrics::classification::Options>(task: T, case: &Case) -> T {
    match case.options.ignore_index {
        Some(index) => task.ignore_index(index),
        None => task,
    }
}

fn binary_only(case: &Case, task: Binary, visitor: &mut impl Visitor) {
    match case.metric.as_str() {
        "cohen_kappa" => kappa(case, task, visitor),
        "confusion_matrix" => match normalize(case) {
            Some(of) => visitor.visit(ConfusionMatrix::new(task).normalize(of)),
            None => visitor.visit(ConfusionMatrix::new(task)),
        },
        _ => any_task(case, task, visitor),
    }
}

fn multiclass_only(case: &Case, task: Multiclass, visitor: &mut impl Visitor) {
    match case.metric.as_str() {
        "cohen_kappa" => kappa(case, task, visitor),
        "confusion_matrix" => match normalize(case) {
            Some(of) => visitor.visit(ConfusionMatrix::new(task).normalize(of)),
            None => visitor.visit(ConfusionMatrix::new(task)),
        },
        "exact_match" if case.samplewise() => visitor.visit(ExactMatch::new(task).samplewise()),
        "exact_match" => visitor.visit(ExactMatch::new(task)),
        _ => any_task(case, task, visitor),
    }
}

fn multilabel_only(case: &Case, task: Multilabel, visitor: &mut impl Visitor) {
    match case.metric.as_str() {
        "confusion_matrix" => match normalize(case) {
            Some(of) => visitor.visit(ConfusionMatrix::new(task).normalize(of)),
            None => visitor.visit(ConfusionMatrix::new(task)),
        },
        "exact_match" if case.samplewise() => visitor.visit(ExactMatch::new(task).samplewise()),
        "exact_match" => visitor.visit(ExactMatch::new(task)),
        _ => any_task(case, task, visitor),
    }
}

fn normalize(case: &Case) -> Option<Normalize> {
    match case.options.normalize.as_deref() {
        Some("true") => Some(Normalize::Target),
        Some("pred") => Some(Normalize::Prediction),
        Some("all") => Some(Normalize::All),
        _ => None,
    }
}

fn kappa<T: Task>(case: &Case, task: T, visitor: &mut impl Visitor) {
    let kappa = CohenKappa::new(task);
    match case.options.weights.as_deref() {
        Some("linear") => visitor.visit(kappa.linear()),
        Some("quadratic") => visitor.visit(kappa.quadratic()),
        _ => visitor.visit(kappa),
    }
}

fn any_task<T: Task>(case: &Case, task: T, visitor: &mut impl Visitor) {
    match case.metric.as_str() {
        "accuracy" => score(case, Accuracy::new(), task, visitor),
        "precision" => score(case, Precision::new(), task, visitor),
        "recall" => score(case, Recall::new(), task, visitor),
        "specificity" => score(case, Specificity::new(), task, visitor),
        "negative_predictive_value" => score(case, NegativePredictiveValue::new(), task, visitor),
        "f1" => score(case, F1::new(), task, visitor),
        "fbeta" => score(case, FBeta::new(case.options.beta.unwrap()), task, visitor),
        "hamming_distance" => score(case, HammingDistance::new(), task, visitor),
        "jaccard" => score(case, JaccardIndex::new(), task, visitor),
        "matthews" => visitor.visit(MatthewsCorrCoef::new(task)),
        "stat_scores" => match case.options.average.as_deref() {
            None | Some("micro") => stat_scores(case, StatScores::new(task, Micro), visitor),
            Some("macro") => stat_scores(case, StatScores::new(task, Macro), visitor),
            Some("weighted") => stat_scores(case, StatScores::new(task, Weighted), visitor),
            _ => stat_scores(case, StatScores::new(task, PerClass), visitor),
        },
        other => panic!("no metric {other} for {}", case.task),
    }
}

fn stat_scores<T: Task, A: Combine>(
    case: &Case,
    metric: StatScores<T, A>,
    visitor: &mut impl Visitor,
) {
    if case.samplewise() {
        visitor.visit(metric.samplewise());
    } else {
        visitor.visit(metric);
    }
}

fn score<F: Formula, T: Task>(case: &Case, formula: F, task: T, visitor: &mut impl Visitor) {
    match case.options.average.as_deref() {
        None | Some("micro") => averaged(case, Score::new(formula, task, Micro), visitor),
        Some("macro") => averaged(case, Score::new(formula, task, Macro), visitor),
        Some("weighted") => averaged(case, Score::new(formula, task, Weighted), visitor),
        _ => averaged(case, Score::new(formula, task, PerClass), visitor),
    }
}

fn averaged<F: Formula, T: Task, A: Average>(
    case: &Case,
    mut metric: Score<F, T, A>,
    visitor: &mut impl Visitor,
) {
    if let Some(zero_division) = &case.options.zero_division {
        metric = metric.zero_division(flatten(zero_division)[0]);
    }
    if case.samplewise() {
        visitor.visit(metric.samplewise());
    } else {
        visitor.visit(metric);
    }
}

/// The numbers of a value, in order.
pub fn numbers(value: &impl Value) -> Vec<f64> {
    value.entries().into_iter().map(|(_, n)| n).collect()
}

/// Whether two lists of numbers agree to `tolerance`: relative, and absolute below 1.
pub fn close(got: &[f64], expected: &[f64], tolerance: f64) -> bool {
    got.len() == expected.len()
        && got.iter().zip(expected).all(|(got, expected)| {
            (got.is_nan() && expected.is_nan())
                || got == expected
                || (expected.is_finite()
                    && (got - expected).abs() <= tolerance * expected.abs().max(1.0))
        })
}

/// The devices of this build.
#[allow(clippy::vec_init_then_push)]
pub fn devices() -> Vec<(&'static str, Device)> {
    let mut devices = Vec::new();
    #[cfg(feature = "flex")]
    devices.push(("flex", Device::flex()));
    #[cfg(all(feature = "flex", feature = "autodiff"))]
    devices.push(("autodiff flex", Device::flex().autodiff()));
    #[cfg(feature = "ndarray")]
    #[allow(deprecated)]
    devices.push(("ndarray", Device::ndarray()));
    #[cfg(feature = "wgpu")]
    devices.push((
        "wgpu",
        Device::wgpu(burn::tensor::DeviceKind::DefaultDevice),
    ));
    devices
}

/// Predicted and true classes.
pub type Labels = (Tensor<1, Int>, Tensor<1, Int>);

/// Predicted and true classes on the flex device, the same in 3 of 4 samples and more.
#[cfg(feature = "flex")]
pub fn labels(n: usize, classes: i32, seed: u64) -> Labels {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    let mut random = StdRng::seed_from_u64(seed);
    let device = Device::flex();
    let target: Vec<i32> = (0..n).map(|_| random.random_range(0..classes)).collect();
    let preds = target.iter().map(|label| match random.random_bool(0.75) {
        true => *label,
        false => random.random_range(0..classes),
    });
    let preds: Vec<i32> = preds.collect();
    let tensor = |labels: &[i32]| Tensor::<1, Int>::from_ints(labels, &device);
    (tensor(&preds), tensor(&target))
}
