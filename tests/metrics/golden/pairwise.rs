//! Similarities and distances between all rows.

use burn::tensor::{Device, Tensor};
use burn_metrics::{pairwise::*, prelude::*};

use super::{Devices, Domain, Subject, function};
use crate::common::golden::Case;

pub static DOMAIN: Domain = Domain::new(
    "pairwise",
    &[
        ("pairwise_cosine_similarity", |_| of(Pairwise::cosine())),
        ("pairwise_euclidean_distance", |_| of(Pairwise::euclidean())),
        ("pairwise_linear_similarity", |_| of(Pairwise::linear())),
        ("pairwise_manhattan_distance", |_| of(Pairwise::manhattan())),
        ("pairwise_minkowski_distance", |case| {
            of(Pairwise::minkowski(case.number("exponent").unwrap_or(2.0)))
        }),
    ],
)
.devices(|_| Devices::All);

#[test]
fn cases() {
    DOMAIN.check();
}

fn of(measure: Pairwise) -> Box<dyn Subject> {
    function(move |case, device| value(measure, case, device))
}

fn value(mut measure: Pairwise, case: &Case, device: &Device) -> Result<Vec<f64>> {
    let reduction = case.text("reduction");
    // By default, the diagonal is zero within one set of rows.
    let zero = case.option("zero_diagonal").map(|zero| zero == true);
    let x = case.input.preds().floats::<2>(device);
    let other = case.input.find("target");
    if other.is_none() && zero != Some(false) {
        return Ok(match reduction {
            Some("sum") => read(measure.sum_within(x)?),
            Some("mean") => read(measure.mean_within(x)?),
            _ => read(measure.within(x)?),
        });
    }
    let y = other.map_or_else(|| x.clone(), |rows| rows.floats::<2>(device));
    if zero == Some(true) {
        measure = measure.zero_diagonal();
    }
    Ok(match reduction {
        Some("sum") => read(measure.sum(x, y)?),
        Some("mean") => read(measure.mean(x, y)?),
        _ => read(measure.matrix(x, y)?),
    })
}

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter().collect()
}
