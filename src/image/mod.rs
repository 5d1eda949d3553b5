//! Images: the quality of restored, compressed or generated images, compared with the true ones.
//!
//! [`PeakSignalNoiseRatio`] is a [measure of samples](crate::measure): one number per image, reduced over the images.

mod input;
mod peak_signal_noise_ratio;

pub use input::ImagesInput;
pub use peak_signal_noise_ratio::{PeakSignalNoise, PeakSignalNoiseRatio, peak_signal_noise_ratio};
