//! The metrics of golden cases.

use burn_metrics::text::{
    CharErrorRate, EditDistance, EedLanguage, ExtendedEditDistance, MatchErrorRate, TextScore,
    WordErrorRate, WordInfoLost, WordInfoPreserved, parts::CorpusFormula,
};

use super::{Case, Visitor};

/// Shows the metric of a case to a visitor, if it is a metric of sentences.
pub fn with_metric(case: &Case, visitor: &mut impl Visitor) -> bool {
    match case.metric.as_str() {
        "word_error_rate" => score(case, WordErrorRate::new(), visitor),
        "char_error_rate" => score(case, CharErrorRate::new(), visitor),
        "match_error_rate" => score(case, MatchErrorRate::new(), visitor),
        "word_info_lost" => score(case, WordInfoLost::new(), visitor),
        "word_info_preserved" => score(case, WordInfoPreserved::new(), visitor),
        "edit_distance" => edit_distance(case, visitor),
        "extended_edit_distance" => extended(case, visitor),
        _ => return false,
    }
    true
}

fn score<F: CorpusFormula>(case: &Case, metric: TextScore<F>, visitor: &mut impl Visitor) {
    match case.flag("per_sample") {
        true => visitor.visit(metric.per_sample()),
        false => visitor.visit(metric),
    }
}

fn edit_distance(case: &Case, visitor: &mut impl Visitor) {
    let mut distance = EditDistance::new();
    if let Some(cost) = case.number("substitution_cost") {
        distance = distance.substitution_cost(cost as u32);
    }
    match case.text("reduction") {
        None => visitor.visit(distance),
        Some("sum") => visitor.visit(distance.sum()),
        Some("none") => visitor.visit(distance.per_sample()),
        other => panic!("{other:?}"),
    }
}

fn extended(case: &Case, visitor: &mut impl Visitor) {
    let mut distance = ExtendedEditDistance::new();
    if case.text("language") == Some("ja") {
        distance = distance.language(EedLanguage::Japanese);
    }
    let options = [
        ("alpha", ExtendedEditDistance::alpha as fn(_, _) -> _),
        ("rho", ExtendedEditDistance::rho),
        ("deletion", ExtendedEditDistance::deletion),
        ("insertion", ExtendedEditDistance::insertion),
    ];
    for (name, option) in options {
        if let Some(cost) = case.number(name) {
            distance = option(distance, cost);
        }
    }
    match case.flag("per_sample") {
        true => visitor.visit(distance.per_sample()),
        false => visitor.visit(distance),
    }
}
