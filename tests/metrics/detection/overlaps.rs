//! Overlaps of boxes as tensor functions: the same numbers as the metrics, on every device, and gradients.

use burn::tensor::{Device, Tensor, Tolerance};
use burn_metrics::{
    Result,
    detection::{box_iou, complete_box_iou, distance_box_iou, generalized_box_iou, parts::*},
};

const BOXES: [[f32; 4]; 5] = [
    [0.0, 0.0, 10.0, 10.0],
    [2.0, 3.0, 9.0, 12.0],
    [20.0, 0.0, 24.0, 40.0],
    [-5.0, -5.0, 0.5, 0.5],
    [3.0, 3.0, 4.0, 4.0],
];

type Function = fn(Tensor<2>, Tensor<2>) -> Result<Tensor<2>>;
type Number = fn(&[f64; 4], &[f64; 4]) -> f64;

const ALL: [(Function, Number); 4] = [
    (box_iou, PlainIou::of),
    (generalized_box_iou, GeneralizedIou::of),
    (distance_box_iou, DistanceIou::of),
    (complete_box_iou, CompleteIou::of),
];

#[test]
fn tensors_give_the_numbers_of_the_metrics() {
    for (name, device) in crate::common::devices() {
        let a = Tensor::<2>::from_floats(BOXES, &device);
        let b = a.clone().narrow(0, 0, 3);
        for (function, number) in ALL {
            let matrix = function(a.clone(), b.clone()).unwrap();
            assert_eq!(matrix.dims(), [5, 3]);
            let numbers = BOXES.iter().flat_map(|a| {
                let wide = |own: &[f32; 4]| own.map(f64::from);
                BOXES[..3].iter().map(move |b| number(&wide(a), &wide(b)))
            });
            let expected = burn::tensor::TensorData::new(numbers.collect::<Vec<_>>(), [5, 3]);
            matrix
                .into_data()
                .assert_approx_eq::<f32>(&expected.convert::<f32>(), Tolerance::absolute(1e-5));
            let _ = name;
        }
    }
}

#[test]
fn shapes_are_checked() {
    let device = Device::flex();
    let wrong = box_iou(
        Tensor::zeros([2, 4], &device),
        Tensor::zeros([2, 5], &device),
    )
    .unwrap_err();
    insta::assert_snapshot!(wrong, @"second boxes: expected shape [boxes, 4], got [2, 5]");
}

/// Gradient descent moves a box onto another one, whichever the loss.
#[cfg(feature = "autodiff")]
#[test]
fn overlaps_are_losses() {
    let device = Device::flex().autodiff();
    let target = || Tensor::<2>::from_floats([[4.0, 3.0, 14.0, 18.0]], &device);
    for (function, _) in ALL {
        let mut found = Tensor::<2>::from_floats([[0.0, 0.0, 8.0, 6.0]], &device).require_grad();
        for step in 0..400 {
            let loss = function(found.clone(), target()).unwrap();
            let gradient = found.grad(&loss.sum().backward()).unwrap();
            let moved = found.inner() + gradient * (4.0 * 0.99f64.powi(step));
            found = Tensor::from_inner(moved).require_grad();
        }
        let found: Vec<f32> = found.into_data().try_to_vec().unwrap();
        let found: Vec<f64> = found.into_iter().map(f64::from).collect();
        let overlap = PlainIou::of(
            found.as_slice().try_into().unwrap(),
            &[4.0, 3.0, 14.0, 18.0],
        );
        assert!(overlap > 0.9, "{found:?}");
    }
}
