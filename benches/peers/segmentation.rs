//! Segmentations of images: label maps, scores and masks.

use std::hint::black_box;

use burn::tensor::{Int, Tensor, TensorData};
use burn_metrics::prelude::*;

use crate::{
    common::{device, labels, points},
    workloads::{Contenders, Run, Workload, alone, evaluate},
};

type Maps = (Tensor<3, Int>, Tensor<3, Int>);

pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "mean IoU, 32 x 512 x 512, 21 classes",
        goal: 10.0,
        contenders: || {
            let maps = random([32, 512, 512], 21);
            with_pass(evaluate(MeanIoU::new(21), maps.clone()), maps)
        },
    },
    Workload {
        name: "Dice, 8 x 512 x 512, 21 classes",
        goal: 10.0,
        contenders: || {
            let maps = random([8, 512, 512], 21);
            with_pass(evaluate(DiceScore::new(21), maps.clone()), maps)
        },
    },
    Workload {
        name: "Dice of scores, 8 x 21 x 256 x 256",
        goal: 10.0,
        contenders: || {
            let scores = points(8 * 21, 256 * 256).reshape([8, 21, 256, 256]);
            let target = labels(8 * 256 * 256, 21).reshape([8, 256, 256]);
            let pass = scores.clone();
            Contenders {
                sum: Some(Box::new(move || {
                    drop(black_box(pass.clone().sum().into_data()))
                })),
                ..alone(evaluate(DiceScore::new(21), (scores, target)))
            }
        },
    },
    Workload {
        name: "Dice of masks, 8 x 21 x 256 x 256",
        goal: 10.0,
        contenders: || {
            let mask = || {
                labels(8 * 21 * 256 * 256, 2)
                    .reshape([8, 21, 256, 256])
                    .bool()
            };
            let dice = DiceScore::new(21).average(Micro).include_background(false);
            alone(evaluate(dice.global(), (mask(), mask())))
        },
    },
    Workload {
        name: "Hausdorff distance, 512 x 512, disks",
        goal: 20.0,
        contenders: || {
            let maps = (disk([250, 240], 20), disk([255, 243], 18));
            alone(evaluate(HausdorffDistance::new(2), maps))
        },
    },
];

/// Label maps of random labels.
fn random(dims: [usize; 3], classes: usize) -> Maps {
    let n = dims.iter().product();
    let map = || labels(n, classes).reshape(dims);
    (map(), map())
}

/// A label map of a disk.
fn disk(center: [i64; 2], radius: i64) -> Tensor<3, Int> {
    let inside = |at: i64| {
        let (y, x) = (at / 512 - center[0], at % 512 - center[1]);
        i64::from(x * x + y * y <= radius * radius)
    };
    let map: Vec<i64> = (0..512 * 512).map(inside).collect();
    Tensor::from_data(TensorData::new(map, [1, 512, 512]), &device())
}

/// With a plain pass over both label maps.
fn with_pass(ours: Run, (preds, target): Maps) -> Contenders {
    Contenders {
        sum: Some(Box::new(move || {
            let sums = [&preds, &target].map(|map| map.clone().sum().into_data());
            drop(black_box(sums));
        })),
        ..alone(ours)
    }
}
