use burn_metrics::text::Alignment;
use serde_json::json;

use super::{Case, GOLDEN};

fn alignment(case: &Case) -> Alignment {
    match case.text("unit") {
        Some("characters") => Alignment::characters(case.batch()),
        _ => Alignment::words(case.batch()),
    }
    .unwrap()
}

#[test]
fn alignments_look_like_those_of_jiwer() {
    let cases = GOLDEN
        .cases
        .iter()
        .filter(|case| case.metric == "alignment");
    let mut n = 0;
    for case in cases {
        let expected = case.value.as_str().unwrap();
        assert_eq!(alignment(case).to_string(), expected, "{}", case.input);
        n += 1;
    }
    assert!(n >= 10);
}

#[test]
fn confusions_are_those_of_jiwer() {
    let cases = GOLDEN
        .cases
        .iter()
        .filter(|case| case.metric == "confusions");
    for case in cases {
        let alignment = alignment(case);
        let got = json!([
            alignment.substitutions(),
            alignment.insertions(),
            alignment.deletions(),
        ]);
        assert_eq!(got, case.value, "{}", case.input);
    }
}
