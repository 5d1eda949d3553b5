use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

use super::{
    RetrievalInput,
    ranking::{Place, Rankings, saturated},
};
use crate::{MetricError, Result};

impl RetrievalInput {
    /// Makes a batch from rankings of items, with the relevant items of each query. Relevant items may be missing in
    /// the ranking.
    ///
    /// An item that is twice in a list is an error, which the update returns.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    /// use burn_metrics::retrieval::RetrievalInput;
    ///
    /// let recommended = [vec!["tea", "milk", "salt"], vec!["bread", "tea"]];
    /// let bought = [vec!["milk", "sugar"], vec!["bread"]];
    /// let batch = RetrievalInput::from_lists(recommended.into_iter().zip(bought));
    ///
    /// assert_eq!(RetrievalRecall::new().top_k(2).evaluate(batch)?, (0.5 + 1.0) / 2.0);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn from_lists<T, R, J>(queries: impl IntoIterator<Item = (R, J)>) -> Self
    where
        T: Eq + Hash,
        R: IntoIterator<Item = T>,
        J: IntoIterator<Item = T>,
    {
        let graded = queries.into_iter().map(|(ranked, relevant)| {
            let relevant = relevant.into_iter().map(|item| (item, 1.0));
            (ranked, relevant)
        });
        Self::from_graded_lists(graded)
    }

    /// Makes a batch from rankings of items, with the grades of the relevant items of each query.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    /// use burn_metrics::retrieval::RetrievalInput;
    ///
    /// let query = (["a", "b", "c"], [("b", 3.0), ("c", 1.0)]);
    /// let batch = RetrievalInput::from_graded_lists([query]);
    /// assert_eq!(RetrievalMRR::new().evaluate(batch)?, 0.5);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn from_graded_lists<T, R, J>(queries: impl IntoIterator<Item = (R, J)>) -> Self
    where
        T: Eq + Hash,
        R: IntoIterator<Item = T>,
        J: IntoIterator<Item = (T, f64)>,
    {
        let mut rankings = Rankings::default();
        let mut queries = queries.into_iter().enumerate();
        let added = queries.try_for_each(|(query, (ranked, graded))| {
            add_query(&mut rankings, query, ranked, graded)
        });
        Self::of_rankings(added.map(|()| rankings))
    }
}

/// Adds the ranking of a query.
fn add_query<T: Eq + Hash>(
    rankings: &mut Rankings,
    query: usize,
    ranked: impl IntoIterator<Item = T>,
    graded: impl IntoIterator<Item = (T, f64)>,
) -> Result<()> {
    let error = |what, expected: &str, got: String| MetricError::Sample {
        what,
        sample: query,
        expected: expected.to_owned(),
        got,
    };
    let mut ranks = HashMap::new();
    for item in ranked {
        let rank = ranks.len();
        if ranks.insert(item, rank).is_some() {
            let got = format!("the item at place {rank} again");
            return Err(error("ranking of query", "different items", got));
        }
    }

    let documents = ranks.len();
    let mut grades = HashMap::new();
    for (item, grade) in graded {
        if !(grade >= 0.0 && grade.is_finite()) {
            let expected = "finite grades of at least 0";
            return Err(error(
                "relevant items of query",
                expected,
                grade.to_string(),
            ));
        }
        let place = match ranks.get(&item) {
            Some(rank) => Place::at(saturated(*rank), grade),
            None => Place::not_retrieved(grade),
        };
        match grades.entry(item) {
            Entry::Vacant(entry) => entry.insert(place),
            Entry::Occupied(_) => {
                let got = "an item twice".to_owned();
                return Err(error("relevant items of query", "different items", got));
            }
        };
    }
    rankings.push(
        documents,
        grades.into_values().filter(|place| place.grade > 0.0),
    );
    Ok(())
}
