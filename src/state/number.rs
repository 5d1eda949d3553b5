//! Numbers that survive formats such as JSON, which have none that is infinite or not a number: as text there.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number that survives every format.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Number(#[serde(with = "self")] pub f64);

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        number.0
    }
}

pub(crate) fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    match to.is_human_readable() && !number.is_finite() {
        true => to.collect_str(number),
        false => to.serialize_f64(*number),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Readable {
        Number(f64),
        Text(String),
    }
    if !from.is_human_readable() {
        return f64::deserialize(from);
    }
    match Readable::deserialize(from)? {
        Readable::Number(number) => Ok(number),
        Readable::Text(text) => text.parse().map_err(de::Error::custom),
    }
}
