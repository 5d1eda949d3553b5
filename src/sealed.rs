/// A supertrait of the traits that only this crate implements.
///
/// Metrics are generic over them, so they are public; their methods speak of kernels and states, which may change.
pub trait Sealed {}
