//! Segmentation: labels, scores and masks of images and volumes.

use burn::tensor::{Device, Tensor};
use burn_metrics::{
    MeanOfSamples,
    measure::{Measure, SampleMetric},
    prelude::*,
    segmentation::{
        DistanceMetric, EmptyMask, WeightType,
        parts::{
            DistanceFormula, MaskFormula, OverlapFormula, PooledFormula, SampleAverage,
            SampleMasks, SampleOverlap, SurfaceFormula,
        },
    },
};

use super::{Domain, FromGolden, Subject, metric};
use crate::common::golden::{Case, Input};

pub static DOMAIN: Domain = Domain::new(
    "segmentation",
    &[
        ("dice_score", |case| {
            let dice = of_overlap(case, DiceScore::new(classes(case)));
            match case.text("average") {
                Some("micro") => level(case, dice.average(Micro)),
                Some("weighted") => level(case, dice.average(Weighted)),
                Some("none") => level(case, dice.average(PerClass)),
                Some("pairs") => level(case, dice.average(AllPairs)),
                _ => level(case, dice),
            }
        }),
        ("mean_iou", |case| {
            let iou = of_overlap(case, MeanIoU::new(classes(case)));
            match case.flag("per_class") {
                true => level(case, iou.average(PerClass)),
                false => level(case, iou),
            }
        }),
        ("generalized_dice_score", |case| {
            let dice = of_overlap(case, GeneralizedDiceScore::new(classes(case)));
            let dice = dice.weight_type(match case.text("weight_type") {
                Some("simple") => WeightType::Simple,
                Some("linear") => WeightType::Linear,
                _ => WeightType::Square,
            });
            match case.flag("per_class") {
                true => metric(dice.per_class()),
                false => metric(dice),
            }
        }),
        ("volume_difference", |case| {
            let mut difference = of_overlap(case, VolumeDifference::new(classes(case)));
            if case.flag("signed") {
                difference = difference.signed();
            }
            if let Some(spacing) = case.numbers("spacing") {
                difference = difference.spacing(spacing);
            }
            match case.text("average") {
                Some("macro") => metric(difference.average(Macro)),
                Some("none") => metric(difference.average(PerClass)),
                _ => metric(difference),
            }
        }),
        ("relative_volume_difference", |case| {
            let mut difference = of_overlap(case, RelativeVolumeDifference::new(classes(case)));
            if case.flag("signed") {
                difference = difference.signed();
            }
            match case.text("average") {
                Some("macro") => metric(difference.average(Macro)),
                Some("none") => metric(difference.average(PerClass)),
                _ => metric(difference),
            }
        }),
        ("hausdorff_distance", |case| {
            let mut distance = HausdorffDistance::new(classes(case));
            if let Some(percentile) = case.number("percentile") {
                distance = distance.percentile(percentile);
            }
            if case.flag("directed") {
                distance = distance.directed();
            }
            let distance = of_empty(case, of_surfaces(case, of_masks(case, distance)));
            match (case.text("average"), case.text("reduction")) {
                (Some("macro"), _) => metric(distance.average(Macro)),
                (Some("none"), _) => metric(distance.average(PerClass)),
                (_, Some("none")) => metric(distance.per_sample()),
                _ => metric(distance),
            }
        }),
        ("average_surface_distance", |case| {
            let mut distance = AverageSurfaceDistance::new(classes(case));
            if case.flag("directed") {
                distance = distance.directed();
            }
            let distance = of_empty(case, of_surfaces(case, of_masks(case, distance)));
            match case.text("average") {
                Some("macro") => metric(distance.average(Macro)),
                Some("none") => metric(distance.average(PerClass)),
                _ => metric(distance),
            }
        }),
        ("surface_dice", |case| {
            let tolerances = case.numbers("tolerance").unwrap();
            let dice = match tolerances.as_slice() {
                [tolerance] => SurfaceDice::new(classes(case), *tolerance),
                _ => SurfaceDice::new(classes(case), 0.0).tolerances(tolerances),
            };
            let dice = of_surfaces(case, of_masks(case, dice));
            match case.text("average") {
                Some("macro") => metric(dice.average(Macro)),
                Some("none") => metric(dice.average(PerClass)),
                _ => metric(dice),
            }
        }),
        ("boundary_iou", |case| {
            let mut iou = of_masks(case, BoundaryIoU::new(classes(case)));
            if let Some(pixels) = case.count("distance") {
                iou = iou.distance(pixels as u32);
            }
            if let Some(ratio) = case.number("ratio") {
                iou = iou.ratio(ratio);
            }
            match case.text("average") {
                Some("macro") => metric(iou.average(Macro)),
                Some("none") => metric(iou.average(PerClass)),
                _ => metric(iou),
            }
        }),
    ],
);

#[test]
fn cases() {
    DOMAIN.check();
}

fn classes(case: &Case) -> usize {
    case.count("num_classes").unwrap()
}

fn index(case: &Case) -> Option<i64> {
    case.number("ignore_index").map(|index| index as i64)
}

/// The options of all measures of overlap.
fn of_overlap<F: OverlapFormula, A: SampleAverage>(
    case: &Case,
    metric: SampleMetric<SampleOverlap<F, A>, A::Mean>,
) -> SampleMetric<SampleOverlap<F, A>, A::Mean> {
    let metric = metric.include_background(case.flag("include_background"));
    match index(case) {
        None => metric,
        Some(index) => metric.ignore_index(index),
    }
}

/// Over samples, over all pixels, or each sample.
fn level<F, A>(case: &Case, dice: SampleMetric<SampleOverlap<F, A>, A::Mean>) -> Box<dyn Subject>
where
    F: PooledFormula,
    A: SampleAverage,
    SampleOverlap<F, A>: Measure<Input = SegmentationInput>,
{
    match (case.text("aggregation_level"), case.text("reduction")) {
        (Some("global"), _) => metric(dice.global()),
        (_, Some("none")) => metric(dice.per_sample()),
        _ => metric(dice),
    }
}

/// The options of all measures of masks.
fn of_masks<F: MaskFormula>(
    case: &Case,
    metric: SampleMetric<SampleMasks<F, AllPairs>, MeanOfSamples>,
) -> SampleMetric<SampleMasks<F, AllPairs>, MeanOfSamples> {
    let metric = metric.include_background(case.flag("include_background"));
    match index(case) {
        None => metric,
        Some(index) => metric.ignore_index(index),
    }
}

/// The options of all measures of surfaces.
fn of_surfaces<F: SurfaceFormula>(
    case: &Case,
    metric: SampleMetric<SampleMasks<F, AllPairs>, MeanOfSamples>,
) -> SampleMetric<SampleMasks<F, AllPairs>, MeanOfSamples> {
    let metric = match case.text("distance_metric") {
        None => metric,
        Some("chessboard") => metric.distance_metric(DistanceMetric::Chessboard),
        Some("taxicab") => metric.distance_metric(DistanceMetric::Taxicab),
        other => panic!("no distance {other:?}"),
    };
    match case.numbers("spacing") {
        None => metric,
        Some(spacing) => metric.spacing(spacing),
    }
}

/// The option of all distances.
fn of_empty<F: DistanceFormula>(
    case: &Case,
    metric: SampleMetric<SampleMasks<F, AllPairs>, MeanOfSamples>,
) -> SampleMetric<SampleMasks<F, AllPairs>, MeanOfSamples> {
    match case.text("empty_mask") {
        None => metric,
        Some("diagonal") => metric.empty_mask(EmptyMask::Diagonal),
        Some("skip") => metric.empty_mask(EmptyMask::Skip),
        other => panic!("no distance {other:?}"),
    }
}

impl FromGolden for SegmentationInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let (preds, target) = (input.preds(), input.target());
        let weights: Option<Tensor<1>> =
            input.find("weights").map(|weights| weights.floats(device));
        macro_rules! pair {
            ($preds:expr, $target:expr) => {
                match weights {
                    None => ($preds, $target).into(),
                    Some(weights) => ($preds, $target, weights).into(),
                }
            };
        }
        match (preds.dtype.as_str(), preds.rank()) {
            ("bool", 4) => pair!(preds.masks::<4>(device), target.masks::<4>(device)),
            ("bool", 5) => pair!(preds.masks::<5>(device), target.masks::<5>(device)),
            ("float32", 4) => pair!(preds.floats::<4>(device), target.ints::<3>(device)),
            ("float32", 5) => pair!(preds.floats::<5>(device), target.ints::<4>(device)),
            ("float32", 6) => pair!(preds.floats::<6>(device), target.ints::<5>(device)),
            ("int64", 2) => pair!(preds.ints::<2>(device), target.ints::<2>(device)),
            ("int64", 3) => pair!(preds.ints::<3>(device), target.ints::<3>(device)),
            ("int64", 4) => pair!(preds.ints::<4>(device), target.ints::<4>(device)),
            ("int64", 5) => pair!(preds.ints::<5>(device), target.ints::<5>(device)),
            other => panic!("no segmentation of {other:?}"),
        }
    }
}
