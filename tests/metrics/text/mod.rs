//! Metrics of text against the programs that are the authorities, and the laws for each.

mod alignment;
mod answers;
mod cases;
mod input;
mod models;
mod names;
mod tokenizers;
mod translation;

use std::{collections::HashMap, sync::LazyLock};

use burn_metrics::{Accumulator, prelude::*, text::TextInput};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::common::{close, numbers};

/// The contents of `tests/golden/text.json`.
#[derive(Deserialize)]
struct Golden {
    inputs: HashMap<String, HashMap<String, Column>>,
    cases: Vec<Case>,
}

/// A tensor, or nested lists of texts.
#[derive(Deserialize)]
struct Column {
    shape: Vec<usize>,
    data: Vec<Json>,
}

#[derive(Deserialize, Debug)]
struct Case {
    metric: String,
    input: String,
    options: Map<String, Json>,
    value: Json,
    right: Option<Json>,
    tolerance: Option<f64>,
}

static GOLDEN: LazyLock<Golden> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/text.json");
    let text = std::fs::read_to_string(file).expect("golden numbers are part of the repository");
    serde_json::from_str(&text).expect("golden numbers have the format of tests/golden/README.md")
});

/// Numbers of nested lists, in order.
fn flatten(value: &Json) -> Vec<f64> {
    match value {
        Json::Array(values) => values.iter().flat_map(flatten).collect(),
        Json::Number(number) => vec![number.as_f64().expect("a number")],
        other => panic!("not a number: {other}"),
    }
}

impl Column {
    /// The texts of a row: one, or several.
    fn texts(&self, row: usize) -> Vec<&str> {
        let width: usize = self.shape[1..].iter().product();
        let row = &self.data[row * width..(row + 1) * width];
        row.iter().filter_map(Json::as_str).collect()
    }
}

impl Case {
    fn column(&self, name: &str) -> &'static Column {
        &GOLDEN.inputs[&self.input][name]
    }

    fn sentences(&self) -> usize {
        self.column("preds").shape[0]
    }

    /// The sentences from `from` to `to`.
    fn part(&self, from: usize, to: usize) -> TextInput {
        let [preds, target] = ["preds", "target"].map(|name| self.column(name));
        TextInput::pairs((from..to).map(|i| (preds.texts(i)[0], target.texts(i))))
    }

    fn batch(&self) -> TextInput {
        self.part(0, self.sentences())
    }

    fn number(&self, option: &str) -> Option<f64> {
        self.options.get(option)?.as_f64()
    }

    fn flag(&self, option: &str) -> bool {
        self.options.get(option).is_some_and(|flag| flag == true)
    }

    fn text(&self, option: &str) -> Option<&str> {
        self.options.get(option)?.as_str()
    }
}

/// Something to be done with a metric of any type.
trait Visitor {
    fn visit<M>(&mut self, metric: M)
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = TextInput> + 'static;
}

/// Compares with the authority, and notes what differs.
struct Compare<'a>(&'a Case, &'a mut Vec<String>);

impl Visitor for Compare<'_> {
    fn visit<M>(&mut self, metric: M)
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = TextInput> + 'static,
    {
        let case = self.0;
        let got = metric.evaluate(case.batch());
        let got = numbers(&got.unwrap_or_else(|error| panic!("{error}, of {case:?}")));
        let expected = flatten(case.right.as_ref().unwrap_or(&case.value));
        if !close(&got, &expected, case.tolerance.unwrap_or(1e-9)) {
            let pairs = got.iter().zip(&expected).enumerate();
            let differ = pairs.filter(|(_, (got, expected))| (*got - *expected).abs() > 1e-9);
            let differ: Vec<_> = differ.collect();
            let Case {
                metric,
                input,
                options,
                ..
            } = case;
            self.1
                .push(format!("{metric} of {input} {options:?}: {differ:?}"));
        }
        let bounds = metric.bounds();
        let bounded = got
            .iter()
            .all(|number| (bounds.lower..=bounds.upper + 1e-9).contains(number));
        assert!(bounded, "{got:?} outside {bounds:?} of {case:?}");
    }
}

#[test]
fn golden() {
    let (mut known, mut differences) = (0, Vec::new());
    for case in &GOLDEN.cases {
        known += usize::from(cases::with_metric(
            case,
            &mut Compare(case, &mut differences),
        ));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(known > 550, "{known} of {} cases", GOLDEN.cases.len());
}

/// What holds for every metric.
struct Laws<'a> {
    case: &'a Case,
    random: &'a mut StdRng,
}

impl Visitor for Laws<'_> {
    fn visit<M>(&mut self, metric: M)
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = TextInput> + 'static,
    {
        let case = self.case;
        let sorted = |value: &M::Value| {
            let mut numbers = numbers(value);
            if case.flag("per_sample") || case.text("reduction") == Some("none") {
                numbers.sort_by(f64::total_cmp);
            }
            numbers
        };
        let whole = metric.evaluate(case.batch()).unwrap();
        let same = |got: &M::Value, law: &str| {
            let (got, whole) = (sorted(got), sorted(&whole));
            assert!(
                close(&got, &whole, 1e-9),
                "{law}: {got:?} instead of {whole:?} of {case:?}"
            );
        };

        // Any split into batches, in any order, merged in any tree, gives the value of the whole.
        let mut cuts = vec![0, case.sentences()];
        cuts.extend((0..4).map(|_| self.random.random_range(0..=case.sentences())));
        cuts.sort_unstable();
        let parts = cuts.windows(2).map(|cut| case.part(cut[0], cut[1]));
        let mut parts: Vec<_> = parts.collect();
        parts.shuffle(self.random);
        let mut batches = metric.accumulator();
        let mut forest: Vec<Accumulator<M>> = Vec::new();
        for part in parts {
            batches.update(part.clone()).unwrap();
            let mut tree = metric.accumulator();
            tree.update(part).unwrap();
            forest.push(tree);
        }
        same(&batches.compute().unwrap(), "batches");
        while forest.len() > 1 {
            let other = forest.swap_remove(self.random.random_range(0..forest.len()));
            let at = self.random.random_range(0..forest.len());
            forest[at].merge(other).unwrap();
        }
        same(&forest[0].compute().unwrap(), "merge");

        // The empty state is neutral, and has no value.
        batches.merge(metric.accumulator()).unwrap();
        same(&batches.compute().unwrap(), "empty on the right");
        let mut empty = metric.accumulator();
        assert!(empty.compute().is_err_and(|error| error.is_undefined()));
        empty.merge(batches.clone()).unwrap();
        same(&empty.compute().unwrap(), "empty on the left");

        // A state survives serialization; `reset` forgets; `forward` is `evaluate` and folds in.
        let saved = batches.to_bytes().unwrap();
        let mut resumed = metric.accumulator();
        resumed.restore_bytes(&saved).unwrap();
        same(&resumed.compute().unwrap(), "serialization");
        assert_eq!(saved, resumed.to_bytes().unwrap(), "bit for bit");
        let text = serde_json::to_string(batches.state()).unwrap();
        let state = serde_json::from_str(&text).unwrap();
        let mut read = Accumulator::resume(metric.clone(), state).unwrap();
        same(&read.compute().unwrap(), "serialization as text");
        resumed.reset();
        assert!(resumed.compute().is_err(), "reset forgets");
        same(&resumed.forward(case.batch()).unwrap(), "forward");
        same(&resumed.compute().unwrap(), "forward folds in");

        // A bad batch changes nothing.
        if case.metric != "distinct_ngrams" {
            let without_reference = TextInput::pairs([("a", vec!["b"]), ("c", vec![])]);
            let error = resumed.update(without_reference).unwrap_err();
            assert!(matches!(error, MetricError::Sample { sample: 1, .. }));
            same(&resumed.compute().unwrap(), "an error");
        }

        // A collection shares the state of equal statistics.
        let mut collection = Collection::from(metric.clone()).with_named("again", metric.clone());
        assert_eq!(collection.states(), 1);
        collection.update(case.batch()).unwrap();
        let values = collection.compute().unwrap();
        same(values.get::<M::Value>("again").unwrap(), "collection");
    }
}

#[test]
fn every_metric_obeys_the_laws() {
    let mut random = StdRng::seed_from_u64(3);
    let mut seen = std::collections::HashSet::new();
    for case in &GOLDEN.cases {
        let inputs = ["speech", "documents", "translations", "questions"];
        if !inputs.contains(&case.input.as_str()) {
            continue;
        }
        if seen.insert(format!("{} {:?}", case.metric, case.options)) {
            let random = &mut random;
            cases::with_metric(case, &mut Laws { case, random });
        }
    }
}

/// Damaged and forged states, and counts as large as they can be.
struct Damage<'a> {
    case: &'a Case,
    random: &'a mut StdRng,
    tried: usize,
}

impl Visitor for Damage<'_> {
    fn visit<M>(&mut self, metric: M)
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = TextInput> + 'static,
    {
        let name = format!("{:?}", self.case);
        let (rounds, batch) = (crate::damaged::rounds(), self.case.batch());
        crate::damaged::double(&metric, batch.clone(), &name);
        let (tried, _) = crate::damaged::check(&metric, batch, &name, rounds, self.random);
        self.tried += tried;
    }
}

#[test]
fn damaged_states_are_refused_and_counts_saturate() {
    let mut random = StdRng::seed_from_u64(15);
    let (mut seen, mut tried) = (std::collections::HashSet::new(), 0);
    for case in &GOLDEN.cases {
        let options: Vec<&String> = case.options.keys().collect();
        if case.input == "speech" && seen.insert(format!("{} {options:?}", case.metric)) {
            let mut damage = Damage {
                case,
                random: &mut random,
                tried: 0,
            };
            cases::with_metric(case, &mut damage);
            tried += damage.tried;
        }
    }
    assert!(tried > 500, "only {tried} states were damaged");
}

/// The lengths of n-grams are options that could ask for all memory.
#[test]
fn lengths_of_ngrams_have_limits() {
    use burn_metrics::text::*;
    let batch = || TextInput::from((["a b"], ["a c"]));
    let huge = usize::MAX;
    let errors = [
        BLEUScore::new().n_gram(huge).evaluate(batch()).unwrap_err(),
        BLEUScore::new()
            .weights([f64::NAN; 4])
            .evaluate(batch())
            .unwrap_err(),
        CHRFScore::new()
            .char_order(1 << 40)
            .evaluate(batch())
            .unwrap_err(),
        CHRFScore::new()
            .word_order(huge)
            .evaluate(batch())
            .unwrap_err(),
        ROUGEScore::new()
            .types([RougeType::N(huge)])
            .evaluate(batch())
            .unwrap_err(),
        DistinctNGrams::new(1 << 40).evaluate(batch()).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, MetricError::Config { .. }), "{error}");
    }
}
