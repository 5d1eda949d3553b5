//! The same evaluation on every device that this build knows and this machine has.
//!
//! ```text
//! cargo run --example any_device
//! cargo run --example any_device --features ndarray,wgpu
//! cargo run --example any_device --features cuda
//! ```
//!
//! `evaluate` is written once: the tensors say where the work happens. A metric waits for the device only in
//! `compute`, so a loop over batches keeps a GPU busy.

use burn::tensor::{Device, DeviceType, Distribution, Int, Tensor, TensorData};
use burn_metrics::prelude::*;

const CLASSES: usize = 5;
const BATCH: usize = 64;
const BATCHES: usize = 10;

/// Scores `[batch, classes]` and labels `[batch]`, on the host.
type Batch = (TensorData, TensorData);

fn evaluate(batches: &[Batch], device: &Device) -> Result<Values> {
    let mut metrics = Collection::new()
        .with(Accuracy::multiclass(CLASSES))
        .with_named("Macro F1", F1::multiclass(CLASSES).average(Macro))
        .with(MatthewsCorrCoef::multiclass(CLASSES));
    for (scores, labels) in batches.iter().cloned() {
        let scores = Tensor::<2>::from_data(scores, device);
        let labels = Tensor::<1, Int>::from_data(labels, device);
        metrics.update((scores, labels))?;
    }
    metrics.compute()
}

/// Labels, and noisy scores that favour them.
fn invent(device: &Device) -> Batch {
    let noise = Tensor::<2>::random([BATCH, CLASSES], Distribution::Default, device);
    let classes = Distribution::Uniform(0.0, CLASSES as f64);
    let labels = Tensor::<1>::random([BATCH], classes, device).int();
    let favour = labels.clone().one_hot::<2>(CLASSES).float() * 0.5;
    ((noise + favour).into_data(), labels.into_data())
}

/// The kinds of device that this build knows.
fn kinds() -> Vec<DeviceType> {
    vec![
        #[cfg(feature = "flex")]
        DeviceType::Flex,
        #[cfg(feature = "ndarray")]
        DeviceType::NdArray,
        #[cfg(feature = "wgpu")]
        DeviceType::Wgpu,
        #[cfg(feature = "cuda")]
        DeviceType::Cuda,
        #[cfg(feature = "rocm")]
        DeviceType::Rocm,
    ]
}

fn main() -> Result<()> {
    let host = Device::default();
    host.seed(1);
    let batches: Vec<Batch> = (0..BATCHES).map(|_| invent(&host)).collect();

    let mut first = None;
    for device in Device::enumerate(kinds()) {
        let values = evaluate(&batches, &device)?;
        let row: Vec<(String, f64)> = values.numbers().collect();
        if first.is_none() {
            let names: String = row.iter().map(|(name, _)| format!("{name}  ")).collect();
            println!("{names}on");
        }
        for (name, value) in &row {
            print!("{value:>0$.6}  ", name.len());
        }
        println!("{device:?}");
        let first = first.get_or_insert_with(|| row.clone());
        assert_eq!(*first, row, "{device:?} and the first device differ");
    }
    println!(
        "\nAll devices agree, to the last digit: they count, and the host computes the formulas."
    );
    Ok(())
}
