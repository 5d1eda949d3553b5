//! Shapes.

use burn::tensor::Device;
use burn_metrics::shape::{ProcrustesDisparity, ShapesInput};

use super::{Domain, FromGolden, metric};
use crate::common::golden::Input;

pub static DOMAIN: Domain = Domain::new(
    "shape",
    &[("procrustes_disparity", |case| {
        match case.text("reduction") {
            None => metric(ProcrustesDisparity::new()),
            Some("sum") => metric(ProcrustesDisparity::new().sum()),
            other => panic!("no reduction {other:?}"),
        }
    })],
);

#[test]
fn cases() {
    DOMAIN.check();
}

impl FromGolden for ShapesInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let (preds, target) = (input.preds(), input.target());
        (preds.floats::<3>(device), target.floats::<3>(device)).into()
    }
}
