//! The work with text. Where there is an authority for a metric, it takes the place of TorchMetrics without validation.

use burn::tensor::{Distribution, Int, Tensor};
use burn_metrics::{
    prelude::*,
    text::{RougeType, TextInput},
};

use crate::{
    common::device,
    random::Random,
    workloads::{Contenders, Workload, alone, evaluate},
};

pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "word error rate, 5000",
        goal: 100.0,
        contenders: || alone(evaluate(WordErrorRate::new(), sentences(5000))),
    },
    Workload {
        name: "character error rate, 1000",
        goal: 100.0,
        contenders: || alone(evaluate(CharErrorRate::new(), sentences(1000))),
    },
    Workload {
        name: "BLEU, 5000",
        goal: 100.0,
        contenders: || alone(evaluate(SacreBLEUScore::new(), sentences(5000))),
    },
    Workload {
        name: "chrF, 1000",
        goal: 100.0,
        contenders: || alone(evaluate(CHRFScore::new(), sentences(1000))),
    },
    Workload {
        name: "TER, 100",
        goal: 100.0,
        contenders: || alone(evaluate(TranslationEditRate::new(), sentences(100))),
    },
    Workload {
        name: "ROUGE-L, 1000",
        goal: 100.0,
        contenders: || {
            let rouge = ROUGEScore::new().types([RougeType::L]);
            alone(evaluate(rouge, sentences(1000)))
        },
    },
    Workload {
        name: "perplexity, 8 x 512 x 32000",
        goal: 2.0,
        contenders: || {
            let normal = Distribution::Normal(0.0, 1.0);
            let logits = Tensor::<3>::random([8, 512, 32_000], normal, &device());
            let below = Distribution::Uniform(0.0, 32_000.0);
            let tokens: Tensor<2, Int> = Tensor::<2>::random([8, 512], below, &device()).int();
            let scores = logits.clone();
            Contenders {
                sum: Some(Box::new(move || drop(scores.clone().sum().into_data()))),
                ..alone(evaluate(Perplexity::new(), (logits, tokens)))
            }
        },
    },
];

/// A pronounceable word for each number.
fn word(mut i: u64) -> String {
    let mut word = String::new();
    loop {
        let letter = (i % 60) as usize;
        i /= 60;
        word.push(char::from(b"bdfgklmnprst"[letter % 12]));
        word.push(char::from(b"aeiou"[letter / 12]));
        if i == 0 {
            return word;
        }
    }
}

/// Hypotheses and references: of 15 to 30 words, every fifth of which is wrong.
fn sentences(n: usize) -> TextInput {
    let random = &mut Random(1);
    let pairs = (0..n).map(|_| {
        let length = 15 + random.below(16);
        let words = (0..length).map(|_| {
            let (a, b) = (random.below(5000), random.below(5000));
            word(a.min(b))
        });
        let reference: Vec<String> = words.collect();
        let mut hypothesis = Vec::new();
        for own in &reference {
            match random.below(15) {
                0 => hypothesis.push(word(random.below(5000))),
                1 => {}
                2 => hypothesis.extend([own.clone(), word(random.below(5000))]),
                _ => hypothesis.push(own.clone()),
            }
        }
        (hypothesis.join(" ") + ".", [reference.join(" ") + "."])
    });
    TextInput::pairs(pairs)
}
