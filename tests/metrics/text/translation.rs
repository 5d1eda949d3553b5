use burn_metrics::{
    InputOf,
    prelude::*,
    text::{SacreBLEUScore, TextInput},
};
use serde_json::json;

use super::{Case, GOLDEN, cases};

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
    for case in cases_of("tokens") {
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
