//! Pairwise similarities and distances: gradients, tiles, and errors.
#![cfg(feature = "flex")]

use crate::common::{close, devices};
use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};
use burn_metrics::{
    pairwise::{self, *},
    prelude::*,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter().collect()
}

const MEASURES: [Pairwise; 7] = [
    Pairwise::cosine(),
    Pairwise::linear(),
    Pairwise::euclidean(),
    Pairwise::manhattan(),
    Pairwise::minkowski(1.0),
    Pairwise::minkowski(1.5),
    Pairwise::minkowski(4.0),
];

fn doubles(rows: &[f64], columns: usize, device: &Device) -> Tensor<2> {
    let data = TensorData::new(rows.to_vec(), [rows.len() / columns, columns]);
    Tensor::from_data(data, (device, DType::F64))
}

fn random(n: usize, random: &mut StdRng) -> Vec<f64> {
    (0..n).map(|_| random.random_range(-2.0..2.0)).collect()
}

#[test]
#[cfg(feature = "autodiff")]
fn gradients_are_those_of_finite_differences() {
    let mut rng = StdRng::seed_from_u64(3);
    let (x, y, by) = (
        random(4 * 3, &mut rng),
        random(5 * 3, &mut rng),
        random(20, &mut rng),
    );
    let plain = Device::flex();
    for measure in MEASURES.into_iter().flat_map(|m| [m, m.zero_diagonal()]) {
        let loss = |x: &[f64], y: &[f64]| -> f64 {
            let pair = (doubles(x, 3, &plain), doubles(y, 3, &plain));
            let values = read(measure.matrix(pair.0, pair.1).unwrap());
            values.iter().zip(&by).map(|(value, by)| value * by).sum()
        };
        let device = Device::flex().autodiff();
        let (a, b) = (doubles(&x, 3, &device), doubles(&y, 3, &device));
        let (a, b) = (a.require_grad(), b.require_grad());
        let values = measure.matrix(a.clone(), b.clone()).unwrap();
        let gradients = (values * doubles(&by, 5, &device)).sum().backward();
        for (of_x, tensor) in [(true, a), (false, b)] {
            let got = read(tensor.grad(&gradients).expect("a gradient"));
            let h = 1e-6;
            let difference = |at: usize| {
                let moved = |by: f64| {
                    let (mut x, mut y) = (x.clone(), y.clone());
                    let side = if of_x { &mut x } else { &mut y };
                    side[at] += by;
                    loss(&x, &y)
                };
                (moved(h) - moved(-h)) / (2.0 * h)
            };
            let expected: Vec<_> = (0..got.len()).map(difference).collect();
            assert!(
                close(&got, &expected, 1e-6),
                "{got:?} instead of {expected:?} of {measure:?}"
            );
        }
    }
}

#[test]
#[cfg(feature = "autodiff")]
fn gradients_where_rows_are_equal_or_zero_are_numbers() {
    let device = Device::flex().autodiff();
    for measure in MEASURES {
        let rows = Tensor::<2>::from_floats([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0]], &device);
        let rows = rows.require_grad();
        let gradients = measure.within(rows.clone()).unwrap().sum().backward();
        let got = read(rows.grad(&gradients).expect("a gradient"));
        assert!(got.iter().all(|n| n.is_finite()), "{got:?} of {measure:?}");
    }
}

#[test]
fn small_distances_of_large_numbers_are_right() {
    for (name, device) in devices() {
        // 1000.01 is not an `f32`; the distance of what is one is exact.
        let near = 1000.01f32;
        let x = Tensor::<2>::from_floats([[1000.0, -1000.0]], &device);
        let y =
            Tensor::<2>::from_floats([[near, -1000.0], [near, -near], [-1000.0, 1000.0]], &device);
        let gap = f64::from(near) - 1000.0;
        let expected = [gap, gap * 2f64.sqrt(), 2000.0 * 2f64.sqrt()];
        for (got, expected) in read(euclidean_distance(x, y).unwrap()).iter().zip(expected) {
            let error = (got - expected).abs() / expected;
            assert!(error < 1e-6, "{got} instead of {expected} on {name}");
        }
    }
}

#[test]
fn tiles_give_what_the_whole_gives() {
    let mut rng = StdRng::seed_from_u64(4);
    // Of so many features, tiles do not have all columns.
    let (n, m, features) = (40, 150, 700);
    let (x, y) = (
        random(n * features, &mut rng),
        random(m * features, &mut rng),
    );
    let plain = Device::flex();
    for (name, device) in devices() {
        if !device.supports_dtype(FloatDType::F64) {
            continue;
        }
        for measure in MEASURES.map(|m| m.zero_diagonal()) {
            // Vulkan has no powers in f64.
            let powers = [1.5, 4.0].map(|p| Pairwise::minkowski(p).zero_diagonal());
            if name == "wgpu" && powers.contains(&measure) {
                continue;
            }
            let tolerance = 1e-9;
            let on = |rows: &[f64], device| doubles(rows, features, device);
            let whole = read(measure.matrix(on(&x, &plain), on(&y, &plain)).unwrap());
            let got = read(measure.matrix(on(&x, &device), on(&y, &device)).unwrap());
            assert!(close(&got, &whole, tolerance), "{measure:?} on {name}");
            let sums: Vec<f64> = whole.chunks(m).map(|row| row.iter().sum()).collect();
            let got = read(measure.sum(on(&x, &device), on(&y, &device)).unwrap());
            assert!(
                close(&got, &sums, tolerance),
                "sums of {measure:?} on {name}"
            );
            assert!(
                (0..n).all(|i| whole[i * m + i] == 0.0),
                "the diagonal of {measure:?}"
            );
        }
    }
}

#[test]
fn numbers_whose_squares_overflow() {
    for (name, device) in devices() {
        let x = Tensor::<2>::from_floats([[1e30, 2e30], [1e-30, 2e-30]], &device);
        let cosines = read(pairwise::cosine_similarity(x.clone(), x.clone()).unwrap());
        assert!(close(&cosines, &[1.0; 4], 1e-6), "{cosines:?} on {name}");
        let distances = read(minkowski_distance(x.clone(), x, 3.0).unwrap());
        let expected = 9f64.cbrt() * 1e30;
        assert!(
            close(&distances, &[0.0, expected, expected, 0.0], 1e-6),
            "{distances:?} on {name}"
        );
    }
}

#[test]
fn no_rows_and_no_features() {
    for (name, device) in devices() {
        for measure in MEASURES {
            let rows = |n: usize, features: usize| Tensor::<2>::zeros([n, features], &device);
            let dims = |x, y| measure.matrix(x, y).unwrap().dims();
            assert_eq!(dims(rows(0, 3), rows(2, 3)), [0, 2], "{name}");
            assert_eq!(dims(rows(2, 3), rows(0, 3)), [2, 0], "{name}");
            assert_eq!(
                read(measure.matrix(rows(1, 0), rows(2, 0)).unwrap()),
                [0.0; 2]
            );
            assert_eq!(read(measure.sum(rows(2, 3), rows(0, 3)).unwrap()), [0.0; 2]);
            let mean = read(measure.mean(rows(2, 3), rows(0, 3)).unwrap());
            assert!(mean.iter().all(|n| n.is_nan()), "{name}");
        }
    }
}

#[test]
fn errors_say_what_was_expected() {
    for (_, device) in devices() {
        let rows = |n: usize, features: usize| Tensor::<2>::ones([n, features], &device);
        let error = euclidean_distance(rows(2, 3), rows(2, 4)).unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"y: expected shape [rows, 3], as long as the rows of x, got [2, 4]");
        }
        for exponent in [0.5, f64::NAN, f64::INFINITY] {
            let error = minkowski_distance(rows(2, 3), rows(2, 3), exponent).unwrap_err();
            assert!(matches!(error, MetricError::Config { .. }), "{error}");
        }
        let error = Pairwise::minkowski(0.5)
            .sum(rows(2, 3), rows(2, 3))
            .unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"exponent: expected a number of at least 1, got 0.5");
        }
    }
}

#[test]
fn measures_are_plain_data() {
    for measure in MEASURES {
        let text = serde_json::to_string(&measure.zero_diagonal()).unwrap();
        assert_eq!(
            measure.zero_diagonal(),
            serde_json::from_str(&text).unwrap(),
            "{text}"
        );
    }
}
