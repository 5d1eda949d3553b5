use std::borrow::Cow;

use burn::tensor::{DType, Tensor, TensorData, TensorReadError, kind::Basic};

use crate::Result;

/// A tensor whose memory the host can read, without a copy if the backend allows it.
#[derive(Debug)]
pub struct HostTensor(Memory);

#[derive(Debug)]
enum Memory {
    #[cfg(feature = "flex")]
    Flex(burn::backend::flex::FlexTensor),
    Data(TensorData),
}

impl HostTensor {
    /// Creates it from a tensor on a host device.
    pub(crate) fn of<const D: usize, K: Basic>(tensor: Tensor<D, K>) -> Result<Self> {
        let tensor = tensor.into_dispatch();
        #[cfg(feature = "flex")]
        {
            use burn::backend::{BackendTensor, DispatchTensorKind};
            if let DispatchTensorKind::Flex(
                BackendTensor::Float(tensor) | BackendTensor::Int(tensor),
            ) = &tensor.kind
            {
                return Ok(Self(Memory::Flex(tensor.to_contiguous())));
            }
        }
        let data = Tensor::<D, K>::from_dispatch(tensor)
            .try_into_data()
            .map_err(TensorReadError::from)?;
        Ok(Self(Memory::Data(data)))
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        match &self.0 {
            #[cfg(feature = "flex")]
            Memory::Flex(tensor) => tensor.dtype(),
            Memory::Data(data) => data.dtype(),
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match &self.0 {
            #[cfg(feature = "flex")]
            Memory::Flex(tensor) => tensor.layout().num_elements(),
            Memory::Data(data) => data.num_elements(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as labels. Those that an `i64` cannot hold wrap around, so that different labels stay different.
    pub(crate) fn labels(&self) -> Cow<'_, [i64]> {
        match self.dtype() {
            DType::U64 => Cow::Owned(self.unsigned().iter().map(|n| *n as i64).collect()),
            DType::I32 => Cow::Owned(self.read::<i32>().iter().map(|n| i64::from(*n)).collect()),
            _ => self.read(),
        }
    }

    /// The elements of a tensor of type `u64`.
    fn unsigned(&self) -> &[u64] {
        match &self.0 {
            #[cfg(feature = "flex")]
            Memory::Flex(tensor) => tensor.as_slice().unwrap_or_default(),
            Memory::Data(data) => data.as_slice().unwrap_or_default(),
        }
    }

    /// Reads the elements, which are converted if they have another type.
    pub fn read<N: Readable>(&self) -> Cow<'_, [N]> {
        let elements = match &self.0 {
            #[cfg(feature = "flex")]
            Memory::Flex(tensor) => N::of(tensor),
            Memory::Data(data) => data.as_slice::<N>().ok(),
        };
        match (elements, &self.0) {
            (Some(elements), _) => Cow::Borrowed(elements),
            #[cfg(feature = "flex")]
            (None, Memory::Flex(tensor)) => Cow::Owned(tensor.clone().into_data().iter().collect()),
            (None, Memory::Data(data)) => Cow::Owned(data.iter().collect()),
        }
    }
}

/// An element type that [`HostTensor::read`] can return: `f32`, `f64`, `i32` or `i64`.
pub trait Readable: sealed::Memory {}

mod sealed {
    /// Seals [`Readable`](super::Readable).
    pub trait Memory: burn::tensor::Element {
        #[cfg(feature = "flex")]
        fn of(tensor: &burn::backend::flex::FlexTensor) -> Option<&[Self]>;
    }
}

macro_rules! readable {
    ($($N:ty),+) => {
        $(
            impl Readable for $N {}

            impl sealed::Memory for $N {
                #[cfg(feature = "flex")]
                fn of(tensor: &burn::backend::flex::FlexTensor) -> Option<&[Self]> {
                    tensor.as_slice()
                }
            }
        )+
    };
}

readable!(f32, f64, i32, i64);

impl From<TensorData> for HostTensor {
    fn from(data: TensorData) -> Self {
        Self(Memory::Data(data))
    }
}

/// Computes a number from a pair of rows. It is not a closure, so that `value` can be `#[inline(always)]` and is
/// compiled for wide instructions.
pub(crate) trait RowFormula: std::fmt::Debug + Clone + Send + Sync + 'static {
    /// The number, or `None` if the rows have none.
    fn value(&self, a: &[f64], b: &[f64]) -> Option<f64>;
}

/// The number of independent sums of a list, so that additions do not wait for each other.
pub(crate) const LANES: usize = 8;

/// Adds the lanes in pairs.
#[inline(always)]
pub(crate) fn sum_lanes(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Work that is worth the widest instructions of the processor. `run` and everything that it calls must be
/// `#[inline(always)]` to be compiled for them.
pub(crate) trait Wide {
    type Output;

    fn run(self) -> Self::Output;
}

pub(crate) fn widest<W: Wide>(work: W) -> W::Output {
    #[cfg(feature = "flex")]
    return pulp::Arch::new().dispatch(Dispatched(work));
    #[cfg(not(feature = "flex"))]
    work.run()
}

#[cfg(feature = "flex")]
struct Dispatched<W>(W);

#[cfg(feature = "flex")]
impl<W: Wide> pulp::WithSimd for Dispatched<W> {
    type Output = W::Output;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> W::Output {
        self.0.run()
    }
}
