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

/// Lists of numbers of a type.
pub(crate) mod list {
    use super::*;
    use crate::state::packed::{self, Packed};

    /// A type of numbers.
    pub(crate) trait Real: Packed + Serialize + Into<f64> {
        fn of(number: f64) -> Self;
    }

    impl Real for f32 {
        fn of(number: f64) -> Self {
            number as Self
        }
    }

    impl Real for f64 {
        fn of(number: f64) -> Self {
            number
        }
    }

    pub(crate) fn serialize<T: Real, S: Serializer>(list: &[T], to: S) -> Result<S::Ok, S::Error> {
        match to.is_human_readable() {
            true => to.collect_seq(list.iter().map(|number| Number((*number).into()))),
            false => packed::serialize(list, to),
        }
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
    where
        T: Real + Deserialize<'de>,
        D: Deserializer<'de>,
    {
        if !from.is_human_readable() {
            return packed::deserialize(from);
        }
        let numbers = Vec::<Number>::deserialize(from)?;
        Ok(numbers.into_iter().map(|number| T::of(number.0)).collect())
    }
}

/// As many numbers as there must be.
pub(crate) mod array {
    use super::*;

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        numbers: &[f64; N],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        list::serialize(numbers, to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<[f64; N], D::Error> {
        let numbers: Vec<f64> = list::deserialize(from)?;
        let length = numbers.len();
        let fits = numbers.try_into();
        fits.map_err(|_| de::Error::invalid_length(length, &N.to_string().as_str()))
    }
}
