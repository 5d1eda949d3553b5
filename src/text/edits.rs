//! Edit distances and alignments, 64 cells of the table at a time.
//!
//! The distance is that of Levenshtein, computed by Hyyrö's form of Myers' algorithm (2003): a bit says whether two
//! neighbouring cells of the table differ. The alignment is read off the same bits. Of several best alignments it takes the
//! one that RapidFuzz takes, and with it jiwer, since the numbers of hits and substitutions depend on the choice.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// What becomes of a token on the way from the reference to the hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit {
    Hit,
    Substitution,
    Deletion,
    Insertion,
}

/// For each token, where in a sequence it occurs: a bit for each place.
struct Places {
    /// How many words the bits of a token take.
    words: usize,
    /// The sequence itself, if comparing with each of its tokens takes less time than looking them up.
    short: Vec<u64>,
    /// Those of the tokens below [`DIRECT`], if there are any.
    direct: Vec<u64>,
    others: HashMap<u64, usize, FixedState>,
    bits: Vec<u64>,
}

/// Tokens below are looked up by their number: the characters of ASCII.
const DIRECT: u64 = 128;
const BITS: usize = 64;
/// So many words are compared faster than looked up.
const SHORT: usize = 48;

impl Places {
    fn of(sequence: impl ExactSizeIterator<Item = u64> + Clone) -> Self {
        let words = sequence.len().div_ceil(BITS);
        let has_direct = sequence.clone().any(|token| token < DIRECT);
        let is_short = !has_direct && sequence.len() <= SHORT;
        let mut places = Self {
            words,
            short: Vec::new(),
            direct: vec![
                0;
                if has_direct {
                    DIRECT as usize * words
                } else {
                    0
                }
            ],
            others: HashMap::default(),
            // Those of tokens that do not occur come first.
            bits: vec![0; words],
        };
        if is_short {
            places.short.extend(sequence);
            return places;
        }
        for (i, token) in sequence.enumerate() {
            let (word, bit) = (i / BITS, 1 << (i % BITS));
            if token < DIRECT {
                places.direct[token as usize * words + word] |= bit;
                continue;
            }
            let end = places.bits.len();
            let start = *places.others.entry(token).or_insert(end);
            if start == end {
                places.bits.resize(end + words, 0);
            }
            places.bits[start + word] |= bit;
        }
        places
    }

    fn get(&mut self, token: u64) -> &[u64] {
        if !self.short.is_empty() {
            let own = self.short.iter().rev();
            self.bits[0] = own.fold(0, |bits, own| bits << 1 | u64::from(*own == token));
            return &self.bits;
        }
        let (bits, start) = match token {
            ..DIRECT if self.direct.is_empty() => (&self.bits, 0),
            ..DIRECT => (&self.direct, token as usize * self.words),
            _ => (&self.bits, self.others.get(&token).copied().unwrap_or(0)),
        };
        &bits[start..start + self.words]
    }
}

/// A row of the table: which cells are one more, and which one less, than their left neighbour.
#[derive(Clone)]
struct Row {
    more: Vec<u64>,
    less: Vec<u64>,
}

impl Row {
    /// The row above the table, in which each cell is one more than its left neighbour.
    fn first(words: usize) -> Self {
        Self {
            more: vec![u64::MAX; words],
            less: vec![0; words],
        }
    }

    /// Moves on to the row of the next token, which has these places.
    fn advance(&mut self, places: &[u64]) {
        let (mut down_carry, mut up_carry) = (1, 0);
        let words = self.more.iter_mut().zip(&mut self.less).zip(places);
        for ((more, less), places) in words {
            let equal = places | up_carry;
            let diagonal = ((equal & *more).wrapping_add(*more) ^ *more) | equal | *less;
            let down = *less | !(diagonal | *more);
            let up = diagonal & *more;
            let shifted_down = down << 1 | down_carry;
            let shifted_up = up << 1 | up_carry;
            down_carry = down >> (BITS - 1);
            up_carry = up >> (BITS - 1);
            *more = shifted_up | !(diagonal | shifted_down);
            *less = shifted_down & diagonal;
        }
    }

    fn is_more(&self, column: usize) -> bool {
        self.more[column / BITS] >> (column % BITS) & 1 == 1
    }

    fn is_less(&self, column: usize) -> bool {
        self.less[column / BITS] >> (column % BITS) & 1 == 1
    }

    /// The cells, of which the first has this value: `columns + 1` of them.
    fn cells(&self, first: usize, columns: usize) -> impl Iterator<Item = usize> {
        let steps = (0..columns).scan(first, |cell, column| {
            *cell += usize::from(self.is_more(column));
            *cell -= usize::from(self.is_less(column));
            Some(*cell)
        });
        std::iter::once(first).chain(steps)
    }
}

/// The least number of insertions, deletions and substitutions that make one sequence of the other.
pub(super) fn distance(a: &[u64], b: &[u64]) -> usize {
    let (_, a, b) = without_affixes(a, b);
    if a.is_empty() || b.is_empty() {
        return a.len() + b.len();
    }
    let mut places = Places::of(a.iter().copied());
    let mut row = Row::first(places.words);
    b.iter().for_each(|token| row.advance(places.get(*token)));
    row.cells(b.len(), a.len()).last().unwrap_or_default()
}

/// The length of the longest common subsequence, by Hyyrö's bit-parallel algorithm (2004).
pub(super) fn common_subsequence(a: &[u64], b: &[u64]) -> usize {
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    let mut places = Places::of(a.iter().copied());
    let mut unmatched = vec![u64::MAX; places.words];
    for token in b {
        let mut carry = false;
        for (word, places) in unmatched.iter_mut().zip(places.get(*token)) {
            let matches = *word & places;
            let (sum, first) = word.overflowing_add(matches);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            carry = first | second;
            *word = sum | (*word - matches);
        }
    }
    let matched: u32 = unmatched.iter().map(|word| word.count_zeros()).sum();
    matched as usize
}

/// Calls `visit` with the edits of a best alignment, from the last to the first.
pub(super) fn align(reference: &[u64], hypothesis: &[u64], visit: &mut impl FnMut(Edit)) {
    let (prefix, a, b) = without_affixes(reference, hypothesis);
    let suffix = reference.len() - prefix - a.len();
    (0..suffix).for_each(|_| visit(Edit::Hit));
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.iter().for_each(|_| visit(Edit::Insertion)),
        (_, true) => a.iter().for_each(|_| visit(Edit::Deletion)),
        _ if is_large(a, b) => align_halves(a, b, visit),
        _ => align_in_table(a, b, visit),
    }
    (0..prefix).for_each(|_| visit(Edit::Hit));
}

/// Two sequences without what both have at their beginning, whose length comes first, and at their end.
fn without_affixes<'a>(a: &'a [u64], b: &'a [u64]) -> (usize, &'a [u64], &'a [u64]) {
    let alike = |(a, b): &(&u64, &u64)| a == b;
    let prefix = a.iter().zip(b).take_while(alike).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(alike).count();
    (prefix, &a[..a.len() - suffix], &b[..b.len() - suffix])
}

/// Whether the bits of all rows take more than a mebibyte, which is where RapidFuzz begins to split.
fn is_large(a: &[u64], b: &[u64]) -> bool {
    a.len() >= 65 && b.len() >= 10 && 2 * a.len() * b.len() / 8 >= 1 << 20
}

fn align_in_table(a: &[u64], b: &[u64], visit: &mut impl FnMut(Edit)) {
    let mut places = Places::of(a.iter().copied());
    let words = places.words;
    let mut row = Row::first(words);
    let (mut more, mut less) = (Vec::new(), Vec::new());
    more.reserve_exact(words * b.len());
    less.reserve_exact(words * b.len());
    for token in b {
        row.advance(places.get(*token));
        more.extend_from_slice(&row.more);
        less.extend_from_slice(&row.less);
    }
    let bit = |bits: &[u64], row: usize, column: usize| {
        bits[row * words + column / BITS] >> (column % BITS) & 1 == 1
    };
    let (mut column, mut row) = (a.len(), b.len());
    while row > 0 && column > 0 {
        if bit(&more, row - 1, column - 1) {
            column -= 1;
            visit(Edit::Deletion);
            continue;
        }
        row -= 1;
        if row > 0 && bit(&less, row - 1, column - 1) {
            visit(Edit::Insertion);
            continue;
        }
        column -= 1;
        visit(match a[column] == b[row] {
            true => Edit::Hit,
            false => Edit::Substitution,
        });
    }
    (0..column).for_each(|_| visit(Edit::Deletion));
    (0..row).for_each(|_| visit(Edit::Insertion));
}

/// Splits where a best alignment crosses the middle of `b` (Hirschberg, 1975), so that memory grows with the length only.
fn align_halves(a: &[u64], b: &[u64], visit: &mut impl FnMut(Edit)) {
    let (left, right) = b.split_at(b.len() / 2);
    let mut places = Places::of(a.iter().rev().copied());
    let mut row = Row::first(places.words);
    let reversed = right.iter().rev();
    reversed.for_each(|token| row.advance(places.get(*token)));
    let after: Vec<usize> = row.cells(right.len(), a.len()).collect();

    let mut places = Places::of(a.iter().copied());
    let mut row = Row::first(places.words);
    left.iter()
        .for_each(|token| row.advance(places.get(*token)));
    let before = row.cells(left.len(), a.len());
    let costs = before.zip(after.iter().rev());
    let split = costs
        .enumerate()
        .min_by_key(|(_, (before, after))| before + *after);
    let (first, second) = a.split_at(split.map_or(0, |(split, _)| split));
    align(second, right, visit);
    align(first, left, visit);
}
