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
    text.split(' ').flat_map(|piece| {
        let is_plain = piece.bytes().all(|byte| byte.is_ascii_graphic());
        // Next to a space, other whitespace makes a run with it.
        let mut rest = if is_plain { piece } else { strip(piece) };
        std::iter::from_fn(move || {
            let end = if is_plain { None } else { first_run(rest) };
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after.trim_start_matches(is_space);
            (!word.is_empty()).then_some(word)
        })
    })
}

/// Where two characters of whitespace follow each other.
fn first_run(text: &str) -> Option<usize> {
    let next = text.chars().skip(1);
    let mut pairs = text.char_indices().zip(next);
    let run = pairs.find(|((_, a), b)| is_space(*a) && is_space(*b));
    run.map(|((start, _), _)| start)
}

/// A token as a number. Different tokens have different ones, but for a chance of 2^-64.
pub(super) fn token(word: &str) -> u64 {
    FixedState::with_seed(0).hash_one(word)
}

/// The characters of a text as tokens.
pub(super) fn characters(text: &str) -> Vec<u64> {
    text.chars().map(|c| u64::from(u32::from(c))).collect()
}
