use burn::tensor::{Bool, Int, Tensor};

use crate::{ops::HostTensor, state::parts::Unread};

/// One number per object, in host memory or in a tensor on any device: scores, areas.
///
/// It is created from a `Tensor<1>`, or from a list of `f64` or `f32`.
#[derive(Debug, Clone)]
pub struct Numbers(Source<f64, Tensor<1>>);

/// One integer per object, in host memory or in a tensor on any device: labels, crowd flags.
///
/// It is created from a `Tensor<1, Int>`, or from a list of integers or of `bool`.
#[derive(Debug, Clone)]
pub struct Integers(Source<i64, Tensor<1, Int>>);

/// A row of `W` numbers per object, in host memory or in a tensor on any device: boxes.
///
/// It is created from a `Tensor<2>`, `[objects, W]`, or from a list of arrays of `f64` or `f32`.
#[derive(Debug, Clone)]
pub struct Rows<const W: usize>(Source<[f64; W], Tensor<2>>);

#[derive(Debug, Clone)]
enum Source<T, K> {
    Host(Vec<T>),
    Device(Box<K>),
}

/// Tensors that were read, in the order in which they were registered.
pub(super) type Read = std::vec::IntoIter<HostTensor>;

impl Numbers {
    pub(super) fn len(&self) -> usize {
        match &self.0 {
            Source::Host(numbers) => numbers.len(),
            Source::Device(tensor) => tensor.dims()[0],
        }
    }

    /// Whether there is anything to read. Some devices cannot read nothing.
    fn is_filled(&self) -> bool {
        self.len() > 0
    }

    pub(super) fn register<R: 'static>(&self, unread: Unread<R>) -> Unread<R> {
        match &self.0 {
            Source::Device(tensor) if self.is_filled() => unread.with(tensor.as_ref().clone()),
            _ => unread,
        }
    }

    pub(super) fn read(&self, tensors: &mut Read) -> Vec<f64> {
        match &self.0 {
            Source::Host(numbers) => numbers.clone(),
            Source::Device(_) if self.is_filled() => floats(tensors),
            Source::Device(_) => Vec::new(),
        }
    }
}

impl Integers {
    pub(super) fn len(&self) -> usize {
        match &self.0 {
            Source::Host(integers) => integers.len(),
            Source::Device(tensor) => tensor.dims()[0],
        }
    }

    fn is_filled(&self) -> bool {
        self.len() > 0
    }

    pub(super) fn register<R: 'static>(&self, unread: Unread<R>) -> Unread<R> {
        match &self.0 {
            Source::Device(tensor) if self.is_filled() => unread.with_ints(tensor.as_ref().clone()),
            _ => unread,
        }
    }

    pub(super) fn read(&self, tensors: &mut Read) -> Vec<i64> {
        match &self.0 {
            Source::Host(integers) => integers.clone(),
            Source::Device(_) if self.is_filled() => tensors
                .next()
                .map_or_else(Vec::new, |tensor| tensor.labels().into_owned()),
            Source::Device(_) => Vec::new(),
        }
    }
}

impl<const W: usize> Rows<W> {
    /// The number of rows, and of numbers per row.
    pub(super) fn dims(&self) -> [usize; 2] {
        match &self.0 {
            Source::Host(rows) => [rows.len(), W],
            Source::Device(tensor) => tensor.dims(),
        }
    }

    fn is_filled(&self) -> bool {
        self.dims().iter().all(|n| *n > 0)
    }

    pub(super) fn register<R: 'static>(&self, unread: Unread<R>) -> Unread<R> {
        match &self.0 {
            Source::Device(tensor) if self.is_filled() => unread.with(tensor.as_ref().clone()),
            _ => unread,
        }
    }

    pub(super) fn read(&self, tensors: &mut Read) -> Vec<[f64; W]> {
        match &self.0 {
            Source::Host(rows) => rows.clone(),
            Source::Device(_) if self.is_filled() => floats(tensors).as_chunks::<W>().0.to_vec(),
            Source::Device(_) => Vec::new(),
        }
    }
}

/// The elements of the next tensor.
pub(super) fn floats(tensors: &mut Read) -> Vec<f64> {
    let Some(tensor) = tensors.next() else {
        return Vec::new();
    };
    // Most tensors are of `f32`, which need no other copy first.
    match tensor.dtype() {
        burn::tensor::DType::F32 => tensor.read::<f32>().iter().map(|x| f64::from(*x)).collect(),
        _ => tensor.read::<f64>().into_owned(),
    }
}

impl From<Tensor<1>> for Numbers {
    fn from(tensor: Tensor<1>) -> Self {
        Self(Source::Device(Box::new(tensor.inner())))
    }
}

impl<T: Into<f64>> From<Vec<T>> for Numbers {
    fn from(numbers: Vec<T>) -> Self {
        Self(Source::Host(numbers.into_iter().map(Into::into).collect()))
    }
}

impl<T: Into<f64>, const N: usize> From<[T; N]> for Numbers {
    fn from(numbers: [T; N]) -> Self {
        Self(Source::Host(numbers.into_iter().map(Into::into).collect()))
    }
}

impl From<Tensor<1, Int>> for Integers {
    fn from(tensor: Tensor<1, Int>) -> Self {
        Self(Source::Device(Box::new(tensor.inner())))
    }
}

impl From<Tensor<1, Bool>> for Integers {
    fn from(tensor: Tensor<1, Bool>) -> Self {
        tensor.int().into()
    }
}

impl<T: Into<i64>> From<Vec<T>> for Integers {
    fn from(integers: Vec<T>) -> Self {
        Self(Source::Host(integers.into_iter().map(Into::into).collect()))
    }
}

impl<T: Into<i64>, const N: usize> From<[T; N]> for Integers {
    fn from(integers: [T; N]) -> Self {
        Self(Source::Host(integers.into_iter().map(Into::into).collect()))
    }
}

impl<const W: usize> From<Tensor<2>> for Rows<W> {
    fn from(tensor: Tensor<2>) -> Self {
        Self(Source::Device(Box::new(tensor.inner())))
    }
}

impl<T: Into<f64>, const W: usize> From<Vec<[T; W]>> for Rows<W> {
    fn from(rows: Vec<[T; W]>) -> Self {
        let rows = rows.into_iter().map(|row| row.map(Into::into));
        Self(Source::Host(rows.collect()))
    }
}

impl<T: Into<f64>, const W: usize, const N: usize> From<[[T; W]; N]> for Rows<W> {
    fn from(rows: [[T; W]; N]) -> Self {
        let rows = rows.into_iter().map(|row| row.map(Into::into));
        Self(Source::Host(rows.collect()))
    }
}
