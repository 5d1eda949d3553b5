use std::{any::Any, fmt, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};

use crate::{Collection, Metric, MetricError, Result, Statistic};

/// A list of metrics by name, from which a collection can be built as a configuration file describes.
///
/// Each kind of metric has a name and default options. A [`Description`] lists metrics by kind, with the options that
/// differ from the defaults. It can be read from and written to TOML, JSON and any other format that serde supports.
/// The metrics have the order in which the format provides them, which is that of the file for JSON, and for the crate
/// `toml` with its feature `preserve_order`.
///
/// ```
/// use burn_metrics::{Catalog, Description, prelude::*};
///
/// let catalog = Catalog::new()
///     .with("accuracy", Accuracy::multiclass(10))
///     .with("macro F1", F1::multiclass(10).average(Macro));
///
/// let file = r#"{
///     "Accuracy": { "metric": "accuracy" },
///     "Top 5": { "metric": "accuracy", "options": { "task": { "top_k": 5 } } },
///     "F1": { "metric": "macro F1" }
/// }"#;
/// let description: Description = serde_json::from_str(file).unwrap();
/// let metrics = catalog.collection(&description)?;
/// let names: Vec<&str> = metrics.members().map(|(name, _)| name).collect();
/// assert_eq!(names, ["Accuracy", "Top 5", "F1"]);
///
/// // And back again.
/// assert_eq!(catalog.describe(&metrics)?, description);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
///
/// There are ready-made catalogs of many kinds for the inputs of classification, regression, retrieval, segmentation, text
/// and detection, such as [`ClassificationInput`](crate::classification::ClassificationInput): see [`Catalog::default`].
pub struct Catalog<I> {
    kinds: Vec<Kind<I>>,
}

/// A kind of metric.
struct Kind<I> {
    name: String,
    defaults: Json,
    /// Adds a metric with these options to a collection, under a name.
    add: Adds<I>,
    /// The options of a metric, if it is of this kind.
    options: fn(&dyn Any) -> Option<Json>,
}

type Adds<I> = Arc<dyn Fn(Collection<I>, &str, Json) -> Result<Collection<I>, Wrong> + Send + Sync>;
/// An option that does not fit, with its path.
type Wrong = serde_path_to_error::Error<serde_json::Error>;

/// A description of a collection: named metrics, each with a kind of a [`Catalog`] and options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Description(#[serde(with = "in_order")] Vec<(String, Described)>);

/// The description of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    metric: String,
    /// The options that differ from the defaults.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    options: Map<String, Json>,
}

impl<I: Clone + Send + Sync + 'static> Catalog<I> {
    /// Creates an empty catalog.
    pub fn new() -> Self {
        Self { kinds: Vec::new() }
    }

    /// Adds a kind with its default options. It replaces an existing kind of the same name.
    pub fn with<M>(mut self, name: impl Into<String>, metric: M) -> Self
    where
        M: Metric + Serialize + DeserializeOwned + 'static,
        M::Statistic: Statistic<Input = I> + 'static,
    {
        let name = name.into();
        self.kinds.retain(|kind| kind.name != name);
        self.kinds.push(Kind {
            name,
            // A metric is plain data.
            defaults: serde_json::to_value(metric).unwrap_or_default(),
            add: Arc::new(|collection, name, options| {
                let metric = serde_path_to_error::deserialize::<_, M>(options)?;
                Ok(collection.with_named(name, metric))
            }),
            options: |metric| serde_json::to_value(metric.downcast_ref::<M>()?).ok(),
        });
        self
    }

    /// The names of all kinds.
    pub fn kinds(&self) -> impl ExactSizeIterator<Item = &str> {
        self.kinds.iter().map(|kind| kind.name.as_str())
    }

    /// Builds the collection that is described.
    ///
    /// # Errors
    ///
    /// [`MetricError::Member`] with [`MetricError::Unknown`] for a kind that the catalog does not have,
    /// [`MetricError::Description`] for an option that the kind does not have or that has another type,
    /// [`MetricError::Duplicate`] if two metrics have the same name.
    pub fn collection(&self, description: &Description) -> Result<Collection<I>> {
        let mut collection = Collection::new();
        for (name, described) in &description.0 {
            collection = self
                .add(collection, name, described)
                .map_err(|error| match error {
                    error @ MetricError::Description { .. } => error,
                    error => error.of(name),
                })?;
        }
        collection.check()?;
        Ok(collection)
    }

    fn add(
        &self,
        collection: Collection<I>,
        name: &str,
        described: &Described,
    ) -> Result<Collection<I>> {
        let mut kinds = self.kinds.iter();
        let kind = kinds.find(|kind| kind.name == described.metric);
        let kind = kind.ok_or_else(|| MetricError::Unknown {
            kind: "the catalog",
            name: described.metric.clone(),
            known: self.kinds().map(str::to_owned).collect(),
        })?;
        let mut options = kind.defaults.clone();
        let path = format!("{name}.options");
        overlay(&mut options, &described.options, &path)?;
        (kind.add)(collection, name, options).map_err(|error| MetricError::Description {
            path: format!("{path}.{}", error.path()),
            message: error.into_inner().to_string(),
        })
    }

    /// Describes the metrics of a collection.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] for a metric whose kind is not in the catalog, such as one over prepared batches.
    pub fn describe(&self, collection: &Collection<I>) -> Result<Description> {
        let members = collection.metrics().map(|(name, metric)| {
            let kinds = self.kinds.iter().filter_map(|kind| {
                let options = (kind.options)(metric?)?;
                Some((kind, difference(&kind.defaults, &options)))
            });
            // Kinds of the same type differ in their defaults.
            let (kind, options) =
                kinds
                    .min_by_key(|(_, options)| options.len())
                    .ok_or_else(|| MetricError::Unknown {
                        kind: "the catalog",
                        name: name.to_owned(),
                        known: self.kinds().map(str::to_owned).collect(),
                    })?;
            let metric = kind.name.clone();
            Ok((name.to_owned(), Described { metric, options }))
        });
        members.collect::<Result<_>>().map(Description)
    }
}

/// Replaces defaults by the given options.
fn overlay(defaults: &mut Json, options: &Map<String, Json>, path: &str) -> Result<()> {
    for (name, option) in options {
        let known: Vec<String> = match defaults {
            Json::Object(defaults) => defaults.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let Some(default) = defaults.get_mut(name) else {
            return Err(MetricError::Description {
                path: format!("{path}.{name}"),
                message: format!("unknown option, expected one of {}", known.join(", ")),
            });
        };
        match (default, option) {
            (default @ Json::Object(_), Json::Object(option)) => {
                overlay(default, option, &format!("{path}.{name}"))?;
            }
            (default, option) => *default = option.clone(),
        }
    }
    Ok(())
}

/// The options that differ from the defaults.
fn difference(defaults: &Json, options: &Json) -> Map<String, Json> {
    let (Json::Object(defaults), Json::Object(options)) = (defaults, options) else {
        return Map::new();
    };
    let mut different = Map::new();
    for (name, option) in options {
        match (defaults.get(name), option) {
            (Some(default), option) if default == option => {}
            (Some(default @ Json::Object(_)), Json::Object(_)) => {
                let inner = difference(default, option);
                different.insert(name.clone(), Json::Object(inner));
            }
            _ => {
                different.insert(name.clone(), option.clone());
            }
        }
    }
    different
}

impl<I> fmt::Debug for Catalog<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.kinds.iter().map(|kind| &kind.name);
        f.write_str("Catalog ")?;
        f.debug_set().entries(names).finish()
    }
}

impl<I> Clone for Catalog<I> {
    fn clone(&self) -> Self {
        let kind = |kind: &Kind<I>| Kind {
            name: kind.name.clone(),
            defaults: kind.defaults.clone(),
            add: kind.add.clone(),
            options: kind.options,
        };
        Self {
            kinds: self.kinds.iter().map(kind).collect(),
        }
    }
}

/// Pairs that serialize as a map and keep their order.
mod in_order {
    use std::{fmt, marker::PhantomData};

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(super) fn serialize<V: Serialize, S: Serializer>(
        pairs: &[(String, V)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(pairs.iter().map(|(name, value)| (name, value)))
    }

    pub(super) fn deserialize<'de, V, D>(from: D) -> Result<Vec<(String, V)>, D::Error>
    where
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        from.deserialize_map(Entries(PhantomData))
    }

    struct Entries<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> de::Visitor<'de> for Entries<V> {
        type Value = Vec<(String, V)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("names, each with a metric")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            Ok(pairs)
        }
    }
}
