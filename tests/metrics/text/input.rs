use burn_metrics::{
    prelude::*,
    text::{EditDistance, TextInput, WordErrorRate},
};

fn error(input: impl Into<TextInput>) -> String {
    WordErrorRate::new()
        .evaluate(input)
        .unwrap_err()
        .to_string()
}

#[test]
fn anything_that_gives_text_is_an_input() {
    let owned = vec!["a b".to_owned(), "c".to_owned()];
    let borrowed: Vec<&str> = owned.iter().map(String::as_str).collect();
    let rate = WordErrorRate::new();
    assert_eq!(rate.evaluate((&owned, &borrowed)).unwrap(), 0.0);
    assert_eq!(
        rate.evaluate((owned.clone(), owned.iter().rev())).unwrap(),
        4.0 / 3.0
    );
    assert_eq!(rate.evaluate((["a b", "c"], owned)).unwrap(), 0.0);
}

#[test]
fn errors_say_which_sentence() {
    insta::assert_snapshot!(error((["a", "b", "c"], ["a", "b"])), @"reference of sentence 2: expected 3 references in all, as many as hypotheses, got 2");
    insta::assert_snapshot!(error((["a"], ["a", "b"])), @"hypothesis of sentence 1: expected 1 references in all, as many as hypotheses, got 2");
    insta::assert_snapshot!(error(TextInput::streams(["a", "b"], [vec!["a", "b"], vec!["a"]])), @"reference of sentence 1: expected 2 references of stream 1, as many as hypotheses, got 1");
    insta::assert_snapshot!(error(TextInput::streams(["a", "b"], [] as [Vec<&str>; 0])), @"references of sentence 0: expected one, got 0");
    insta::assert_snapshot!(error(TextInput::pairs([("a", vec!["a"]), ("b", vec!["a", "b"])])), @"references of sentence 1: expected one, got 2");
}

#[test]
fn streams_are_transposed_pairs() {
    let streams = TextInput::streams(["a b", "c"], [["a x", "c"], ["y b", "z"]]);
    let first = TextInput::from((["a b", "c"], ["a x", "c"]));
    assert_eq!(streams.len(), 2);
    // Only the first stream counts where there may be one.
    assert!(EditDistance::new().evaluate(streams).is_err());
    assert_eq!(EditDistance::new().sum().evaluate(first).unwrap(), 1.0);
}

#[test]
fn a_collection_of_error_rates_aligns_once() {
    use burn_metrics::text::{MatchErrorRate, WordInfoLost, WordInfoPreserved};
    let rates = Collection::<TextInput>::new()
        .with(WordErrorRate::new())
        .with(MatchErrorRate::new())
        .with(WordInfoLost::new())
        .with(WordInfoPreserved::new());
    assert_eq!(rates.states(), 1);
}

#[test]
fn bootstrap_draws_sentences() {
    let hypotheses = (0..200).map(|i| if i % 4 == 0 { "a b" } else { "a c" });
    let sentences = TextInput::from((hypotheses, vec!["a c"; 200]));
    let rate = WordErrorRate::new().bootstrap(200).seed(1);
    let rate = rate.evaluate(sentences).unwrap();
    assert_eq!(rate.value, 0.125);
    let interval = rate.interval(0.95);
    assert!(0.08 < interval.lower && interval.lower < 0.12);
    assert!(0.13 < interval.upper && interval.upper < 0.17);
}
