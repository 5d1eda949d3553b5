//! The metrics of golden cases.

use burn_metrics::MetricExt;
use burn_metrics::text::{
    BLEUScore, CHRFScore, CharErrorRate, DistinctNGrams, EditDistance, EedLanguage,
    ExtendedEditDistance, MatchErrorRate, ROUGEScore, RougeType, SQuAD, SacreBLEUScore, Smoothing,
    TextExactMatch, TextInput, TextScore, Tokenizer, TranslationEditRate, WordErrorRate,
    WordInfoLost, WordInfoPreserved, parts::CorpusFormula,
};

use super::{Case, Visitor, flatten, tokenizers};

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
        "bleu" => score(case, bleu(case), visitor),
        "sacre_bleu" => score(case, sacre_bleu(case), visitor),
        "chrf" => score(case, chrf(case), visitor),
        "translation_edit_rate" => score(case, translation_edit_rate(case), visitor),
        "rouge" => rouge(case, visitor),
        "squad" => score(case, SQuAD::new(), visitor),
        "exact_match" => visitor.visit(exact_match(case)),
        "distinct_ngrams" => {
            let n = case.number("n").unwrap();
            visitor.visit(DistinctNGrams::new(n as usize));
        }
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

fn rouge(case: &Case, visitor: &mut impl Visitor) {
    let types = [1, 2, 3, 9].map(RougeType::N).into_iter();
    let types: Vec<_> = types.chain([RougeType::L, RougeType::Lsum]).collect();
    let mut rouge = ROUGEScore::new().types(types);
    if case.flag("use_stemmer") {
        rouge = rouge.stem();
    }
    if case.text("accumulate") == Some("avg") {
        rouge = rouge.average();
    }
    match case.text("words") {
        None => visitor.visit(rouge),
        Some("cut_already") => visitor.visit(rouge.cut_already()),
        // A tokenizer of one's own.
        Some("characters") => {
            let rouge = rouge.cut_already();
            visitor.visit(rouge.with_input("characters", |texts: TextInput| {
                texts.cut_by(|line| Tokenizer::Characters.tokens(line))
            }));
        }
        // A normalizer of one's own.
        Some("any_alphabet") => {
            let blank = |c: char| if c.is_ascii_punctuation() { ' ' } else { c };
            let normalized = move |text: &str| text.to_lowercase().chars().map(blank).collect();
            let rouge = rouge.cut_already();
            visitor.visit(rouge.with_input("any alphabet", move |texts: TextInput| {
                texts.map(normalized)
            }));
        }
        other => panic!("{other:?}"),
    }
}

fn exact_match(case: &Case) -> TextExactMatch {
    let mut exact = TextExactMatch::new();
    let ignored = case
        .options
        .get("ignore")
        .and_then(|ignored| ignored.as_array());
    for kind in ignored.into_iter().flatten() {
        exact = match kind.as_str() {
            Some("case") => exact.ignore_case(),
            Some("punctuation") => exact.ignore_punctuation(),
            Some("numbers") => exact.ignore_numbers(),
            Some("whitespace") => exact.ignore_whitespace(),
            other => panic!("{other:?}"),
        };
    }
    exact
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

fn bleu(case: &Case) -> BLEUScore {
    let mut bleu = BLEUScore::new();
    if let Some(n) = case.number("n_gram") {
        bleu = bleu.n_gram(n as usize);
    }
    if case.flag("smooth") {
        bleu = bleu.smooth();
    }
    if let Some(weights) = case.options.get("weights") {
        bleu = bleu.weights(flatten(weights));
    }
    bleu
}

pub fn tokenizer(case: &Case) -> Tokenizer {
    match case.text("tokenize") {
        None | Some("13a") => Tokenizer::V13a,
        Some("intl") => Tokenizer::International,
        Some("char") => Tokenizer::Characters,
        Some("zh") => Tokenizer::Chinese,
        Some("none") => Tokenizer::None,
        Some("ja-mecab") => Tokenizer::JapaneseMecab(tokenizers::dictionary("ja")),
        Some("ko-mecab") => Tokenizer::KoreanMecab(tokenizers::dictionary("ko")),
        #[cfg(feature = "sentencepiece")]
        Some("sentencepiece") => Tokenizer::SentencePiece(tokenizers::model()),
        other => panic!("{other:?}"),
    }
}

pub fn sacre_bleu(case: &Case) -> SacreBLEUScore {
    let value = case.number("smooth_value");
    let smoothing = match case.text("smooth_method") {
        None | Some("exp") => Smoothing::Exponential,
        Some("none") => Smoothing::None,
        Some("floor") => Smoothing::Floor(value.unwrap_or(0.1)),
        Some("add-k") => Smoothing::AddK(value.unwrap_or(1.0)),
        other => panic!("{other:?}"),
    };
    let mut bleu = SacreBLEUScore::new()
        .tokenizer(tokenizer(case))
        .smoothing(smoothing);
    if case.flag("lowercase") {
        bleu = bleu.lowercase();
    }
    if case.flag("effective_order") {
        bleu = bleu.effective_order();
    }
    if let Some(n) = case.number("max_ngram_order") {
        bleu = bleu.n_gram(n as usize);
    }
    bleu
}

pub fn chrf(case: &Case) -> CHRFScore {
    let mut chrf = CHRFScore::new();
    if let Some(n) = case.number("char_order") {
        chrf = chrf.char_order(n as usize);
    }
    if let Some(n) = case.number("word_order") {
        chrf = chrf.word_order(n as usize);
    }
    if let Some(beta) = case.number("beta") {
        chrf = chrf.beta(beta);
    }
    for (name, option) in [
        (
            "lowercase",
            CHRFScore::lowercase as fn(CHRFScore) -> CHRFScore,
        ),
        ("whitespace", CHRFScore::whitespace),
        ("eps_smoothing", CHRFScore::eps_smoothing),
    ] {
        if case.flag(name) {
            chrf = option(chrf);
        }
    }
    chrf
}

pub fn translation_edit_rate(case: &Case) -> TranslationEditRate {
    let mut rate = TranslationEditRate::new();
    for (name, option) in [
        (
            "normalized",
            TranslationEditRate::normalize as fn(TranslationEditRate) -> TranslationEditRate,
        ),
        ("no_punct", TranslationEditRate::no_punctuation),
        ("asian_support", TranslationEditRate::asian_support),
        ("case_sensitive", TranslationEditRate::case_sensitive),
    ] {
        if case.flag(name) {
            rate = option(rate);
        }
    }
    rate
}
