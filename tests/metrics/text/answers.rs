use burn_metrics::{
    prelude::*,
    text::{ROUGEScore, SQuAD, TextInput, porter_stem},
};

use super::GOLDEN;

#[test]
fn stems_are_those_of_nltk() {
    let mut cases = GOLDEN.cases.iter();
    let case = cases.find(|case| case.metric == "porter_stem").unwrap();
    let words = case.column("preds");
    let stems = case.value.as_array().unwrap();
    let pairs = (0..case.sentences())
        .map(|row| words.texts(row)[0])
        .zip(stems);
    let wrong = pairs.filter(|(word, stem)| porter_stem(word) != stem.as_str().unwrap());
    let wrong: Vec<_> = wrong
        .map(|(word, stem)| (word, porter_stem(word), stem))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(stems.len() > 3000);
}

#[test]
fn a_question_without_answer_is_an_error() {
    let right = [("q1", ["yes"]), ("q2", ["no"])];
    let error = SQuAD::new()
        .evaluate(TextInput::by_id([("q1", "yes"), ("q3", "no")], right))
        .unwrap_err();
    insta::assert_snapshot!(error, @r#"answer to question 1: expected one, as its id is "q2", got none"#);
}

#[test]
fn rouge_needs_a_type() {
    let texts = (["a"], ["a"]);
    let error = ROUGEScore::new().types([]).evaluate(texts).unwrap_err();
    insta::assert_snapshot!(error, @"types: expected at least one, got 0");
}
