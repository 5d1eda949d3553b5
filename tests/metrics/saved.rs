//! Saving, going on in another process, and bringing ranks together.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::common::numbers;
use burn::tensor::{Device, Distribution, Int, Tensor};
use burn_metrics::{
    combinator::MultiOutput,
    distributed::{Communicator, Threads},
    prelude::*,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

const CLASSES: usize = 3;

type Batch = (Tensor<2>, Tensor<1, Int>);

/// Scores and labels that depend on the index alone.
fn batch(index: usize, device: &Device) -> Batch {
    let mut random = StdRng::seed_from_u64(index as u64);
    let n = random.random_range(1..20);
    let scores: Vec<f32> = (0..n * CLASSES).map(|_| random.random()).collect();
    let labels: Vec<i32> = (0..n)
        .map(|_| random.random_range(0..CLASSES as i32))
        .collect();
    (
        Tensor::<1>::from_floats(scores.as_slice(), device).reshape([n, CLASSES]),
        Tensor::from_ints(labels.as_slice(), device),
    )
}

/// Counts and curves.
fn collection() -> Collection<ClassificationInput> {
    Collection::new()
        .with(Accuracy::multiclass(CLASSES))
        .with(F1::multiclass(CLASSES).average(Macro))
        .with(Auroc::multiclass(CLASSES))
        .with(AveragePrecision::multiclass(CLASSES))
        .with(CalibrationError::multiclass(CLASSES))
}

fn values(metrics: &mut Collection<ClassificationInput>) -> Vec<(String, f64)> {
    metrics.compute().unwrap().numbers().collect()
}

fn file(name: &str) -> PathBuf {
    env::temp_dir().join(format!("burn-metrics-{}-{name}", std::process::id()))
}

#[test]
fn restored_metrics_go_on_bit_for_bit() {
    for (name, device) in crate::common::devices() {
        let mut whole = collection();
        let mut first = collection();
        for index in 0..5 {
            whole.update(batch(index, &device)).unwrap();
            first.update(batch(index, &device)).unwrap();
        }
        let path = file(name);
        first.save(&path).unwrap();
        let mut second = collection();
        second.restore(&path).unwrap();
        fs::remove_file(path).unwrap();
        assert_eq!(second.updates(), 5);
        for index in 5..9 {
            whole.update(batch(index, &device)).unwrap();
            second.update(batch(index, &device)).unwrap();
        }
        assert_eq!(values(&mut whole), values(&mut second), "{name}");
    }
}

#[test]
fn files_that_do_not_fit_are_refused() {
    let device = Device::flex();
    let mut metrics = collection();
    metrics.update(batch(0, &device)).unwrap();
    let bytes = metrics.to_bytes().unwrap();
    let before = values(&mut metrics);

    for length in 0..bytes.len() {
        let error = metrics.restore_bytes(&bytes[..length]).unwrap_err();
        assert!(
            matches!(error, MetricError::State { .. }),
            "{length}: {error}"
        );
    }
    let mut longer = bytes.clone();
    longer.push(0);
    insta::assert_snapshot!(
        metrics.restore_bytes(&longer).unwrap_err(),
        @"state: expected what this crate has saved, got something else, or damaged data: the checksum is wrong"
    );
    let mut later = bytes.clone();
    later.truncate(bytes.len() - 4);
    let version = later.iter().position(|byte| *byte == 2).unwrap();
    later[version] = 3;
    later.extend(crc32fast::hash(&later).to_le_bytes());
    insta::assert_snapshot!(
        metrics.restore_bytes(&later).unwrap_err(),
        @"state: expected version 2 of the format, got version 3"
    );
    let mut other = collection().with(Accuracy::multiclass(CLASSES).top_k(2));
    assert!(other.restore_bytes(&bytes).is_err());
    let mut renamed = collection().with_prefix("valid ");
    assert!(renamed.restore_bytes(&bytes).is_err());
    assert!(matches!(
        metrics.restore(Path::new("/no/such/file")),
        Err(MetricError::File { .. })
    ));
    assert_eq!(values(&mut metrics), before);

    let mut accuracy = Accuracy::multiclass(CLASSES).accumulator();
    accuracy.update(batch(0, &device)).unwrap();
    let bytes = accuracy.to_bytes().unwrap();
    let mut other_metric = F1::multiclass(CLASSES).average(Micro).accumulator();
    assert!(other_metric.restore_bytes(&bytes).is_err());
    let mut more_classes = Accuracy::multiclass(CLASSES + 1).accumulator();
    insta::assert_snapshot!(
        more_classes.restore_bytes(&bytes).unwrap_err(),
        @r#"state: expected Accuracy of Tally<Multiclass, Global> {"classes":4,"top_k":1,"from_logits":false,"ignore_index":null}, got Accuracy of Tally<Multiclass, Global> {"classes":3,"top_k":1,"from_logits":false,"ignore_index":null}"#
    );
}

/// The process that is killed: saves after each batch and says so. Nothing unless it was started to that end.
#[test]
fn child() {
    let Some(path) = env::var_os("BURN_METRICS_STATE").map(PathBuf::from) else {
        return;
    };
    let device = Device::flex();
    let mut metrics = collection();
    if path.exists() {
        metrics.restore(&path).unwrap();
    }
    for index in metrics.updates() as usize.. {
        metrics.update(batch(index, &device)).unwrap();
        metrics.save(&path).unwrap();
        println!("saved {index}");
    }
}

#[test]
fn a_killed_process_loses_nothing() {
    let path = file("killed");
    let mut saved = 0;
    for _ in 0..3 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["saved::child", "--exact", "--nocapture"])
            .env("BURN_METRICS_STATE", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Wherever it is then: between batches, in one, or while it writes.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let progress = lines.map_while(Result::ok).filter_map(|line| {
            let index = line.split("saved ").nth(1)?;
            index.parse::<u64>().ok()
        });
        saved = progress.take(20).last().unwrap() + 1;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut resumed = collection();
    resumed.restore(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let updates = resumed.updates();
    assert!(saved >= 60 && updates >= saved, "{saved} {updates}");

    let mut whole = collection();
    for index in 0..updates as usize {
        whole.update(batch(index, &Device::flex())).unwrap();
    }
    assert_eq!(values(&mut whole), values(&mut resumed));
}

/// What each of the ranks gives.
fn on_ranks<T: Send>(size: usize, work: impl Fn(Threads) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let ranks = Threads::group(size).into_iter();
        let ranks: Vec<_> = ranks
            .map(|ranks| scope.spawn(move || work(ranks)))
            .collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

#[test]
fn ranks_with_unequal_shares_agree_with_one_process() {
    let device = Device::flex();
    let mut whole = collection();
    for index in 0..9 {
        whole.update(batch(index, &device)).unwrap();
    }
    let whole = values(&mut whole);
    for size in [1, 2, 4] {
        let all = on_ranks(size, |ranks| {
            let mut own = collection();
            let shares = (0..9).filter(|index| (index / 2).min(size - 1) == ranks.rank());
            let shares: Vec<usize> = shares.collect();
            for index in &shares {
                own.update(batch(*index, &device)).unwrap();
            }
            let mut total = own.synced(&ranks).unwrap();
            assert_eq!(total.updates(), 9);
            assert_eq!(own.updates(), shares.len() as u64);
            values(&mut total)
        });
        for values in &all {
            assert_eq!(values, &all[0]);
            for ((name, got), (_, expected)) in values.iter().zip(&whole) {
                assert!((got - expected).abs() < 1e-12, "{name}: {got} {expected}");
            }
        }
    }
}

#[test]
fn a_rank_may_have_seen_nothing() {
    let device = Device::flex();
    let alone = Accuracy::multiclass(CLASSES)
        .evaluate(batch(1, &device))
        .unwrap();
    let values = on_ranks(3, |ranks| {
        let mut own = Accuracy::multiclass(CLASSES).accumulator();
        if ranks.rank() == 1 {
            own.update(batch(1, &device)).unwrap();
        }
        own.synced(&ranks)?.compute()
    });
    for value in values {
        assert_eq!(value.unwrap(), alone);
    }
}

#[test]
fn accumulation_goes_on_after_an_exchange() {
    let device = Device::flex();
    let values = on_ranks(2, |ranks| {
        let mut own = Accuracy::multiclass(CLASSES).accumulator();
        let mut last = 0.0;
        for index in 0..3 {
            own.update(batch(2 * index + ranks.rank(), &device))
                .unwrap();
            last = own.synced(&ranks).unwrap().compute().unwrap();
        }
        last
    });
    let mut whole = Accuracy::multiclass(CLASSES).accumulator();
    for index in 0..6 {
        whole.update(batch(index, &device)).unwrap();
    }
    assert_eq!(values, [whole.compute().unwrap(); 2]);
}

#[test]
fn ranks_that_differ_all_get_the_same_error() {
    let errors = on_ranks(3, |ranks| {
        let top = if ranks.rank() == 2 { 2 } else { 1 };
        let mut own = Accuracy::multiclass(CLASSES).top_k(top).accumulator();
        let error = own.synced(&ranks).err().unwrap().to_string();
        // And they can go on to exchange.
        assert_eq!(
            ranks.all_gather(&[ranks.rank() as u8]).unwrap(),
            [[0], [1], [2]]
        );
        error
    });
    insta::assert_snapshot!(
        errors[0],
        @r#"state: expected Accuracy of Tally<Multiclass, Global> {"classes":3,"top_k":1,"from_logits":false,"ignore_index":null}, as on rank 0, got Top-2 accuracy of Tally<Multiclass, Global> {"classes":3,"top_k":2,"from_logits":false,"ignore_index":null} on rank 2"#
    );
    assert!(errors.iter().all(|error| *error == errors[0]));
}

#[test]
fn a_rank_that_leaves_is_not_waited_for() {
    let errors = on_ranks(2, |ranks| match ranks.rank() {
        0 => None,
        _ => MeanSquaredError::new().accumulator().synced(&ranks).err(),
    });
    insta::assert_snapshot!(
        errors[1].as_ref().unwrap(),
        @"could not exchange states with other ranks: rank 0 has left"
    );
}

#[test]
fn combined_metrics_are_saved_and_checked() {
    let device = Device::flex();
    let scores = Tensor::<2>::from_floats([[0.9, 0.2], [0.3, 0.1]], &device);
    let target = Tensor::<2, Int>::from_ints([[1, 1], [0, 0]], &device);
    fn saved<M: Metric>(metric: M, batch: burn_metrics::InputOf<M>) -> Vec<u8> {
        let mut accumulator = metric.accumulator();
        accumulator.update(batch).unwrap();
        let bytes = accumulator.to_bytes().unwrap();
        let mut again = metric.accumulator();
        again.restore_bytes(&bytes).unwrap();
        assert_eq!(
            numbers(&again.compute().unwrap()),
            numbers(&accumulator.compute().unwrap())
        );
        bytes
    }
    let two: MultiOutput<_> = Accuracy::binary().multi_output(2);
    let bytes = saved(two, (scores.clone(), target.clone()).into());
    let mut three = Accuracy::binary().multi_output(3).accumulator();
    assert!(three.restore_bytes(&bytes).is_err());

    let column = || {
        (
            scores.clone().slice([0..2, 0..1]).flatten::<1>(0, 1),
            target.clone().slice([0..2, 0..1]).flatten::<1>(0, 1),
        )
    };
    let bytes = saved(Accuracy::binary().running(2), column().into());
    let mut longer = Accuracy::binary().running(3).accumulator();
    assert!(longer.restore_bytes(&bytes).is_err());

    let bytes = saved(Accuracy::binary().bootstrap(10).seed(1), column().into());
    let mut other_seed = Accuracy::binary().bootstrap(10).seed(2).accumulator();
    assert!(other_seed.restore_bytes(&bytes).is_err());
}

/// What [`burn_metrics::distributed`] says of the bytes that a rank sends, line by line.
#[cfg(all(feature = "flex", feature = "shape"))]
#[test]
fn states_are_as_compact_as_the_docs_say() {
    let (n, device) = (100_000, Device::flex());
    fn bytes<M: Metric>(metric: M, batch: impl Into<burn_metrics::InputOf<M>>) -> usize {
        let mut accumulator = metric.accumulator();
        accumulator.update(batch).unwrap();
        accumulator.to_bytes().unwrap().len()
    }
    let random = |width| Tensor::<2>::random([n, width], Distribution::Default, &device);
    let scores = |classes| {
        let scores = random(classes);
        (
            scores.clone() / scores.sum_dim(1),
            Tensor::<1, Int>::ones([n], &device),
        )
    };
    let column = || random(1).squeeze_dim::<1>(1);
    let numbers = || (column(), column());
    let rows = || {
        let rows = random(10);
        (rows.clone(), rows.clone() + random(10))
    };
    let binary = || (column(), column().greater_elem(0.5).int());
    let weighted = || (column(), column().greater_elem(0.5).int(), column());
    let labels = || {
        (
            column().greater_elem(0.5).int(),
            column().greater_elem(0.5).int(),
        )
    };
    let points = || (random(8), (column() * 5.0).int());
    let measured = [
        bytes(Accuracy::multiclass(10), scores(10)),
        bytes(ConfusionMatrix::multiclass(10), scores(10)),
        bytes(CalibrationError::multiclass(10), scores(10)),
        bytes(HingeLoss::multiclass(10), scores(10)),
        bytes(
            LabelRankingLoss::multilabel(10),
            (random(10), random(10).greater_elem(0.5)),
        ),
        bytes(
            DemographicParity::new(3),
            (binary().0, binary().1, (column() * 3.0).int()),
        ),
        bytes(Auroc::binary().thresholds(200), binary()),
        bytes(Auroc::binary(), binary()),
        bytes(Auroc::multiclass(10), scores(10)),
        bytes(Auroc::binary(), weighted()),
        bytes(R2Score::new(), numbers()),
        bytes(MeanAbsoluteError::new(), numbers()),
        bytes(CosineSimilarity::new(), rows()),
        bytes(CosineSimilarity::new().per_sample(), rows()),
        bytes(SpearmanCorrCoef::new(), numbers()),
        bytes(Wasserstein1d::new(), numbers()),
        bytes(MutualInfoScore::new(), labels()),
        bytes(FleissKappa::new(), (random(5) * 4.0).int()),
        bytes(CalinskiHarabaszScore::new(), points()),
        bytes(DunnIndex::new(), points()),
        bytes(
            ProcrustesDisparity::new(),
            (random(6).reshape([n, 3, 2]), random(6).reshape([n, 3, 2])),
        ),
        bytes(MeanMetric::new(), column()),
        bytes(CatMetric::new(), column()),
        bytes(Accuracy::multiclass(10).bootstrap(1000), scores(10)),
        bytes(MeanAbsoluteError::new().bootstrap(100), numbers()),
    ];
    let docs = include_str!("../../src/distributed/mod.rs").lines();
    let rows = docs.filter_map(|line| line.strip_prefix("//! | ")?.strip_suffix(" |"));
    let rows = rows.skip(1).map(|row| row.rsplit_once(" | ").unwrap());
    let rows: Vec<_> = rows.collect();
    println!("{measured:?}");
    assert_eq!(rows.len(), measured.len());
    for ((metric, documented), measured) in rows.into_iter().zip(measured) {
        let documented: usize = documented.replace(' ', "").parse().unwrap();
        let near = documented.abs_diff(measured) <= 4 + documented / 50;
        assert!(near, "{metric}: {measured} instead of {documented}");
    }
}

/// One accumulation a device, merged: what one device would have given, in whatever order.
#[test]
fn accumulations_of_several_devices_are_merged() {
    let devices = crate::common::devices();
    let numbers = |index: usize, device: &Device| {
        let (scores, labels) = batch(index, device);
        let n = labels.dims()[0];
        (
            scores.narrow(1, 0, 1).reshape([n]),
            labels.clone().float() / 2.0,
        )
    };
    let errors = || {
        Collection::<RegressionInput>::new()
            .with(R2Score::new())
            .with(MeanAbsoluteError::new())
            .with(SpearmanCorrCoef::new())
            .with(CosineSimilarity::new())
            .with(
                MeanAbsoluteError::new()
                    .min_max()
                    .map(|range| range.max)
                    .named("worst"),
            )
    };
    let (mut whole, mut whole_errors) = (collection(), errors());
    let mut each: Vec<_> = devices.iter().map(|_| (collection(), errors())).collect();
    for index in 0..4 * devices.len() {
        let (_, device) = &devices[0];
        whole.update(batch(index, device)).unwrap();
        whole_errors.update(numbers(index, device)).unwrap();
        let place = index % devices.len();
        let (_, device) = &devices[place];
        each[place].0.update(batch(index, device)).unwrap();
        each[place].1.update(numbers(index, device)).unwrap();
    }
    for backwards in [false, true] {
        let mut each = each.clone();
        if backwards {
            each.reverse();
        }
        let (mut merged, mut merged_errors) = each.swap_remove(0);
        for (metrics, errors) in each {
            merged.merge(metrics).unwrap();
            merged_errors.merge(errors).unwrap();
        }
        let pairs = values(&mut merged).into_iter().zip(values(&mut whole));
        let errors: Vec<_> = merged_errors.compute().unwrap().numbers().collect();
        let whole: Vec<_> = whole_errors.compute().unwrap().numbers().collect();
        for ((name, got), (_, expected)) in pairs.chain(errors.into_iter().zip(whole)) {
            assert!(
                (got - expected).abs() < 1e-6,
                "{name}: {got} instead of {expected}"
            );
        }
    }
}

#[test]
fn states_of_other_configurations_are_not_resumed() {
    let device = Device::flex();
    let batch = |classes| {
        let labels = Tensor::<1, Int>::from_ints([0, 1, classes - 1], &device);
        (labels.clone(), labels)
    };
    for (from, to) in [(5, 3), (3, 5)] {
        let bootstrap = |classes: i32| Accuracy::multiclass(classes as usize).bootstrap(10);
        let mut other = bootstrap(from).accumulator();
        other.update(batch(from)).unwrap();
        let resumed = Accumulator::resume(bootstrap(to), other.state().clone());
        assert!(matches!(resumed.err(), Some(MetricError::State { .. })));

        let zipped = |classes: i32| {
            Accuracy::multiclass(classes as usize) - 0.5 * F1::multiclass(classes as usize)
        };
        let mut other = zipped(from).accumulator();
        other.update(batch(from)).unwrap();
        let resumed = Accumulator::resume(zipped(to), other.state().clone());
        assert!(matches!(resumed.err(), Some(MetricError::State { .. })));
    }
}
