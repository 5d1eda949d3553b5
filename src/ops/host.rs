use std::borrow::Cow;

use burn::tensor::{DType, Element, Tensor, TensorData, TensorReadError, kind::Basic};

use crate::Result;

/// A tensor whose memory the host can read, without a copy where the backend allows it.
#[derive(Debug)]
pub(crate) enum HostTensor {
    #[cfg(feature = "flex")]
    Flex(burn::backend::flex::FlexTensor),
    Data(TensorData),
}

impl HostTensor {
    /// A tensor of a host device.
    pub fn of<const D: usize, K: Basic>(tensor: Tensor<D, K>) -> Result<Self> {
        #[cfg(feature = "flex")]
        {
            use burn::backend::{BackendTensor, DispatchTensorKind};
            let tensor = tensor.clone().into_dispatch();
            if let DispatchTensorKind::Flex(
                BackendTensor::Float(tensor) | BackendTensor::Int(tensor),
            ) = tensor.kind
            {
                return Ok(Self::Flex(tensor.to_contiguous()));
            }
        }
        Ok(Self::Data(
            tensor.try_into_data().map_err(TensorReadError::from)?,
        ))
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex(tensor) => tensor.dtype(),
            Self::Data(data) => data.dtype(),
        }
    }

    /// The elements as labels.
    pub fn labels(&self) -> Cow<'_, [i64]> {
        match self.dtype() {
            DType::I32 => Cow::Owned(self.read::<i32>().iter().map(|n| i64::from(*n)).collect()),
            _ => self.read(),
        }
    }

    /// The elements, converted if they are of another type.
    pub fn read<N: Readable>(&self) -> Cow<'_, [N]> {
        let elements = match self {
            #[cfg(feature = "flex")]
            Self::Flex(tensor) => N::of(tensor),
            Self::Data(data) => data.as_slice::<N>().ok(),
        };
        match (elements, self) {
            (Some(elements), _) => Cow::Borrowed(elements),
            #[cfg(feature = "flex")]
            (None, Self::Flex(tensor)) => Cow::Owned(tensor.clone().into_data().iter().collect()),
            (None, Self::Data(data)) => Cow::Owned(data.iter().collect()),
        }
    }
}

/// An element type that can be read.
pub(crate) trait Readable: Element {
    #[cfg(feature = "flex")]
    fn of(tensor: &burn::backend::flex::FlexTensor) -> Option<&[Self]>;
}

macro_rules! readable {
    ($($N:ty),+) => {
        $(impl Readable for $N {
            #[cfg(feature = "flex")]
            fn of(tensor: &burn::backend::flex::FlexTensor) -> Option<&[Self]> {
                tensor.as_slice()
            }
        })+
    };
}

readable!(f32, f64, i32, i64);

impl From<TensorData> for HostTensor {
    fn from(data: TensorData) -> Self {
        Self::Data(data)
    }
}

/// Work that is worth the widest instructions that the processor has. `run` must be `#[inline(always)]`, as must all that it
/// calls in turn, to be compiled for them.
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
