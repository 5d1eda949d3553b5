//! Ready-made states: what waits on devices, and what comes of it.

use crate::common::devices;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use burn_metrics::{
    State,
    state::{Column, Counts, Mean, ReadRequests, settle},
};

fn waiting(state: &impl State) -> usize {
    let mut requests = ReadRequests::default();
    state.pending(&mut requests);
    requests.len()
}

#[test]
fn long_sums_stay_on_their_device_and_lose_nothing() {
    for (name, device) in devices() {
        let cells = 1 << 15;
        let table = Tensor::<1>::full([cells], 0.1, &device);
        let none = Tensor::<1>::zeros([5], &device);
        let table = Tensor::cat(vec![table, none], 0);
        let mut sums = Counts::default();
        for _ in 0..1000 {
            sums.add_weights(table.clone(), 1).unwrap();
            assert!(
                waiting(&sums) <= 2,
                "{name}: {} tensors wait",
                waiting(&sums)
            );
        }
        settle(&mut sums).unwrap();
        // In `f32` such a sum is off by 1e-6 of itself after as many additions.
        let expected = 1000.0 * f64::from(0.1f32);
        for cell in [0, 1, cells - 1] {
            let sum = sums.total().get(cell);
            assert!((sum / expected - 1.0).abs() < 1e-12, "{name}: {sum}");
        }
        assert_eq!(sums.total().seen(), 1000, "{name}");
    }
}

#[test]
fn many_results_are_few_tensors() {
    for (name, device) in devices() {
        let mut mean = Mean::default();
        for _ in 0..1000 {
            mean.add(Tensor::<1>::full([3], 2.0, &device)).unwrap();
        }
        assert!(
            waiting(&mean) < 100,
            "{name}: {} tensors wait",
            waiting(&mean)
        );
        settle(&mut mean).unwrap();
        assert_eq!(
            (mean.total().sum, mean.total().weight),
            (6000.0, 3000.0),
            "{name}"
        );
    }
}

#[test]
fn columns_are_typed_and_keep_their_order() {
    for (name, device) in devices() {
        let mut table = <(Column<f32>, Column<i64>)>::default();
        for row in 0..200i64 {
            let scores = Tensor::<1>::from_floats([row as f32 + 0.5, -1.0], &device);
            let ids = Tensor::<1, Int>::from_ints([row as i32, 7], &device);
            table.0.add(scores).unwrap();
            table.1.add(ids).unwrap();
        }
        assert!(
            waiting(&table) < 140,
            "{name}: {} tensors wait",
            waiting(&table)
        );
        let mut more = <(Column<f32>, Column<i64>)>::default();
        more.0.add_numbers(vec![0.25]);
        more.1.add_numbers(vec![-3]);
        settle(&mut table).unwrap();
        table.merge(more);
        let expected = |row: i64| [(row as f32 + 0.5, row), (-1.0, 7)];
        let expected = (0..200).flat_map(expected).chain([(0.25, -3)]);
        let (scores, ids) = table.total();
        assert!(
            scores.iter().copied().zip(ids.iter().copied()).eq(expected),
            "{name}"
        );

        let json = serde_json::to_string(&table).unwrap();
        let back: (Column<f32>, Column<i64>) = serde_json::from_str(&json).unwrap();
        assert_eq!(back.total(), table.total(), "{name}");
    }
}

#[test]
fn labels_beyond_32_bits_keep_their_digits() {
    let data = TensorData::new(vec![i64::MAX, i64::MIN, (1 << 53) + 1], [3]);
    let labels = Tensor::<1, Int>::from_data(data, (&Device::default(), DType::I64));
    let mut column = Column::<i64>::default();
    column.add(labels).unwrap();
    settle(&mut column).unwrap();
    let expected = [i64::MAX, i64::MIN, (1 << 53) + 1];
    assert_eq!(column.total(), expected);
    let json = serde_json::to_string(&column).unwrap();
    let back: Column<i64> = serde_json::from_str(&json).unwrap();
    assert_eq!(back.total(), expected);
}
