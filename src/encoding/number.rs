//! Numbers for formats such as JSON, which have no infinity and no NaN: there, these are written as text.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number that can be written in every format.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(#[serde(with = "self")] pub(crate) f64);

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

/// Lists of numbers of the same type.
pub(crate) mod list {
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::encoding::packed::{self, Packed};

    /// The type of a list's elements.
    pub trait Entry: Packed {
        /// The form of an element in text formats.
        type Readable: From<Self> + Serialize + DeserializeOwned;

        /// Converts this form to an element.
        fn of(readable: Self::Readable) -> Self;
    }

    impl From<f32> for Number {
        fn from(number: f32) -> Self {
            Self(number.into())
        }
    }

    impl From<f64> for Number {
        fn from(number: f64) -> Self {
            Self(number)
        }
    }

    impl Entry for f32 {
        type Readable = Number;

        fn of(readable: Number) -> Self {
            readable.0 as Self
        }
    }

    impl Entry for f64 {
        type Readable = Number;

        fn of(readable: Number) -> Self {
            readable.0
        }
    }

    impl Entry for i64 {
        type Readable = Self;

        fn of(readable: Self) -> Self {
            readable
        }
    }

    pub(crate) fn serialize<T: Entry, S: Serializer>(list: &[T], to: S) -> Result<S::Ok, S::Error> {
        match to.is_human_readable() {
            true => to.collect_seq(list.iter().map(|entry| T::Readable::from(*entry))),
            false => packed::serialize_bytes(list, to),
        }
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
    where
        T: Entry,
        D: Deserializer<'de>,
    {
        if !from.is_human_readable() {
            return packed::deserialize_bytes(from);
        }
        let entries = Vec::<T::Readable>::deserialize(from)?;
        Ok(entries.into_iter().map(T::of).collect())
    }
}

/// Arrays of a fixed number of numbers.
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
