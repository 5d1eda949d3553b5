//! Long lists in binary formats: the little-endian bytes of their numbers, without a marker before each.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::Error};

/// A type with a fixed number of bytes. It is public because it is a supertrait of public traits; its module is not.
pub trait Packed: Copy {
    /// The number of bytes.
    const BYTES: usize;

    #[doc(hidden)]
    fn pack(self, bytes: &mut Vec<u8>);

    /// Reads a number from exactly [`BYTES`](Self::BYTES) bytes.
    #[doc(hidden)]
    fn unpack(bytes: &[u8]) -> Self;
}

macro_rules! packed {
    ($($Number:ty),+) => {
        $(
            impl Packed for $Number {
                const BYTES: usize = size_of::<Self>();

                fn pack(self, bytes: &mut Vec<u8>) {
                    bytes.extend(self.to_le_bytes());
                }

                fn unpack(bytes: &[u8]) -> Self {
                    let mut own = [0; Self::BYTES];
                    own.copy_from_slice(bytes);
                    Self::from_le_bytes(own)
                }
            }
        )+
    };
}

packed!(u8, u32, u64, i64, f32, f64);

/// Writes bytes in binary formats, and an ordinary list in text formats.
pub(crate) fn serialize<T: Packed + Serialize, S: Serializer>(
    list: &[T],
    to: S,
) -> Result<S::Ok, S::Error> {
    match to.is_human_readable() {
        true => list.serialize(to),
        false => serialize_bytes(list, to),
    }
}

pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
where
    T: Packed + Deserialize<'de>,
    D: Deserializer<'de>,
{
    match from.is_human_readable() {
        true => Vec::deserialize(from),
        false => deserialize_bytes(from),
    }
}

pub(super) fn serialize_bytes<T: Packed, S: Serializer>(
    list: &[T],
    to: S,
) -> Result<S::Ok, S::Error> {
    // MessagePack stores lengths in 32 bits, and does not report an overflow.
    if u32::try_from(list.len() * T::BYTES).is_err() {
        return Err(S::Error::custom("a list of more than 4 GiB"));
    }
    let mut bytes = Vec::with_capacity(list.len() * T::BYTES);
    list.iter().for_each(|element| element.pack(&mut bytes));
    to.serialize_bytes(&bytes)
}

pub(super) fn deserialize_bytes<'de, T: Packed, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    from.deserialize_bytes(Unpack(PhantomData))
}

struct Unpack<T>(PhantomData<T>);

impl<T: Packed> de::Visitor<'_> for Unpack<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes, {} an element", T::BYTES)
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
        let elements = bytes.chunks_exact(T::BYTES);
        match elements.remainder() {
            [] => Ok(elements.map(T::unpack).collect()),
            _ => Err(E::invalid_length(bytes.len(), &self)),
        }
    }
}
