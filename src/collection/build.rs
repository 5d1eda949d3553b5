//! Building collections: metrics are added, nested, prepared, replaced and removed.

use std::{any::Any, sync::Arc};

use super::{
    Collection, Entry, Info,
    group::{Group, PreparedGroup, Shared},
};
use crate::{Accumulate, Metric, MetricError, Result, Statistic, Value};

impl<I: Clone + Send + Sync + 'static> Collection<I> {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self {
            groups: Vec::new(),
            members: Vec::new(),
            updates: 0,
            duplicate: None,
        }
    }

    /// Adds a metric under its own [`name`](Metric::name).
    ///
    /// If two metrics have the same name, the first use of the collection returns [`MetricError::Duplicate`].
    pub fn with<M>(self, metric: M) -> Self
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = I> + 'static,
    {
        let name = metric.name().into_owned();
        self.with_named(name, metric)
    }

    /// Adds a metric under `name`.
    pub fn with_named<M>(mut self, name: impl Into<String>, metric: M) -> Self
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = I> + 'static,
    {
        let entry = self.entry(name.into(), metric);
        self.insert(entry);
        self
    }

    /// Replaces the metric of this name.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name.
    pub fn replace<M>(&mut self, name: &str, metric: M) -> Result<()>
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = I> + 'static,
    {
        let place = self.place(name)?;
        self.members[place] = self.entry(name.to_owned(), metric);
        self.remove_unused();
        Ok(())
    }

    /// Finds or creates the group of the metric's statistic and adds the metric there.
    fn entry<M>(&mut self, name: String, metric: M) -> Entry
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = I> + 'static,
    {
        let info = Info {
            direction: metric.direction(),
            scalar: M::Value::SCALAR,
        };
        let statistic = metric.statistic().clone();
        let shared = self.groups.iter_mut().position(|group| {
            let group = of_statistic::<M::Statistic>(group.as_mut());
            group.is_some_and(|group| group.statistic == statistic)
        });
        let group = shared.unwrap_or_else(|| {
            self.groups.push(Box::new(Shared::new(statistic)));
            self.groups.len() - 1
        });
        let home = of_statistic::<M::Statistic>(self.groups[group].as_mut());
        Entry {
            name,
            group,
            place: home.map_or(0, |group| group.add(metric)),
            info,
        }
    }

    /// Adds all metrics of another collection, under names such as `prefix/Accuracy`.
    ///
    /// States are shared across both collections. Batches that the other collection has seen are not taken over.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    ///
    /// let detail = Collection::new()
    ///     .with(Precision::multiclass(3))
    ///     .with(Recall::multiclass(3));
    /// let metrics = Collection::new()
    ///     .with(Accuracy::multiclass(3))
    ///     .with_nested("detail", detail);
    /// let names: Vec<&str> = metrics.members().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["Accuracy", "detail/Precision", "detail/Recall"]);
    /// assert_eq!(metrics.states(), 1);
    /// ```
    pub fn with_nested(mut self, prefix: &str, other: Self) -> Self {
        let homes: Vec<_> = (other.groups.iter())
            .map(|group| self.adopt(group.as_ref()))
            .collect();
        self.duplicate = self.duplicate.or(other.duplicate);
        for member in other.members {
            let (group, before) = homes[member.group];
            self.insert(Entry {
                name: joined(prefix, &member.name),
                group,
                place: before + member.place,
                info: member.info,
            });
        }
        self
    }

    /// Adds all metrics of a collection over other batches, which `prepare` computes from the batches of this one.
    ///
    /// Each batch is prepared once for all of these metrics. For example, a network that turns images into features
    /// runs once for all metrics of features. `name` stands for the function, which cannot be compared or saved. With
    /// an empty prefix, names do not change. Batches that the other collection has seen are not taken over.
    ///
    /// Source: TorchMetrics' `FeatureShare`.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let errors = Collection::new()
    ///     .with(MeanAbsoluteError::new())
    ///     .with(CosineSimilarity::new());
    /// let metrics = Collection::new().with(MeanSquaredError::new()).with_prepared(
    ///     "log",
    ///     "ln",
    ///     |batch: RegressionInput| (batch.preds().clone().log(), batch.target().clone().log()),
    ///     errors,
    /// );
    /// let names: Vec<&str> = metrics.members().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["Mean squared error", "log/Mean absolute error", "log/Cosine similarity"]);
    /// ```
    #[doc(alias = "FeatureShare")]
    pub fn with_prepared<J, K, F>(
        mut self,
        prefix: &str,
        name: impl Into<String>,
        prepare: F,
        other: Collection<K>,
    ) -> Self
    where
        F: Fn(I) -> J + Send + Sync + 'static,
        J: Into<K>,
        K: Clone + Send + Sync + 'static,
    {
        let prepared = PreparedGroup {
            name: name.into(),
            prepare: Arc::new(move |input| prepare(input).into()),
            inner: other.emptied(),
        };
        self.duplicate = self.duplicate.or(other.duplicate);
        let (group, _) = self.adopt(&prepared);
        for (place, member) in other.members.into_iter().enumerate() {
            self.insert(Entry {
                name: joined(prefix, &member.name),
                group,
                place,
                info: member.info,
            });
        }
        self
    }

    /// Adds a prefix to each name.
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        let members = self.members.iter_mut();
        members.for_each(|member| member.name.insert_str(0, prefix));
        self
    }

    /// Adds a postfix to each name.
    pub fn with_postfix(mut self, postfix: &str) -> Self {
        let members = self.members.iter_mut();
        members.for_each(|member| member.name.push_str(postfix));
        self
    }

    /// Removes a metric. Metrics that share its state keep it.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        let place = self.place(name)?;
        self.members.remove(place);
        self.remove_unused();
        Ok(())
    }

    /// The index of the metric of this name.
    fn place(&self, name: &str) -> Result<usize> {
        let mut members = self.members.iter();
        let place = members.position(|member| member.name == name);
        place.ok_or_else(|| MetricError::Unknown {
            kind: "any type",
            name: name.to_owned(),
            known: self.members().map(|(name, _)| name.to_owned()).collect(),
        })
    }

    /// Finds or creates a place for the metrics of a group: the index of a group, and the number of metrics before
    /// them.
    fn adopt(&mut self, group: &dyn Group<I>) -> (usize, usize) {
        let own = self.groups.iter_mut().enumerate();
        let mut shared = own.filter_map(|(at, own)| Some((at, own.adopt(group)?)));
        if let Some(home) = shared.next() {
            return home;
        }
        drop(shared);
        self.groups.push(group.emptied());
        (self.groups.len() - 1, 0)
    }

    /// Adds an entry at the end. If another metric has its name, this is recorded as an error.
    fn insert(&mut self, entry: Entry) {
        if let Ok(first) = self.place(&entry.name) {
            self.duplicate.get_or_insert(MetricError::Duplicate {
                name: entry.name.clone(),
                first: first + 1,
                second: self.members.len() + 1,
            });
        }
        self.members.push(entry);
    }

    /// Checks that all names are different.
    pub(super) fn check(&self) -> Result<()> {
        self.duplicate.clone().map_or(Ok(()), Err)
    }

    /// Removes groups that no metric needs any more.
    fn remove_unused(&mut self) {
        for group in (0..self.groups.len()).rev() {
            if self.members.iter().all(|member| member.group != group) {
                self.groups.remove(group);
                for member in &mut self.members {
                    member.group -= usize::from(member.group > group);
                }
            }
        }
    }
}

/// The group in its own type, if it has this statistic.
fn of_statistic<S: Statistic<Input: 'static> + 'static>(
    group: &mut dyn Group<S::Input>,
) -> Option<&mut Shared<S>> {
    (group as &mut dyn Any).downcast_mut()
}

fn joined(prefix: &str, name: &str) -> String {
    match prefix {
        "" => name.to_owned(),
        _ => format!("{prefix}/{name}"),
    }
}
