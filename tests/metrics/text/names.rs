//! Names say what changes the value, and metrics are plain data.

use std::collections::BTreeSet;

use burn_metrics::{
    prelude::*,
    text::{EedLanguage, RougeType, Smoothing, Tokenizer},
};

use crate::common::Names;

#[test]
fn names_say_what_changes_the_value() {
    let mut names = Names::default();
    names.add(WordErrorRate::new());
    names.add(WordErrorRate::new().per_sentence());
    names.add(WordErrorRate::new().per_sentence().median());
    names.add(WordErrorRate::new().per_sample());
    names.add(CharErrorRate::new());
    names.add(MatchErrorRate::new());
    names.add(WordInfoLost::new());
    names.add(WordInfoPreserved::new());
    names.add(EditDistance::new());
    names.add(EditDistance::new().substitution_cost(2).sum());
    names.add(ExtendedEditDistance::new());
    names.add(
        ExtendedEditDistance::new()
            .language(EedLanguage::Japanese)
            .rho(0.5),
    );
    names.add(BLEUScore::new());
    names.add(BLEUScore::new().n_gram(2).smooth().weights([0.5, 0.5]));
    names.add(SacreBLEUScore::new());
    let bleu = SacreBLEUScore::new().tokenizer(Tokenizer::International);
    let bleu = bleu.smoothing(Smoothing::Floor(0.1)).lowercase();
    names.add(bleu.effective_order().n_gram(2));
    names.add(CHRFScore::new());
    names.add(CHRFScore::plus_plus().lowercase());
    names.add(
        CHRFScore::new()
            .char_order(4)
            .beta(3.0)
            .whitespace()
            .eps_smoothing(),
    );
    names.add(TranslationEditRate::new());
    let rate = TranslationEditRate::new().normalize().no_punctuation();
    names.add(rate.asian_support().case_sensitive());
    names.add(ROUGEScore::new());
    names.add(
        ROUGEScore::new()
            .types([RougeType::N(1), RougeType::L])
            .stem()
            .average(),
    );
    names.add(SQuAD::new());
    names.add(TextExactMatch::new());
    let exact = TextExactMatch::new().ignore_case().ignore_punctuation();
    names.add(exact.ignore_numbers().ignore_whitespace());
    names.add(Perplexity::new());
    names.add(BitsPerByte::new().ignore_index(0));
    names.add(PassAtK::new(10));
    names.add(DistinctNGrams::new(2));
    let Names(names) = names;
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    insta::assert_snapshot!(names.join("\n"), @r"
    Word error rate
    Word error rate (sentences)
    Word error rate (sentences, median)
    Word error rate (sentences, per sample)
    Character error rate
    Match error rate
    Word information lost
    Word information preserved
    Edit distance
    Edit distance (substitution cost 2, sum)
    Extended edit distance
    Extended edit distance (Japanese, rho 0.5)
    BLEU
    BLEU (up to 2-grams, smooth, weights [0.5, 0.5])
    SacreBLEU
    SacreBLEU (intl, floor[0.10], lowercase, effective order, up to 2-grams)
    chrF
    chrF++ (lowercase)
    chrF (up to 4 characters, beta 3, whitespace, epsilon)
    Translation edit rate
    Translation edit rate (normalized, no punctuation, Asian, case sensitive)
    ROUGE
    ROUGE (rouge1, rougeL, stemmed, average of references)
    SQuAD
    Exact text match
    Exact text match (any case, no punctuation, no numbers, any whitespace)
    Perplexity
    Bits per byte
    Pass@10
    Distinct-2
    ");
}

/// Every metric whose value is one number can be added to others and taken from a number.
#[test]
fn numbers_take_part_in_arithmetic() {
    fn number(metric: impl Metric<Value = f64>) -> String {
        metric.name().into_owned()
    }
    assert_eq!(number(1.0 - WordErrorRate::new()), "(1 - Word error rate)");
    assert_eq!(
        number(BLEUScore::new() + DistinctNGrams::new(1)),
        "(BLEU + Distinct-1)"
    );
    assert_eq!(number(Perplexity::new() / 2.0), "(Perplexity / 2)");
    assert_eq!(number(2.0 * BitsPerByte::new()), "(2 * Bits per byte)");
    assert_eq!(number(1.0 - EditDistance::new()), "(1 - Edit distance)");
}

#[cfg(feature = "catalog")]
#[test]
fn every_kind_of_the_catalog_can_be_read_and_written() {
    use burn_metrics::{Catalog, Description};
    let catalog = Catalog::<TextInput>::default();
    assert_eq!(catalog.kinds().len(), 15);
    for kind in catalog.kinds() {
        let file = format!(r#"{{"mine": {{"metric": "{kind}"}}}}"#);
        let description: Description = serde_json::from_str(&file).unwrap();
        let metrics = catalog.collection(&description).unwrap();
        assert_eq!(catalog.describe(&metrics).unwrap(), description, "{kind}");
    }
    let file = r#"{"chrF++": {"metric": "chrf", "options": {"corpus": {"word_order": 2}}}}"#;
    let metrics = catalog.collection(&serde_json::from_str(file).unwrap());
    let mut metrics = metrics.unwrap();
    metrics.update((["a b c"], ["a b d"])).unwrap();
    let by_hand = CHRFScore::plus_plus().evaluate((["a b c"], ["a b d"]));
    let values = metrics.compute().unwrap();
    assert_eq!(values.number("chrF++").unwrap(), by_hand.unwrap().score);
}
