use serde::{Deserialize, Serialize};

use crate::encoding::number;

/// The rankings of several queries, reduced to the places of their relevant documents.
///
/// A value of any retrieval metric depends on nothing else: how many documents were retrieved, and where the relevant
/// ones are among them.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rankings {
    /// The number of retrieved documents of each query.
    documents: Vec<u32>,
    /// Where the relevant documents of each query end.
    ends: Vec<usize>,
    /// The places of the relevant documents: first those that were retrieved, in the order of their ranks, then the
    /// others. Documents of the same place are in descending order of their grades.
    places: Vec<Place>,
}

/// The place of a relevant document in its ranking.
///
/// Documents with equal scores share a place: their order is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The number of documents with a higher score.
    pub before: u32,
    /// The number of documents with this score, or 0 if the document was not retrieved.
    pub tied: u32,
    /// The relevance grade, which is above 0.
    #[serde(with = "number")]
    pub grade: f64,
}

impl Place {
    /// The place of a document whose score no other document has, and that has `before` documents above it.
    pub fn at(before: u32, grade: f64) -> Self {
        Self {
            before,
            tied: 1,
            grade,
        }
    }

    /// The place of a document that was not retrieved.
    pub fn not_retrieved(grade: f64) -> Self {
        Self {
            before: u32::MAX,
            tied: 0,
            grade,
        }
    }
}

impl Rankings {
    /// Adds a query with this number of retrieved documents. `places` are those of its relevant documents, as
    /// [`Place::at`] and [`Place::not_retrieved`] make them.
    pub fn push(&mut self, documents: usize, places: impl IntoIterator<Item = Place>) {
        let start = self.places.len();
        self.places.extend(places);
        self.places[start..].sort_unstable_by(|a, b| {
            let key = |place: &Place| (place.before, place.tied == 0);
            key(a).cmp(&key(b)).then(b.grade.total_cmp(&a.grade))
        });
        self.documents.push(saturated(documents));
        self.ends.push(self.places.len());
    }

    /// Appends other queries.
    pub fn append(&mut self, other: &Self) {
        let start = self.places.len();
        self.documents.extend(&other.documents);
        self.ends.extend(other.ends.iter().map(|end| start + end));
        self.places.extend(&other.places);
    }

    /// The number of queries.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no queries.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of relevant documents of all queries.
    pub(super) fn places(&self) -> usize {
        self.places.len()
    }

    /// The ranking of a query, in which documents of at least this grade are relevant. `groups` is memory for it.
    pub(super) fn ranking<'a>(
        &'a self,
        query: usize,
        relevance_level: f64,
        groups: &'a mut Vec<Group>,
    ) -> Ranking<'a> {
        let start = if query == 0 { 0 } else { self.ends[query - 1] };
        let places = &self.places[start..self.ends[query]];
        let is_relevant = |place: &&Place| place.grade >= relevance_level;
        groups.clear();
        let mut relevant = 0;
        for place in places.iter().filter(is_relevant) {
            let before = place.before as usize;
            match groups.last_mut().filter(|group| group.before == before) {
                // Those that were not retrieved have no group.
                _ if place.tied == 0 => {}
                Some(group) => group.relevant += 1,
                None => groups.push(Group {
                    before,
                    tied: place.tied as usize,
                    relevant_before: relevant,
                    relevant: 1,
                }),
            }
            relevant += 1;
        }
        Ranking {
            documents: self.documents[query] as usize,
            relevant,
            places,
            groups,
        }
    }

    /// Whether the parts fit each other, and each ranking is one that [`push`](Self::push) could have made.
    pub(super) fn is_consistent(&self) -> bool {
        let ends = [0].iter().chain(&self.ends).zip(&self.ends);
        self.documents.len() == self.ends.len()
            && self.ends.last().copied().unwrap_or(0) == self.places.len()
            && ends.clone().all(|(start, end)| start <= end)
            && ends.zip(&self.documents).all(|((start, end), documents)| {
                let mut after = 0;
                let groups = self.places[*start..*end].chunk_by(|a, b| a.before == b.before);
                groups.into_iter().all(|group| {
                    let first = group[0];
                    let end = first.before.saturating_add(first.tied);
                    let is_retrieved = first.tied > 0;
                    let fits = match is_retrieved {
                        true => {
                            first.before >= after
                                && end <= *documents
                                && group.len() <= first.tied as usize
                        }
                        false => first.before == u32::MAX,
                    };
                    after = end;
                    fits && group.iter().all(|place| place.tied == first.tied)
                        && group
                            .iter()
                            .all(|place| place.grade > 0.0 && place.grade.is_finite())
                        && group.is_sorted_by(|a, b| a.grade >= b.grade)
                })
            })
    }
}

/// A number of documents as a `u32`. Larger numbers, which no memory holds, become the largest `u32`.
pub(super) fn saturated(documents: usize) -> u32 {
    u32::try_from(documents).unwrap_or(u32::MAX)
}

/// The ranking of one query.
#[derive(Debug, Clone, Copy)]
pub struct Ranking<'a> {
    documents: usize,
    relevant: usize,
    places: &'a [Place],
    groups: &'a [Group],
}

/// Retrieved documents with equal scores, some of which are relevant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The number of documents with a higher score.
    pub before: usize,
    /// The number of documents with this score.
    pub tied: usize,
    /// The number of relevant documents with a higher score.
    pub relevant_before: usize,
    /// The number of relevant documents with this score.
    pub relevant: usize,
}

impl<'a> Ranking<'a> {
    /// The number of retrieved documents.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// The number of relevant documents, including those that were not retrieved.
    pub fn relevant(&self) -> usize {
        self.relevant
    }

    /// The number of retrieved documents that are not relevant.
    pub fn not_relevant(&self) -> usize {
        self.documents
            .saturating_sub(self.hits(usize::MAX) as usize)
    }

    /// The places of the documents with a grade above 0, whatever the relevance level, in the order of their ranks.
    pub fn graded(&self) -> &'a [Place] {
        self.places
    }

    /// The places of the retrieved documents with a grade above 0, whatever the relevance level, by equal scores.
    pub fn graded_groups(&self) -> impl Iterator<Item = &'a [Place]> + use<'a> {
        let retrieved = self.places.partition_point(|place| place.tied > 0);
        self.places[..retrieved].chunk_by(|a, b| a.before == b.before)
    }

    /// The groups of retrieved documents with equal scores that contain relevant documents, from the highest score to the
    /// lowest.
    pub fn groups(&self) -> &'a [Group] {
        self.groups
    }

    /// The groups of which documents are among the first `k`.
    pub fn groups_within(&self, k: usize) -> &'a [Group] {
        let end = self.groups.partition_point(|group| group.before < k);
        &self.groups[..end]
    }

    /// The expected number of relevant documents among the first `k`.
    pub fn hits(&self, k: usize) -> f64 {
        self.groups_within(k).last().map_or(0.0, |last| {
            last.relevant_before as f64 + last.share(k) * last.relevant as f64
        })
    }

    /// The number of documents among the first `k`, of which there may be fewer.
    pub fn first(&self, k: usize) -> usize {
        k.min(self.documents)
    }
}

impl Group {
    /// The number of its documents among the first `k`.
    pub fn first(&self, k: usize) -> usize {
        k.saturating_sub(self.before).min(self.tied)
    }

    /// The share of its documents that are among the first `k`.
    fn share(&self, k: usize) -> f64 {
        self.first(k) as f64 / self.tied as f64
    }

    /// The numbers of its relevant documents that may be among the first `k`, with their probabilities if documents
    /// with equal scores are in random order.
    ///
    /// It is the hypergeometric distribution. Its terms are computed from the most probable one, because binomial
    /// coefficients overflow for some thousand documents.
    pub fn outcomes(&self, k: usize) -> impl Iterator<Item = (usize, f64)> + use<> {
        let (tied, relevant, drawn) = (self.tied, self.relevant, self.first(k));
        let most = drawn.min(relevant);
        let least = (drawn + relevant).saturating_sub(tied).min(most);
        // The probability of `n + 1` divided by that of `n`, for `n` from `least` to below `most`.
        let ratio = |n: usize| {
            let more = (relevant - n) as f64 * (drawn - n) as f64;
            more / ((n + 1) as f64 * (tied + n + 1 - relevant - drawn) as f64)
        };
        let mode = (drawn + 1) as f64 * (relevant + 1) as f64 / (tied + 2) as f64;
        let mode = (mode as usize).clamp(least, most);
        let mut terms = vec![1.0; most - least + 1];
        for n in mode..most {
            terms[n + 1 - least] = terms[n - least] * ratio(n);
        }
        for n in (least..mode).rev() {
            terms[n - least] = terms[n + 1 - least] / ratio(n);
        }
        let sum: f64 = terms.iter().sum();
        (least..).zip(terms).map(move |(n, term)| (n, term / sum))
    }
}
