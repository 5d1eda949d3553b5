//! Text: recognized speech, translations, summaries, answers and language models.
//!
//! | what | metrics |
//! |---|---|
//! | errors of recognition | [`WordErrorRate`], [`CharErrorRate`], [`MatchErrorRate`], [`WordInfoLost`], [`WordInfoPreserved`], [`EditDistance`], [`ExtendedEditDistance`] |
//! | translations | [`SacreBLEUScore`], [`CHRFScore`], [`TranslationEditRate`], [`BLEUScore`] |
//! | summaries | [`ROUGEScore`] |
//! | answers | [`SQuAD`], [`TextExactMatch`] |
//! | language models | [`Perplexity`], [`BitsPerByte`], [`PassAtK`], [`DistinctNGrams`] |
//!
//! A batch is a [`TextInput`]: hypotheses, each with its reference or references. What is kept of it are sums and counts, never
//! the texts. Most metrics are functions of such sums over a corpus; with [`per_sentence`](TextScore::per_sentence) and
//! [`per_sample`](TextScore::per_sample) they give the value of each sentence instead.
//!
//! [`Alignment`] shows where errors are and which words are confused most often.

mod alignment;
mod bleu;
#[cfg(feature = "catalog")]
mod catalog;
mod chrf;
mod corpus;
mod distinct_ngrams;
mod edit_distance;
mod edits;
mod error_counts;
mod error_rate;
mod extended_edit_distance;
mod input;
mod log_sum_exp;
mod mecab;
mod mecab_files;
mod ngrams;
mod pass_at_k;
mod perplexity;
mod porter;
mod rouge;
mod sacre_bleu;
#[cfg(feature = "sentencepiece")]
mod sentence_piece;
mod shifts;
mod signature;
mod squad;
mod text_exact_match;
mod token_ids;
mod token_loss;
mod tokenizer;
mod tokenizer_file;
mod tokens_input;
mod translation_edit_rate;
mod words;

pub use alignment::Alignment;
pub use bleu::{BLEUScore, Smoothing};
pub use chrf::CHRFScore;
pub use corpus::TextScore;
pub use distinct_ngrams::DistinctNGrams;
pub use edit_distance::EditDistance;
pub use error_counts::{ErrorCounts, TextUnit};
pub use error_rate::{
    CharErrorRate, MatchErrorRate, WordErrorRate, WordInfoLost, WordInfoPreserved,
};
pub use extended_edit_distance::{EedLanguage, ExtendedEditDistance};
pub use input::TextInput;
pub use mecab::MecabDictionary;
pub use pass_at_k::{PassAtK, PassAtKInput};
pub use perplexity::{BitsPerByte, BytesInput, Perplexity};
pub use porter::porter_stem;
pub use rouge::{ROUGEScore, RougeScore, RougeScores, RougeType};
pub use sacre_bleu::{Bleu, SacreBLEUScore};
#[cfg(feature = "sentencepiece")]
pub use sentence_piece::SentencePieceModel;
pub use signature::SignedScore;
pub use squad::{SQuAD, SquadScores};
pub use text_exact_match::TextExactMatch;
pub use token_ids::TokenIds;
pub use tokenizer::Tokenizer;
pub use tokens_input::TokensInput;
pub use translation_edit_rate::TranslationEditRate;

/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics. Most programs need none of them; a metric of your own can share the
/// statistics, and a function that is generic over metrics of this family needs the traits.
///
/// A [`SentenceCounts`] says what is counted of a sentence, [`Corpus`] adds it up, and a [`CorpusFormula`] turns the sums into
/// the value of a [`TextScore`].
pub mod parts {
    pub use super::bleu::{BleuCounts, PlainBleu};
    pub use super::chrf::{CharacterF, ChrfCounts};
    pub use super::corpus::{
        Corpus, CorpusFormula, CorpusSums, CountedBatch, SentenceCounts, SentenceScores,
    };
    pub use super::distinct_ngrams::SeenNGrams;
    pub use super::edit_distance::Edits;
    pub use super::error_counts::AlignedErrors;
    pub use super::error_rate::{
        CharErrors, ErrorFormula, InfoLost, InfoPreserved, MatchErrors, RateOf, WordErrors,
    };
    pub use super::extended_edit_distance::JumpingEdits;
    pub use super::input::Sentence;
    pub use super::pass_at_k::Passes;
    pub use super::rouge::{MeanRouge, RougeMatches};
    pub use super::sacre_bleu::SignedBleu;
    pub use super::squad::{AnswerMatches, MeanAnswers};
    pub use super::text_exact_match::ExactTexts;
    pub use super::token_loss::TokenLoss;
    pub use super::translation_edit_rate::{EditsPerWord, TerCounts};
}

pub(crate) use parts::*;
