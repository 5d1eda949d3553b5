use super::*;
use crate::Catalog;

/// Metrics by name, such as `word_error_rate`.
impl Default for Catalog<TextInput> {
    fn default() -> Self {
        Self::new()
            .with("word_error_rate", WordErrorRate::new())
            .with("char_error_rate", CharErrorRate::new())
            .with("match_error_rate", MatchErrorRate::new())
            .with("word_info_lost", WordInfoLost::new())
            .with("word_info_preserved", WordInfoPreserved::new())
            .with("edit_distance", EditDistance::new())
            .with("extended_edit_distance", ExtendedEditDistance::new())
            .with("bleu", BLEUScore::new())
            .with("sacre_bleu", SacreBLEUScore::new())
            .with("chrf", CHRFScore::new())
            .with("translation_edit_rate", TranslationEditRate::new())
            .with("rouge", ROUGEScore::new())
            .with("squad", SQuAD::new())
            .with("text_exact_match", TextExactMatch::new())
            .with("distinct_ngrams", DistinctNGrams::new(2))
    }
}
