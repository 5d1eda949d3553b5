//! Whitespace, words and tokens as the reference implementations see them.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;

/// Whether Python, in which the reference implementations are written, takes a character for whitespace: Unicode's
/// `White_Space` and four control characters.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// The words between runs of whitespace.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// Text without whitespace at its ends.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The words of jiwer: between spaces, or runs of at least two characters of whitespace.
///
/// A single tab, line break or non-breaking space does not end a word there.
pub(super) fn jiwer_words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = strip(text);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut chars = rest.char_indices().peekable();
        while let Some((end, c)) = chars.next() {
            let is_separator =
                is_space(c) && (c == ' ' || chars.peek().is_some_and(|(_, next)| is_space(*next)));
            if is_separator {
                let word = &rest[..end];
                rest = rest[end..].trim_start_matches(is_space);
                return Some(word);
            }
        }
        Some(std::mem::take(&mut rest))
    })
}

/// A token as a number. Different tokens have different ones, but for a chance of 2^-64.
pub(super) fn token(word: &str) -> u64 {
    FixedState::with_seed(0).hash_one(word)
}

/// The characters of a text as tokens.
pub(super) fn characters(text: &str) -> Vec<u64> {
    text.chars().map(|c| u64::from(u32::from(c))).collect()
}
