use burn_metrics::{
    InputOf,
    combinator::{Bootstrapped, Resample, Sampling},
    prelude::*,
    text::{Bleu, SacreBLEUScore, SignedScore, TextInput},
};
use serde_json::json;

use super::{Case, GOLDEN, cases, flatten};
use crate::common::close;

fn cases_of(metric: &str) -> impl Iterator<Item = &'static Case> {
    let cases = GOLDEN
        .cases
        .iter()
        .filter(move |case| case.metric == metric);
    let cases: Vec<_> = cases.collect();
    assert!(!cases.is_empty());
    cases.into_iter()
}

#[test]
fn words_are_those_of_sacrebleu() {
    let has_model = cfg!(feature = "sentencepiece");
    let is_there = |case: &&Case| has_model || case.text("tokenize") != Some("sentencepiece");
    for case in cases_of("tokens").filter(is_there) {
        let [preds, target] = ["preds", "target"].map(|name| case.column(name));
        let rows = 0..case.sentences();
        let texts = rows.clone().flat_map(|row| preds.texts(row));
        let texts = texts.chain(rows.flat_map(|row| target.texts(row)));
        let tokenizer = cases::tokenizer(case);
        for (text, expected) in texts.zip(case.value.as_array().unwrap()) {
            assert_eq!(
                json!(tokenizer.tokens(text)),
                *expected,
                "{text:?} {tokenizer:?}"
            );
        }
    }
}

#[test]
fn lines_and_signatures_are_those_of_sacrebleu() {
    for case in cases_of("sacre_bleu_line") {
        let bleu = cases::sacre_bleu(case).evaluate(case.batch()).unwrap();
        assert_eq!(json!([bleu.to_string(), bleu.signature]), case.value);
    }
    for case in cases_of("chrf_line") {
        let chrf = cases::chrf(case).evaluate(case.batch()).unwrap();
        assert_eq!(json!([chrf.to_string(), chrf.signature]), case.value);
    }
    for case in cases_of("translation_edit_rate_line") {
        let rate = cases::translation_edit_rate(case);
        let rate = rate.evaluate(case.batch()).unwrap();
        // sacrebleu prints no edits there either.
        assert_eq!(json!([rate.to_string(), rate.signature]), case.value);
    }
}

#[test]
fn two_systems_are_compared_on_the_same_sentences() {
    let references: Vec<String> = (0..60)
        .map(|i| format!("this is the sentence number {i} of the test"))
        .collect();
    let new = TextInput::from((&references, &references));
    let old = references
        .iter()
        .map(|text| text.replace("the test", "a set"));
    let old = TextInput::from((old, &references));

    let bleu = || SacreBLEUScore::new().map(|bleu| bleu.score);
    let of = |system: usize| {
        bleu().with_input(
            format!("system {system}"),
            move |systems: [TextInput; 2]| systems[system].clone(),
        )
    };
    let difference = (of(0) - of(1)).bootstrap(100);
    let difference = difference.evaluate([new, old]).unwrap();
    assert!(difference.value > 10.0);
    assert!(difference.replicates.iter().all(|gain| *gain > 10.0));
}

/// The scores of both systems of a case, on the sentences in these rows.
fn scores(case: &Case, rows: &[usize]) -> [f64; 2] {
    let [systems, references] = ["preds", "target"].map(|name| case.column(name));
    [0, 1].map(|system| {
        let rows = rows.iter();
        let texts = rows.map(|row| (systems.texts(*row)[system], references.texts(*row)));
        let texts = TextInput::pairs(texts);
        match case.text("metric_name") {
            Some("bleu") => SacreBLEUScore::new().evaluate(texts).unwrap().score,
            Some("chrf") => CHRFScore::new().evaluate(texts).unwrap().score,
            Some("ter") => TranslationEditRate::new().evaluate(texts).unwrap().score,
            other => panic!("{other:?}"),
        }
    })
}

#[test]
fn resamples_have_the_scores_and_the_p_value_of_sacrebleu() {
    for case in cases_of("paired_resamples") {
        let rows: Vec<Vec<usize>> = serde_json::from_value(case.value["rows"].clone()).unwrap();
        let all: Vec<usize> = (0..case.sentences()).collect();
        let resamples = std::iter::once(&all).chain(&rows);
        let scores: Vec<[f64; 2]> = resamples.map(|rows| scores(case, rows)).collect();
        assert!(close(
            &scores.concat(),
            &flatten(&case.value["scores"]),
            1e-9
        ));
        let mut differences = scores.iter().map(|[old, new]| new - old);
        let difference = Bootstrapped {
            value: differences.next().unwrap(),
            replicates: differences.collect(),
        };
        assert!(close(
            &[difference.p_value()],
            &flatten(&case.value["p"]),
            1e-12
        ));
    }
}

/// Draws differ, so what is computed of many of them agrees within five standard errors.
#[test]
fn the_bootstrap_of_a_difference_is_the_paired_test_of_sacrebleu() {
    fn check<V: Score>(
        case: &Case,
        metric: impl Metric<Value = V, Statistic: Resample<Input = TextInput>> + 'static,
    ) {
        let of = |system: usize| {
            let metric = metric.clone().map(|value: V| value.score());
            metric.with_input(format!("{system}"), move |systems: [TextInput; 2]| {
                systems[system].clone()
            })
        };
        let [texts, references] = ["preds", "target"].map(|name| case.column(name));
        let input = [0, 1].map(|system| {
            let rows = 0..case.sentences();
            TextInput::pairs(rows.map(|row| (texts.texts(row)[system], references.texts(row))))
        });
        let n = case.number("resamples").unwrap();
        let both = of(0).zip(of(1)).bootstrap(n as usize);
        let both = both
            .sampling(Sampling::Multinomial)
            .evaluate(input)
            .unwrap();
        let expected = flatten(&case.value);
        for (system, (_, scores)) in both.by_entry().into_iter().enumerate() {
            let [score, mean, width] = [0, 2, 4].map(|at| expected[at + system]);
            assert!((scores.value - score).abs() < 1e-9);
            let interval = scores.interval(0.95);
            let own_width = (interval.upper - interval.lower) / 2.0;
            assert!(
                (scores.mean() - mean).abs() < 0.04 * width,
                "{}",
                scores.mean()
            );
            assert!(
                (own_width - width).abs() < 0.07 * width,
                "{own_width} {width}"
            );
        }
        let difference = Bootstrapped {
            value: both.value.1 - both.value.0,
            replicates: both.replicates.iter().map(|(old, new)| new - old).collect(),
        };
        let p = expected[6];
        let error = (p * (1.0 - p) / n).sqrt();
        let own = difference.p_value();
        assert!((own - p).abs() < 7.5 * error, "{own} {p}");
    }
    for case in cases_of("paired_bootstrap") {
        match case.text("metric_name") {
            Some("bleu") => check(case, SacreBLEUScore::new()),
            Some("chrf") => check(case, CHRFScore::new()),
            Some("ter") => check(case, TranslationEditRate::new()),
            other => panic!("{other:?}"),
        }
    }
}

/// The number of a value of sacrebleu's family.
trait Score {
    fn score(&self) -> f64;
}

impl Score for Bleu {
    fn score(&self) -> f64 {
        self.score
    }
}

impl Score for SignedScore {
    fn score(&self) -> f64 {
        self.score
    }
}

#[test]
fn options_without_meaning_are_errors() {
    fn error<M: Metric>(metric: M) -> String
    where
        InputOf<M>: From<TextInput>,
    {
        let input = TextInput::from((["a b"], ["a c"]));
        metric.evaluate(input).unwrap_err().to_string()
    }
    insta::assert_snapshot!(error(BLEUScore::new().n_gram(0)), @"n_gram: expected from 1 to 1024, got 0");
    insta::assert_snapshot!(error(BLEUScore::new().weights([1.0])), @"weights: expected 4, one per order, got 1");
    insta::assert_snapshot!(error(SacreBLEUScore::new().n_gram(0).per_sample()), @"n_gram: expected from 1 to 1024, got 0");
    insta::assert_snapshot!(error(CHRFScore::new().char_order(0)), @"char_order: expected from 1 to 1024, got 0");
    insta::assert_snapshot!(error(CHRFScore::new().beta(-1.0)), @"beta: expected a positive number, got -1");
    insta::assert_snapshot!(error(ExtendedEditDistance::new().rho(f64::NAN)), @"rho: expected a number from 0, got NaN");
    insta::assert_snapshot!(error(DistinctNGrams::new(0)), @"n: expected from 1 to 1024, got 0");
    insta::assert_snapshot!(PassAtK::new(0).evaluate([(1, 1)]).unwrap_err(), @"k: expected at least 1, got 0");
    insta::assert_snapshot!(error(DistinctNGrams::new(3)), @"Distinct-3: no sample was counted, so there is no value");
}
