//! The images: those in this folder, or MNIST.

use std::io::Read;
use std::sync::Arc;

use burn::data::dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::tensor::{Device, Int, Tensor, TensorData};
use flate2::read::GzDecoder;

const BATCH: usize = 32;

#[derive(Debug, Clone)]
struct Digit {
    /// Rows of a square image, from 0 to 1.
    pixels: Vec<f32>,
    label: u8,
}

#[derive(Debug, Clone)]
pub struct Batch {
    /// `[batch, 1, side, side]`
    pub images: Tensor<4>,
    /// `[batch]`
    pub labels: Tensor<1, Int>,
}

#[derive(Clone)]
struct Digits;

impl Batcher<Digit, Batch> for Digits {
    fn batch(&self, digits: Vec<Digit>, device: &Device) -> Batch {
        let batch = digits.len();
        let labels: Vec<i64> = digits.iter().map(|digit| digit.label.into()).collect();
        let pixels: Vec<f32> = digits.into_iter().flat_map(|digit| digit.pixels).collect();
        let side = (pixels.len() / batch).isqrt();
        Batch {
            images: Tensor::from_data(TensorData::new(pixels, [batch, 1, side, side]), device),
            labels: Tensor::from_data(TensorData::new(labels, [batch]), device),
        }
    }
}

pub struct Splits {
    pub train: Arc<dyn DataLoader<Batch>>,
    pub valid: Arc<dyn DataLoader<Batch>>,
    pub test: Arc<dyn DataLoader<Batch>>,
}

impl Splits {
    fn new([train, valid, test]: [Vec<Digit>; 3], seed: u64) -> Self {
        let loader = || DataLoaderBuilder::new(Digits).batch_size(BATCH);
        Self {
            train: loader().shuffle(seed).build(InMemDataset::new(train)),
            valid: loader().build(InMemDataset::new(valid)),
            test: loader().build(InMemDataset::new(test)),
        }
    }

    /// 1797 digits of 8 x 8 pixels: see the README in this folder. Of six, one validates and one tests.
    pub fn uci(seed: u64) -> std::io::Result<Self> {
        let mut records = Vec::new();
        GzDecoder::new(&include_bytes!("digits.bin.gz")[..]).read_to_end(&mut records)?;
        let [mut train, mut valid, mut test] = [const { Vec::new() }; 3];
        for (i, record) in records.chunks_exact(1 + 8 * 8).enumerate() {
            let split = match i % 6 {
                4 => &mut valid,
                5 => &mut test,
                _ => &mut train,
            };
            split.push(Digit {
                pixels: record[1..].iter().map(|&p| f32::from(p) / 16.0).collect(),
                label: record[0],
            });
        }
        Ok(Self::new([train, valid, test], seed))
    }

    /// 70 000 digits of 28 x 28 pixels, downloaded on first use.
    #[cfg(feature = "mnist")]
    pub fn mnist(seed: u64) -> Result<Self, burn::data::dataset::DatasetError> {
        use burn::data::dataset::{Dataset, DatasetError, vision::*};

        let digit = |MnistItem { image, label }| Digit {
            pixels: image.as_flattened().iter().map(|p| p / 255.0).collect(),
            label,
        };
        let digits = |split: MnistDataset| -> Result<Vec<_>, DatasetError> {
            split.iter().map(|item| item.map(digit)).collect()
        };
        let mut train = digits(MnistDataset::train())?;
        let valid = train.split_off(55_000);
        let test = digits(MnistDataset::test())?;
        Ok(Self::new([train, valid, test], seed))
    }
}
