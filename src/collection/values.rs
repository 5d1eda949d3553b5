use std::{any::Any, fmt};

use crate::{MetricError, Result, Value};

/// A [`Value`] of any type.
pub(super) trait AnyValue: Any + Send + Sync {
    fn entries(&self) -> Vec<(String, f64)>;
    fn scalar(&self) -> Option<f64>;
    fn report(&self) -> String;
}

impl<V: Value> AnyValue for V {
    fn entries(&self) -> Vec<(String, f64)> {
        Value::entries(self)
    }

    fn scalar(&self) -> Option<f64> {
        Value::scalar(self)
    }

    fn report(&self) -> String {
        Value::report(self)
    }
}

/// The result of a metric: its value, or the error that explains why it has none.
pub(super) type Outcome = Result<Box<dyn AnyValue>>;

/// The values of the metrics of a [`Collection`](crate::Collection), by name and in the order of the metrics.
///
/// A metric may have no value, such as an AUROC of samples that are all positive. This does not affect the other
/// metrics: its error is returned when its value is asked for. [`Display`](fmt::Display) shows a table, in which such a
/// metric is undefined.
pub struct Values(pub(super) Vec<(String, Outcome)>);

impl Values {
    /// Returns the value of the metric called `name`, in its own type.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric with this name and this type of value exists. If the metric has no value,
    /// its own error.
    pub fn get<V: Value>(&self, name: &str) -> Result<&V> {
        let kind = std::any::type_name::<V>();
        let value: &dyn Any = self.find(kind, name)?;
        value.downcast_ref().ok_or_else(|| self.unknown(kind, name))
    }

    /// Returns the value of the metric called `name`, if it is one number.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric with this name exists whose value is one number. If the metric has no
    /// value, its own error.
    pub fn number(&self, name: &str) -> Result<f64> {
        let value = self.find("one number", name)?.scalar();
        value.ok_or_else(|| self.unknown("one number", name))
    }

    /// Returns the value of the metric called `name` as readable text.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric with this name exists. If the metric has no value, its own error.
    pub fn report(&self, name: &str) -> Result<String> {
        self.find("any type", name).map(AnyValue::report)
    }

    /// Returns all values as named numbers for logging.
    ///
    /// A metric whose value has several numbers gives entries named `name/entry`. Metrics without a value are left out.
    pub fn numbers(&self) -> impl Iterator<Item = (String, f64)> + '_ {
        let values = self.0.iter().filter_map(|(name, value)| {
            let value = value.as_ref().ok()?;
            Some((name, value.entries()))
        });
        values.flat_map(|(name, entries)| {
            entries.into_iter().map(move |(entry, number)| {
                let name = match entry.as_str() {
                    "" => name.clone(),
                    _ => format!("{name}/{entry}"),
                };
                (name, number)
            })
        })
    }

    /// Returns the metrics that have no value, with the reason.
    pub fn undefined(&self) -> impl Iterator<Item = (&str, &MetricError)> {
        let values = self.0.iter();
        values.filter_map(|(name, value)| Some((name.as_str(), value.as_ref().err()?)))
    }

    fn find(&self, kind: &'static str, name: &str) -> Result<&dyn AnyValue> {
        let mut all = self.0.iter();
        let found = all.find(|(known, _)| known == name);
        match found {
            None => Err(self.unknown(kind, name)),
            Some((_, Ok(value))) => Ok(value.as_ref()),
            Some((_, Err(error))) => Err(error.clone()),
        }
    }

    fn unknown(&self, kind: &'static str, name: &str) -> MetricError {
        MetricError::Unknown {
            kind,
            name: name.to_owned(),
            known: self.0.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = |value: &Outcome| match value {
            Ok(value) => value.report(),
            Err(error) => format!("undefined: {}", error.reason()),
        };
        let reports: Vec<_> = (self.0.iter())
            .map(|(name, value)| (name, report(value)))
            .collect();
        let one_line = reports.iter().filter(|(_, text)| !text.contains('\n'));
        let width = one_line.map(|(name, _)| name.chars().count()).max();
        let width = width.unwrap_or_default();
        for (name, text) in reports {
            match text.contains('\n') {
                true => writeln!(f, "{name}\n{text}")?,
                false => writeln!(f, "{name:width$}  {text}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.numbers()).finish()
    }
}
