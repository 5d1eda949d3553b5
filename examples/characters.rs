//! A small model of characters: trained for seconds, with its perplexity and character error rate after each epoch.
//!
//! ```text
//! cargo run --example characters
//! ```
//!
//! The model guesses each character of this crate's README from the three before it.

#[path = "shared/epoch_table.rs"]
mod epoch_table;

use std::error::Error;

use burn::data::dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::{
    Embedding, EmbeddingConfig, Linear, LinearConfig, Relu, loss::CrossEntropyLossConfig,
};
use burn::optim::AdamConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::{
    InferenceStep, Learner, SequenceOutput, SupervisedTraining, TrainOutput, TrainStep,
};
use burn_metrics::{prelude::*, text::TokenIds};
use epoch_table::EpochTable;

const TEXT: &str = include_str!("../README.md");
/// So many characters are one sample.
const LENGTH: usize = 48;
/// So many characters before the next one are seen.
const CONTEXT: usize = 3;

/// The characters of the text; a token is a place in it.
fn alphabet() -> Vec<char> {
    let mut alphabet: Vec<char> = TEXT.chars().collect();
    alphabet.sort_unstable();
    alphabet.dedup();
    alphabet
}

/// Tokens, `[batch, length]`, and those that follow them.
#[derive(Clone, Debug)]
struct Batch(Tensor<2, Int>, Tensor<2, Int>);

#[derive(Clone)]
struct Tokens;

impl Batcher<Vec<i64>, Batch> for Tokens {
    fn batch(&self, samples: Vec<Vec<i64>>, device: &Device) -> Batch {
        let shape = [samples.len(), LENGTH + 1];
        let tokens = TensorData::new(samples.concat(), shape);
        let tokens = Tensor::<2, Int>::from_data(tokens, device);
        let from = |start| tokens.clone().narrow(1, start, LENGTH);
        Batch(from(0), from(1))
    }
}

/// Every fifth sample, or all others.
fn samples(held_out: bool) -> std::sync::Arc<dyn DataLoader<Batch>> {
    let alphabet = alphabet();
    let tokens = TEXT.chars().filter_map(|c| alphabet.binary_search(&c).ok());
    let tokens: Vec<i64> = tokens.map(|token| token as i64).collect();
    let samples = tokens.windows(LENGTH + 1).step_by(LENGTH / 2).enumerate();
    let samples = samples.filter(|(i, _)| (i % 5 == 0) == held_out);
    let samples = samples.map(|(_, sample)| sample.to_vec()).collect();
    DataLoaderBuilder::new(Tokens)
        .batch_size(16)
        .shuffle(0)
        .build(InMemDataset::new(samples))
}

#[derive(Module, Debug)]
struct Characters {
    embedding: Embedding,
    hidden: Linear,
    output: Linear,
}

impl Characters {
    fn new(device: &Device) -> Self {
        let n = alphabet().len();
        Self {
            embedding: EmbeddingConfig::new(n, 16).init(device),
            hidden: LinearConfig::new(16 * CONTEXT, 64).init(device),
            output: LinearConfig::new(64, n).init(device),
        }
    }

    /// The logits of the next character at each place: `[batch, length, characters]`.
    fn forward(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        let embedded = self.embedding.forward(tokens);
        let before = (0..CONTEXT).map(|by| match by {
            0 => embedded.clone(),
            by => {
                let start = embedded.clone().narrow(1, 0, by).zeros_like();
                Tensor::cat(vec![start, embedded.clone().narrow(1, 0, LENGTH - by)], 1)
            }
        });
        let hidden = self.hidden.forward(Tensor::cat(before.collect(), 2));
        self.output.forward(Relu::new().forward(hidden))
    }
}

impl InferenceStep for Characters {
    type Input = Batch;
    type Output = SequenceOutput;

    fn step(&self, Batch(tokens, next): Batch) -> SequenceOutput {
        let logits = self.forward(tokens);
        let [batch, length, n] = logits.dims();
        let flat = logits.clone().reshape([batch * length, n]);
        let loss = CrossEntropyLossConfig::new().init(&flat.device());
        let loss = loss.forward(flat, next.clone().reshape([batch * length]));
        SequenceOutput::new(loss, logits, None, next)
    }
}

impl TrainStep for Characters {
    type Input = Batch;
    type Output = SequenceOutput;

    fn step(&self, batch: Batch) -> TrainOutput<SequenceOutput> {
        let output = InferenceStep::step(self, batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::default();
    device.seed(0);
    let artifacts = std::env::temp_dir().join(format!("burn-metrics-text-{}", std::process::id()));

    // Tokens become text before they are compared.
    let alphabet = alphabet();
    let error_rate = CharErrorRate::new().with_input("characters", move |tokens: TokenIds| {
        let text = |ids: &[i64]| ids.iter().map(|id| alphabet[*id as usize]).collect();
        tokens.decoded(None, text)
    });

    let model = Characters::new(&device.autodiff());
    let learned = SupervisedTraining::new(&artifacts, samples(false), samples(true))
        .metrics(Perplexity::new().logged())
        .metrics(error_rate.logged().on_step(false))
        .num_epochs(8)
        .renderer(Box::new(EpochTable::default()))
        .launch(Learner::new(model, AdamConfig::new().init(), 0.01));
    match learned.error {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
