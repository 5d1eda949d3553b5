use std::fmt::{Debug, Write};

/// The value of a metric: a type that can also be logged as text and as numbers.
pub trait Value: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The value as named numbers for logging. A single number is one entry without a name, and scores per class are
    /// one entry per class. Only values that are not one number have to implement it.
    fn entries(&self) -> Vec<(String, f64)> {
        let number = self.scalar().map(|number| (String::new(), number));
        number.into_iter().collect()
    }

    /// The value as one number, or `None` if it is not one number.
    fn scalar(&self) -> Option<f64> {
        None
    }

    /// The value as readable text.
    fn report(&self) -> String {
        let mut text = String::new();
        for (i, (name, value)) in self.entries().into_iter().enumerate() {
            let separator = if i == 0 { "" } else { "  " };
            // Writing to a string does not fail.
            let _ = match name.as_str() {
                "" => write!(text, "{separator}{value:.4}"),
                _ => write!(text, "{separator}{name}: {value:.4}"),
            };
        }
        text
    }

    /// Whether values of this type are one number. It decides how a Learner shows the metric.
    const SCALAR: bool = false;
}

impl Value for f64 {
    const SCALAR: bool = true;

    fn scalar(&self) -> Option<f64> {
        Some(*self)
    }
}

/// A count.
impl Value for u64 {
    const SCALAR: bool = true;

    fn scalar(&self) -> Option<f64> {
        Some(*self as f64)
    }

    fn report(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    const SCALAR: bool = true;

    fn scalar(&self) -> Option<f64> {
        Some(f64::from(u8::from(*self)))
    }

    fn report(&self) -> String {
        self.to_string()
    }
}

/// One entry per element, named by its index.
impl<V: Value> Value for Vec<V> {
    fn entries(&self) -> Vec<(String, f64)> {
        self.iter()
            .enumerate()
            .flat_map(|(i, value)| prefixed(&i.to_string(), value))
            .collect()
    }
}

/// The entries of both values, numbered.
impl<A: Value, B: Value> Value for (A, B) {
    fn entries(&self) -> Vec<(String, f64)> {
        let (a, b) = self;
        [prefixed("0", a), prefixed("1", b)].concat()
    }

    fn report(&self) -> String {
        format!("({}, {})", self.0.report(), self.1.report())
    }
}

pub(crate) fn prefixed(prefix: &str, value: &impl Value) -> Vec<(String, f64)> {
    let join = |name: String| match name.as_str() {
        "" => prefix.to_owned(),
        _ => format!("{prefix}/{name}"),
    };
    value
        .entries()
        .into_iter()
        .map(|(name, number)| (join(name), number))
        .collect()
}
