//! Segmentation: what the golden numbers do not show.

use burn::tensor::{Bool, Device, Distribution, Int, Tensor, TensorData};
use burn_metrics::{
    InputOf,
    measure::{Measure, SampleMetric},
    prelude::*,
    segmentation::{DistanceMetric, EmptyMask},
};

use crate::common::{close, devices, numbers};

/// Random labels: `[samples, height, width]`.
fn labels(dims: [usize; 3], classes: usize, device: &Device) -> Tensor<3, Int> {
    let below = Distribution::Uniform(0.0, classes as f64);
    Tensor::<3>::random(dims, below, device).int()
}

fn one_hot(labels: Tensor<3, Int>, classes: usize) -> Tensor<4, Bool> {
    let masks = labels.one_hot::<4>(classes).bool();
    masks.permute([0, 3, 1, 2])
}

fn map(rows: &[[i64; 4]], device: &Device) -> Tensor<3, Int> {
    let data: Vec<i64> = rows.iter().flatten().copied().collect();
    Tensor::from_data(TensorData::new(data, [1, rows.len(), 4]), device)
}

/// The numbers of all metrics for a batch.
fn every_number(classes: usize, batch: impl Fn() -> SegmentationInput) -> Vec<f64> {
    fn of<M: Metric>(metric: M, batch: SegmentationInput, all: &mut Vec<f64>)
    where
        M::Statistic: Statistic<Input = SegmentationInput>,
    {
        all.extend(numbers(&metric.evaluate(batch).unwrap()));
    }
    let mut all = Vec::new();
    of(DiceScore::new(classes), batch(), &mut all);
    of(DiceScore::new(classes).average(PerClass), batch(), &mut all);
    of(MeanIoU::new(classes), batch(), &mut all);
    of(
        MeanIoU::new(classes).average(PerClass).global(),
        batch(),
        &mut all,
    );
    of(GeneralizedDiceScore::new(classes), batch(), &mut all);
    of(
        HausdorffDistance::new(classes).percentile(95.0),
        batch(),
        &mut all,
    );
    of(AverageSurfaceDistance::new(classes), batch(), &mut all);
    of(SurfaceDice::new(classes, 1.0), batch(), &mut all);
    of(BoundaryIoU::new(classes), batch(), &mut all);
    of(VolumeDifference::new(classes), batch(), &mut all);
    of(RelativeVolumeDifference::new(classes), batch(), &mut all);
    all
}

#[test]
fn labels_scores_and_masks_give_the_same() {
    const CLASSES: usize = 4;
    for (name, device) in devices() {
        device.seed(1);
        let (preds, target) = (
            labels([3, 9, 11], CLASSES, &device),
            labels([3, 9, 11], CLASSES, &device),
        );
        let masks = |labels: &Tensor<3, Int>| one_hot(labels.clone(), CLASSES);
        let by_labels = every_number(CLASSES, || (preds.clone(), target.clone()).into());
        let by_scores = every_number(CLASSES, || {
            (masks(&preds).float() - 0.5, target.clone()).into()
        });
        let by_masks = every_number(CLASSES, || (masks(&preds), masks(&target)).into());
        assert!(close(&by_labels, &by_scores, 1e-6), "{name}: scores");
        assert!(close(&by_labels, &by_masks, 1e-6), "{name}: masks");
    }
}

/// Other kernels count large samples: each is counted on its own here.
#[test]
fn large_samples_are_counted_as_each_of_them_alone() {
    const CLASSES: usize = 5;
    let device = Device::flex();
    device.seed(2);
    let dims = [3, 41, 37];
    let (preds, target) = (
        labels(dims, CLASSES, &device),
        labels(dims, CLASSES + 1, &device),
    );
    let metric = DiceScore::new(CLASSES).ignore_index(5).average(PerClass);
    let whole = metric
        .clone()
        .evaluate((preds.clone(), target.clone()))
        .unwrap();
    let mut sums = vec![0.0; CLASSES];
    for sample in 0..3 {
        let own = |map: &Tensor<3, Int>| map.clone().narrow(0, sample, 1);
        let dice = metric
            .clone()
            .global()
            .evaluate((own(&preds), own(&target)))
            .unwrap();
        sums.iter_mut()
            .zip(dice)
            .for_each(|(sum, dice)| *sum += dice / 3.0);
    }
    assert!(close(&whole, &sums, 1e-12), "{whole:?} instead of {sums:?}");

    // Scores: the class with the highest, and the first of several.
    let scores = Tensor::<4>::random([3, CLASSES, 41, 37], Distribution::Default, &device);
    let scores = (scores * 4.0).round();
    let target = target.clamp_max(4);
    let argmax: Vec<i64> = {
        let values: Vec<f32> = scores.clone().into_data().iter().collect();
        let pixels = 41 * 37;
        let best = |at: usize| {
            let (sample, pixel) = (at / pixels, at % pixels);
            let score = |class: usize| values[(sample * CLASSES + class) * pixels + pixel];
            let classes = 0..CLASSES;
            let best = classes.rev().max_by(|a, b| score(*a).total_cmp(&score(*b)));
            best.unwrap() as i64
        };
        (0..3 * pixels).map(best).collect()
    };
    let preds = Tensor::<3, Int>::from_data(TensorData::new(argmax, dims), &device);
    let dice = DiceScore::new(CLASSES);
    assert_eq!(
        dice.evaluate((scores.clone(), target.clone())).unwrap(),
        dice.evaluate((preds.clone(), target.clone())).unwrap()
    );
    let distance = HausdorffDistance::new(CLASSES);
    assert_eq!(
        distance.evaluate((scores, target.clone())).unwrap(),
        distance.evaluate((preds, target)).unwrap()
    );
}

#[test]
fn pooled_scores_are_those_of_classification() {
    let device = Device::flex();
    device.seed(3);
    let batch = || {
        let map = || labels([2, 16, 16], 3, &device);
        (map(), map())
    };
    let (preds, target) = batch();
    let iou = MeanIoU::new(3)
        .global()
        .evaluate((preds.clone(), target.clone()));
    let jaccard = JaccardIndex::multiclass(3).evaluate((preds.clone(), target.clone()));
    assert!((iou.unwrap() - jaccard.unwrap()).abs() < 1e-12);
    let dice = DiceScore::new(3).average(PerClass).global();
    let f1 = F1::multiclass(3).average(PerClass);
    assert_eq!(
        dice.evaluate((preds.clone(), target.clone())).unwrap(),
        f1.evaluate((preds, target)).unwrap()
    );
}

/// The batches and values of the tests of burn-train's Dice metric, which pools all pixels of all masks.
#[test]
fn dice_has_the_values_of_burn_trains_tests() {
    let device = Device::flex();
    let mask = |samples: usize, pixels: &[i64]| -> Tensor<4, Bool> {
        let dims = [samples, 1, 1, pixels.len() / samples];
        let mask = Tensor::<4, Int>::from_data(TensorData::new(pixels.to_vec(), dims), &device);
        mask.bool()
    };
    let value = |batches: &[(usize, &[i64], &[i64])]| {
        let mut dice = DiceScore::new(1).average(Micro).global().accumulator();
        for (samples, preds, target) in batches {
            dice.update((mask(*samples, preds), mask(*samples, target)))
                .unwrap();
        }
        dice.compute().unwrap()
    };
    // `test_dice_perfect_overlap`, `test_dice_no_overlap` and `test_dice_partial_overlap`.
    assert_eq!(value(&[(1, &[1, 0, 1, 0], &[1, 0, 1, 0])]), 1.0);
    assert_eq!(value(&[(1, &[1, 0, 1, 0], &[0, 1, 0, 1])]), 0.0);
    assert_eq!(value(&[(1, &[1, 1, 0, 0], &[1, 0, 1, 0])]), 0.5);
    // `test_dice_epoch_accumulates_raw_statistics`.
    let batches: [(usize, &[i64], &[i64]); 2] =
        [(1, &[1], &[1]), (1, &[1, 1, 1, 1], &[0, 0, 0, 0])];
    assert_eq!(value(&batches), 1.0 / 3.0);
    // `test_dice_epoch_matches_pytorch_with_varying_batch_sizes`.
    let batches: [(usize, &[i64], &[i64]); 2] = [
        (1, &[1, 0, 1, 0], &[1, 0, 0, 0]),
        (3, &[1, 1, 1], &[0, 1, 0]),
    ];
    assert_eq!(value(&batches), 4.0 / 7.0);
}

/// burn-train pools all pixels, and leaves out the background. Its Dice metric needs Burn's `vision`, which only the feature
/// `mnist` turns on: `cargo test --features mnist --test metrics -- segmentation::`.
#[cfg(all(feature = "train", feature = "mnist"))]
#[test]
fn dice_agrees_with_burn_train() {
    use burn::{
        data::dataloader::Progress,
        train::metric::{
            Metric as _, MetricMetadata, Numeric, NumericEntry,
            vision::{DiceInput, DiceMetric},
        },
    };
    let device = Device::flex();
    device.seed(4);
    let metadata = MetricMetadata {
        progress: Progress {
            items_processed: 1,
            items_total: 1,
            unit: None,
        },
        iteration: Some(0),
        lr: None,
    };
    let mut theirs = DiceMetric::<4>::new();
    let dice = DiceScore::new(4).average(Micro).include_background(false);
    let mut ours = dice.global().accumulator();
    for _ in 0..3 {
        let (preds, target) = (labels([2, 8, 8], 4, &device), labels([2, 8, 8], 4, &device));
        let [masks, true_masks] = [&preds, &target].map(|map| one_hot(map.clone(), 4).int());
        theirs
            .update(&DiceInput::new(masks, true_masks), &metadata)
            .unwrap();
        ours.update((preds, target)).unwrap();
    }
    let (ours, NumericEntry::Final(theirs)) = (ours.compute().unwrap(), theirs.final_value())
    else {
        panic!("a final value");
    };
    assert!(
        (ours - theirs).abs() < 1e-7,
        "{ours}, and {theirs} of burn-train"
    );
}

#[test]
fn a_bootstrap_has_the_value_of_all_samples() {
    let device = Device::flex();
    device.seed(5);
    let map = || labels([6, 7, 7], 3, &device);
    let (preds, target) = (map(), map());
    let batch = || (preds.clone(), target.clone());
    fn check<M>(metric: M, batch: (Tensor<3, Int>, Tensor<3, Int>))
    where
        M: Metric<Value = f64>,
        M::Statistic: Statistic<Input = SegmentationInput> + burn_metrics::combinator::Resample,
    {
        let value = metric.evaluate(batch.clone()).unwrap();
        let replicated = metric.bootstrap(20).evaluate(batch).unwrap();
        assert!(close(&[replicated.value], &[value], 1e-12));
        let distinct = replicated.replicates.iter().any(|other| *other != value);
        assert!(distinct, "replicates differ");
    }
    check(DiceScore::new(3), batch());
    check(MeanIoU::new(3), batch());
    check(MeanIoU::new(3).global(), batch());
    check(HausdorffDistance::new(3).percentile(90.0), batch());
}

#[test]
fn pairs_without_a_value_are_left_out() {
    let device = Device::flex();
    let (preds, target) = (
        map(&[[0, 0, 1, 1], [2, 0, 0, 0]], &device),
        map(&[[0, 0, 0, 1], [0, 0, 0, 0]], &device),
    );
    let batch = || (preds.clone(), target.clone());
    // Class 2 is only predicted, and class 3 is in neither.
    let dice = DiceScore::new(4)
        .include_background(false)
        .average(PerClass);
    let value = dice.evaluate(batch()).unwrap();
    assert_eq!(value[..2], [2.0 / 3.0, 0.0]);
    assert!(value[2].is_nan());
    let distance = HausdorffDistance::new(4);
    assert_eq!(distance.evaluate(batch()).unwrap(), f64::INFINITY);
    let diagonal = distance.clone().empty_mask(EmptyMask::Diagonal);
    let of_pairs = diagonal.clone().per_sample().evaluate(batch()).unwrap();
    assert_eq!(of_pairs[..2], [1.0, 10f64.sqrt()]);
    assert!(of_pairs[2].is_nan());
    let taxicab = diagonal
        .distance_metric(DistanceMetric::Taxicab)
        .spacing([2.0, 1.0]);
    assert_eq!(taxicab.evaluate(batch()).unwrap(), (1.0 + 5.0) / 2.0);
    let skipped = distance.empty_mask(EmptyMask::Skip);
    assert_eq!(skipped.clone().evaluate(batch()).unwrap(), 1.0);
    assert_eq!(skipped.median().evaluate(batch()).unwrap(), 1.0);

    let nothing = map(&[[0; 4]; 2], &device);
    let error = HausdorffDistance::new(4).evaluate((nothing.clone(), nothing));
    assert!(matches!(error, Err(MetricError::Empty { .. })), "{error:?}");
}

/// The error of an update, after which the state is as before.
fn refused<M>(metric: M, good: InputOf<M>, bad: impl Into<InputOf<M>>) -> String
where
    M: Metric + 'static,
    M::Statistic: 'static,
{
    let mut accumulator = metric.accumulator();
    accumulator.update(good).unwrap();
    let before = accumulator.to_bytes().unwrap();
    let error = accumulator.update(bad).unwrap_err();
    assert_eq!(before, accumulator.to_bytes().unwrap(), "{error}");
    error.to_string()
}

#[test]
fn wrong_labels_are_shown_with_their_sample() {
    let device = Device::flex();
    let good = || labels([3, 2, 4], 2, &device);
    let wrong = |at: usize, label: i64| {
        let mut data = vec![0; 24];
        data[at] = label;
        Tensor::<3, Int>::from_data(TensorData::new(data, [3, 2, 4]), &device)
    };
    let batch = || (good(), good()).into();
    let of_target = || (good(), wrong(17, 255));
    insta::assert_snapshot!(
        refused(DiceScore::new(2), batch(), of_target()),
        @"Dice score: 1 target label is outside 0..2, for example 255 at sample 2 (labels to ignore need `ignore_index`)"
    );
    insta::assert_snapshot!(
        refused(MeanIoU::new(2).global(), batch(), of_target()),
        @"Mean IoU (global): 1 target label is outside 0..2, for example 255 at sample 2 (labels to ignore need `ignore_index`)"
    );
    insta::assert_snapshot!(
        refused(HausdorffDistance::new(2).ignore_index(-1), batch(), of_target()),
        @"Hausdorff distance: 1 target label is outside 0..2, for example 255 at sample 2 (only -1 is ignored)"
    );
    insta::assert_snapshot!(
        refused(BoundaryIoU::new(2), batch(), (wrong(9, -3), good())),
        @"Boundary IoU: 1 predicted label is outside 0..2, for example -3 at sample 1"
    );
    let nan = Tensor::<4>::full([3, 2, 2, 4], f32::NAN, &device);
    let scores = nan.slice_fill([1..3, 0..2, 0..2, 0..4], 0.5);
    insta::assert_snapshot!(
        refused(SurfaceDice::new(2, 1.0), batch(), (scores.clone(), good())),
        @"Surface Dice (tolerance 1): 8 elements have a NaN score"
    );
    insta::assert_snapshot!(
        refused(DiceScore::new(2), batch(), (scores, good())),
        @"Dice score: 8 elements have a NaN score"
    );
    let weights = Tensor::<1>::from_floats([1.0, -1.0, 1.0], &device);
    insta::assert_snapshot!(
        refused(DiceScore::new(2), batch(), (good(), good(), weights)),
        @"Dice score: 1 element has a weight that is negative, infinite or NaN"
    );
}

#[test]
fn batches_and_options_that_do_not_fit_are_explained() {
    let device = Device::flex();
    let map = || labels([3, 2, 4], 2, &device);
    let masks = || one_hot(map(), 2);
    let batch = || (map(), map()).into();
    let scores = |classes: usize| Tensor::<4>::zeros([3, classes, 2, 4], &device);
    let dice = || DiceScore::new(2);
    insta::assert_snapshot!(
        refused(dice(), batch(), (scores(3), map())),
        @"scores: expected shape [batch, classes = 2, ...], got [3, 3, 2, 4]"
    );
    insta::assert_snapshot!(
        refused(dice(), batch(), (scores(2), labels([3, 4, 2], 2, &device))),
        @"target: expected shape [3, 2, 4], that of the scores [3, 2, 2, 4] without classes, got [3, 4, 2]"
    );
    insta::assert_snapshot!(
        refused(dice(), batch(), (map(), labels([2, 2, 4], 2, &device))),
        @"target: expected shape [3, 2, 4], that of the predictions, got [2, 2, 4]"
    );
    let flat = || Tensor::<1, Int>::zeros([3], &device);
    insta::assert_snapshot!(
        refused(dice(), batch(), (flat(), flat())),
        @"target: expected shape [batch, ...], with the dimensions of an image or a volume, got [3]"
    );
    insta::assert_snapshot!(
        refused(DiceScore::new(2), batch(), (one_hot(map(), 3), one_hot(map(), 3))),
        @"predicted masks: expected shape [batch, classes = 2, ...], got [3, 3, 2, 4]"
    );
    insta::assert_snapshot!(
        refused(dice(), batch(), (map(), map(), Tensor::<1>::ones([2], &device))),
        @"weights: expected shape [3], one per sample, got [2]"
    );
    insta::assert_snapshot!(
        dice().ignore_index(255).evaluate((masks(), masks())).unwrap_err(),
        @"ignore_index: expected the index of a target mask, below 2, because the target is masks, got 255"
    );
    insta::assert_snapshot!(
        DiceScore::new(0).evaluate((map(), map())).unwrap_err(),
        @"classes: expected from 1 to 65536, got 0"
    );
    insta::assert_snapshot!(
        HausdorffDistance::new(2).ignore_index(1).evaluate((map(), map())).unwrap_err(),
        @"classes: expected a class that is neither the background nor ignored, got none"
    );
    insta::assert_snapshot!(
        HausdorffDistance::new(2).spacing([1.0, 2.0, 3.0]).evaluate((map(), map())).unwrap_err(),
        @"spacing: expected 2 positive numbers, one per dimension of a sample, got [1.0, 2.0, 3.0]"
    );
    insta::assert_snapshot!(
        HausdorffDistance::new(2).percentile(101.0).evaluate((map(), map())).unwrap_err(),
        @"percentile: expected from 0 to 100, got 101"
    );
    insta::assert_snapshot!(
        SurfaceDice::new(2, -1.0).evaluate((map(), map())).unwrap_err(),
        @"tolerances: expected 1 finite number that is not negative, got [-1.0]"
    );
    insta::assert_snapshot!(
        BoundaryIoU::new(2).distance(0).evaluate((map(), map())).unwrap_err(),
        @"distance: expected at least 1 pixel, got 0"
    );
    insta::assert_snapshot!(
        DiceScore::new(2).average(PerClass).median().evaluate((map(), map())).unwrap_err(),
        @"numbers: expected one number per sample for this reduction, or the mean of each number, got 2"
    );
}

#[test]
fn names_say_what_changes_the_value() {
    fn name<M: Measure, R: burn_metrics::measure::Reduction>(metric: SampleMetric<M, R>) -> String {
        metric.name().into_owned()
    }
    let names = [
        name(DiceScore::new(3)),
        name(DiceScore::new(3).average(Micro).include_background(false)),
        DiceScore::new(3)
            .average(PerClass)
            .global()
            .name()
            .into_owned(),
        name(GeneralizedDiceScore::new(3)),
        name(GeneralizedDiceScore::new(3).per_class()),
        name(MeanIoU::new(3)),
        MeanIoU::new(3).global().name().into_owned(),
        name(MeanIoU::new(3).per_sample()),
        name(HausdorffDistance::new(3).percentile(95.0).directed()),
        name(
            HausdorffDistance::new(3)
                .distance_metric(DistanceMetric::Chessboard)
                .spacing([1.0, 0.5])
                .empty_mask(EmptyMask::Diagonal)
                .include_background(true),
        ),
        name(AverageSurfaceDistance::new(3).average(PerClass)),
        name(SurfaceDice::new(3, 1.0).tolerances([1.0, 2.5])),
        name(BoundaryIoU::new(3).distance(3)),
        name(VolumeDifference::new(3).signed()),
        name(RelativeVolumeDifference::new(3).median()),
    ];
    insta::assert_snapshot!(names.join("\n"), @r"
    Dice score
    Dice score (micro, without background)
    Dice score (per class, global)
    Generalized Dice score
    Generalized Dice score (per class)
    Mean IoU
    Mean IoU (global)
    Mean IoU (per sample)
    95% Hausdorff distance (directed)
    Hausdorff distance (chessboard, spacing 1 x 0.5, diagonal if empty, with background)
    Average surface distance (per class)
    Surface Dice (tolerance 1 2.5)
    Boundary IoU (3 pixels)
    Volume difference (signed)
    Relative volume difference (median)
    ");
}

#[cfg(feature = "catalog")]
#[test]
fn a_described_boundary_width_can_be_read() {
    let catalog = burn_metrics::Catalog::<SegmentationInput>::default();
    let metrics = Collection::new().with(BoundaryIoU::new(2).distance(3));
    let description = catalog.describe(&metrics).unwrap();
    let again = catalog.collection(&description).unwrap();
    assert_eq!(catalog.describe(&again).unwrap(), description);
}
