use std::{any::Any, fmt};

use crate::{MetricError, Result, Value};

/// A [`Value`] of any type.
pub(super) trait AnyValue: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn entries(&self) -> Vec<(String, f64)>;
    fn scalar(&self) -> Option<f64>;
    fn report(&self) -> String;
}

impl<V: Value> AnyValue for V {
    fn as_any(&self) -> &dyn Any {
        self
    }

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

/// The values of a [`Collection`](crate::Collection), by name, in the order of its metrics.
///
/// Displays as a table.
pub struct Values(pub(super) Vec<(String, Box<dyn AnyValue>)>);

impl Values {
    /// The value of the metric called `name`, as what it is.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name and this type of value.
    pub fn get<V: Value>(&self, name: &str) -> Result<&V> {
        self.find(name)
            .and_then(|value| value.as_any().downcast_ref())
            .ok_or_else(|| self.unknown(std::any::type_name::<V>(), name))
    }

    /// The value of the metric called `name`, which is one number.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name and is one number.
    pub fn number(&self, name: &str) -> Result<f64> {
        self.find(name)
            .and_then(AnyValue::scalar)
            .ok_or_else(|| self.unknown("one number", name))
    }

    /// The value of the metric called `name`, as text for people.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name.
    pub fn report(&self, name: &str) -> Result<String> {
        self.find(name)
            .map(AnyValue::report)
            .ok_or_else(|| self.unknown("any type", name))
    }

    /// All values as named numbers for logging; a metric of several numbers gives `name/entry`.
    pub fn numbers(&self) -> impl Iterator<Item = (String, f64)> + '_ {
        self.0.iter().flat_map(|(name, value)| {
            value.entries().into_iter().map(move |(entry, number)| {
                let name = match entry.as_str() {
                    "" => name.clone(),
                    _ => format!("{name}/{entry}"),
                };
                (name, number)
            })
        })
    }

    fn find(&self, name: &str) -> Option<&dyn AnyValue> {
        let mut all = self.0.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_ref())
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
        let reports: Vec<_> = (self.0.iter())
            .map(|(name, value)| (name, value.report()))
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
