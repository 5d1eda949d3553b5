//! The files of a compiled dictionary of MeCab 0.996.
//!
//! `sys.dic` and `unk.dic` are a header, a trie (a double array) and the entries of words; `matrix.bin` has the costs
//! of neighbours, `char.bin` the categories of characters, and `dicrc` options, of which one matters. All numbers are
//! little-endian.

use std::{fs, io, path::Path, sync::Arc};

use super::mecab::Candidate;
use crate::{MetricError, Result};

/// A dictionary in memory.
pub(super) struct Files {
    /// The number of words.
    pub words: usize,
    /// The checksum of all files that decide how texts are cut.
    pub checksum: u32,
    system: Lexicon,
    /// The entries of unknown words, by the category of their first character.
    unknown: Vec<Vec<Entry>>,
    connections: Connections,
    characters: Vec<u32>,
    /// How much more a word of these parts of speech costs after whitespace. Only dictionaries of mecab-ko have it.
    penalties: Vec<(u16, i64)>,
}

/// A word of the dictionary with one of its meanings.
#[derive(Clone)]
pub(super) struct Entry {
    /// The kind of word for the connection with the one before.
    pub left: u16,
    pub right: u16,
    part_of_speech: u16,
    cost: i16,
}

/// Groups of unknown characters are not words if they are longer.
const LONGEST_GROUP: usize = 24;

impl Files {
    pub fn read(folder: &Path) -> Result<Self> {
        let mut checksum = crc32fast::Hasher::new();
        let mut load = |name: &str| -> Result<Vec<u8>> {
            let bytes = fs::read(folder.join(name));
            let bytes = bytes.map_err(|error| file_error(folder, name, error))?;
            checksum.update(&bytes);
            Ok(bytes)
        };
        let bytes = [load("sys.dic")?, load("unk.dic")?, load("matrix.bin")?];
        let characters = load("char.bin")?;
        // Not all dictionaries have options.
        let options = match load("dicrc") {
            Err(MetricError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Vec::new()
            }
            options => options?,
        };

        let damaged = |name: &'static str| {
            let expected = "expected a file of a dictionary of MeCab 0.996 in UTF-8";
            file_error(
                folder,
                name,
                io::Error::new(io::ErrorKind::InvalidData, expected),
            )
        };
        let connections = Connections::read(&bytes[2]).ok_or_else(|| damaged("matrix.bin"))?;
        let lexicon = |bytes: &[u8], name| {
            let lexicon = Lexicon::read(bytes).filter(|lexicon| connections.has_all(lexicon));
            lexicon.ok_or_else(|| damaged(name))
        };
        let (system, unknown) = (
            lexicon(&bytes[0], "sys.dic")?,
            lexicon(&bytes[1], "unk.dic")?,
        );
        let (names, characters) = categories(&characters).ok_or_else(|| damaged("char.bin"))?;
        Ok(Self {
            words: system.entries.len(),
            checksum: checksum.finalize(),
            unknown: names
                .iter()
                .map(|name| unknown.entries_of(name).to_vec())
                .collect(),
            system,
            connections,
            characters,
            penalties: penalties(&String::from_utf8_lossy(&options)),
        })
    }

    /// The cost of neighbours of these kinds.
    pub fn connection(&self, right: u16, left: u16) -> i16 {
        let at = usize::from(right) + self.connections.rights * usize::from(left);
        self.connections.costs[at]
    }

    /// The cost of a word by itself.
    pub fn cost(&self, entry: &Entry, after_space: bool) -> i64 {
        let mut penalties = self.penalties.iter().filter(|_| after_space);
        let penalty = penalties.find(|(kind, _)| *kind == entry.part_of_speech);
        i64::from(entry.cost) + penalty.map_or(0, |(_, cost)| *cost)
    }

    /// The words that may follow at this byte, in MeCab's order: those of the dictionary, and unknown ones if there are none or the
    /// first character asks for them.
    pub fn candidates<'a>(&'a self, text: &str, from: usize, to: &mut Vec<Candidate<'a>>) {
        let (start, first, _) = self.end_of_run(text, from, self.category(' '));
        if start == text.len() {
            return;
        }
        for (length, entries) in self.system.prefixes(&text.as_bytes()[start..]) {
            let end = start + length;
            if text.is_char_boundary(end) {
                to.extend(entries.iter().map(|entry| Candidate { start, end, entry }));
            }
        }
        if !to.is_empty() && !first.always_unknown() {
            return;
        }
        let unknown = self
            .unknown
            .get(first.default())
            .map_or(&[][..], Vec::as_slice);
        let mut add = |end| to.extend(unknown.iter().map(|entry| Candidate { start, end, entry }));
        let mut end = start + character(text, start).len_utf8();
        let mut group = None;
        if first.is_grouped() {
            let (end_of_group, _, length) = self.end_of_run(text, end, first);
            if length <= LONGEST_GROUP {
                add(end_of_group);
            }
            group = Some(end_of_group);
        }
        for _ in 0..first.lengths() {
            if end > text.len() {
                break;
            }
            if Some(end) == group {
                continue;
            }
            add(end);
            let next = character(text, end);
            if !first.shares(self.category(next)) {
                break;
            }
            end += next.len_utf8();
        }
        if to.is_empty() {
            to.extend(unknown.iter().map(|entry| Candidate { start, end, entry }));
        }
    }

    /// Where a run of characters ends each of which shares a category with the one before, the category after it, and its number of
    /// characters.
    fn end_of_run(&self, text: &str, from: usize, before: Category) -> (usize, Category, usize) {
        let (mut end, mut before, mut count) = (from, before, 0);
        while end < text.len() {
            let next = character(text, end);
            let category = self.category(next);
            if !before.shares(category) {
                return (end, category, count);
            }
            (end, before, count) = (end + next.len_utf8(), category, count + 1);
        }
        (end, before, count)
    }

    /// The category of a character. Those beyond 16 bits are like NUL.
    fn category(&self, c: char) -> Category {
        let category = self.characters.get(c as usize);
        Category(*category.unwrap_or(&self.characters[0]))
    }
}

/// The character at this byte. To MeCab a text ends with NUL.
fn character(text: &str, at: usize) -> char {
    text[at..].chars().next().unwrap_or('\0')
}

/// The bits of a character in `char.bin`.
#[derive(Clone, Copy)]
struct Category(u32);

impl Category {
    /// Whether the sets of categories overlap.
    fn shares(self, other: Self) -> bool {
        self.0 & other.0 & 0x3_ffff != 0
    }

    /// The category that decides how unknown words are found.
    fn default(self) -> usize {
        (self.0 >> 18 & 0xff) as usize
    }

    /// Up to so many characters are unknown words.
    fn lengths(self) -> usize {
        (self.0 >> 26 & 0xf) as usize
    }

    /// Whether a run of such characters is an unknown word.
    fn is_grouped(self) -> bool {
        self.0 >> 30 & 1 == 1
    }

    /// Whether there are unknown words even where the dictionary has words.
    fn always_unknown(self) -> bool {
        self.0 >> 31 == 1
    }
}

/// The names of the categories, and the bits of each character of 16 bits.
fn categories(bytes: &[u8]) -> Option<(Vec<Vec<u8>>, Vec<u32>)> {
    const NAME: usize = 32;
    let (count, rest) = bytes.split_first_chunk()?;
    let names = NAME.checked_mul(u32::from_le_bytes(*count) as usize)?;
    let (names, bits) = rest.split_at_checked(names)?;
    let names = names.chunks_exact(NAME);
    let names = names.map(|name| {
        name.split(|byte| *byte == 0)
            .next()
            .unwrap_or(name)
            .to_vec()
    });
    let bits: Vec<u32> = bits
        .as_chunks()
        .0
        .iter()
        .copied()
        .map(u32::from_le_bytes)
        .collect();
    (bits.len() == 0xffff).then(|| (names.collect(), bits))
}

/// `left-space-penalty-factor = part of speech,cost,...`
fn penalties(options: &str) -> Vec<(u16, i64)> {
    let mut lines = options.lines().filter_map(|line| line.split_once('='));
    let factors = lines.find(|(name, _)| name.trim() == "left-space-penalty-factor");
    let numbers = factors.map_or("", |(_, numbers)| numbers).split(',');
    let numbers: Vec<i64> = numbers
        .filter_map(|number| number.trim().parse().ok())
        .collect();
    let pairs = numbers.as_chunks().0.iter();
    pairs
        .filter_map(|[kind, cost]| Some((u16::try_from(*kind).ok()?, *cost)))
        .collect()
}

/// The costs of neighbours.
struct Connections {
    rights: usize,
    lefts: usize,
    costs: Vec<i16>,
}

impl Connections {
    fn read(bytes: &[u8]) -> Option<Self> {
        let numbers = bytes.as_chunks().0.iter().copied();
        let [rights, lefts] = {
            let mut sizes = numbers.clone().map(u16::from_le_bytes).map(usize::from);
            [sizes.next()?, sizes.next()?]
        };
        let costs: Vec<i16> = numbers.skip(2).map(i16::from_le_bytes).collect();
        // Kind 0 is the begin and the end of a text.
        let is_whole = rights * lefts > 0 && costs.len() == rights * lefts;
        is_whole.then_some(Self {
            rights,
            lefts,
            costs,
        })
    }

    /// Whether there is a cost for each kind of word.
    fn has_all(&self, lexicon: &Lexicon) -> bool {
        let mut entries = lexicon.entries.iter();
        entries.all(|entry| {
            usize::from(entry.right) < self.rights && usize::from(entry.left) < self.lefts
        })
    }
}

/// Words with their entries.
struct Lexicon {
    /// Base and check of each node of a double array.
    trie: Vec<(i32, u32)>,
    entries: Vec<Entry>,
}

impl Lexicon {
    fn read(bytes: &[u8]) -> Option<Self> {
        const MAGIC: u32 = 0xef71_8f77;
        const VERSION: u32 = 102;
        const HEADER: usize = 72;
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let (numbers, charset) = header.split_at(40);
        let numbers: Vec<u32> = numbers
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(u32::from_le_bytes)
            .collect();
        let charset = String::from_utf8_lossy(charset)
            .to_lowercase()
            .replace('-', "");
        let is_known = (numbers[0] ^ MAGIC) as usize == bytes.len()
            && numbers[1] == VERSION
            && charset.trim_end_matches('\0') == "utf8";
        let (trie, rest) = rest.split_at_checked(numbers[6] as usize)?;
        let (entries, _features) = rest.split_at_checked(numbers[7] as usize)?;

        let trie = trie
            .as_chunks()
            .0
            .iter()
            .map(|[a, b, c, d, check @ ..]: &[u8; 8]| {
                (
                    i32::from_le_bytes([*a, *b, *c, *d]),
                    u32::from_le_bytes(*check),
                )
            });
        let entries = entries.as_chunks().0.iter().map(|entry: &[u8; 16]| {
            let [left, right, part_of_speech, cost] =
                [0, 2, 4, 6].map(|at| u16::from_le_bytes([entry[at], entry[at + 1]]));
            Entry {
                left,
                right,
                part_of_speech,
                cost: cost.cast_signed(),
            }
        });
        is_known.then(|| Self {
            trie: trie.collect(),
            entries: entries.collect(),
        })
    }

    /// The entries of the words that a text starts with, shortest first, and their lengths.
    fn prefixes<'a>(&'a self, text: &[u8]) -> impl Iterator<Item = (usize, &'a [Entry])> {
        let mut base = self.trie.first().map(|(base, _)| *base);
        let ends = (0..=text.len()).map_while(move |length| {
            let here = base?;
            let entries = self.child(here, 0).filter(|value| *value < 0);
            let entries = entries.map(|value| (length, self.entries_at(value)));
            let byte = text.get(length);
            base = byte.and_then(|byte| self.child(here, i64::from(*byte) + 1));
            Some(entries)
        });
        ends.flatten()
    }

    /// The base of a child of the node with this base.
    fn child(&self, base: i32, label: i64) -> Option<i32> {
        let at = usize::try_from(i64::from(base) + label).ok()?;
        let (child, check) = self.trie.get(at)?;
        (*check == base.cast_unsigned()).then_some(*child)
    }

    /// The value of a word has the place of its entries, and their number in its last 8 bits.
    fn entries_at(&self, value: i32) -> &[Entry] {
        let value = (!value) as usize;
        let from = value >> 8;
        self.entries
            .get(from..from + (value & 0xff))
            .unwrap_or_default()
    }

    /// The entries of a word.
    fn entries_of(&self, word: &[u8]) -> &[Entry] {
        let found = self
            .prefixes(word)
            .find(|(length, _)| *length == word.len());
        found.map_or(&[], |(_, entries)| entries)
    }
}

fn file_error(folder: &Path, name: &str, error: io::Error) -> MetricError {
    MetricError::File {
        path: folder.join(name),
        source: Arc::new(error),
    }
}
