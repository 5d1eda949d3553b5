/// A supertrait of the traits that only this crate implements.
///
/// They are public because metrics are generic over them. Their methods deal with kernels and states, which may change.
pub trait Sealed {}
