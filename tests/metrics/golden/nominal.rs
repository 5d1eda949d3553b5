//! Association of nominal data, and agreement of raters.

use burn::tensor::Device;
use burn_metrics::nominal::*;

use super::{Devices, Domain, Expect, FromGolden, clustering::precise, function, metric};
use crate::common::{
    Tolerance,
    golden::{Array, Case, Input},
};

pub static DOMAIN: Domain = Domain::new(
    "nominal",
    &[
        ("cramers_v", |case| metric(cramers_v(case))),
        ("tschuprows_t", |case| metric(tschuprows_t(case))),
        ("pearsons_contingency_coefficient", |case| {
            metric(pearsons_contingency_coefficient(case))
        }),
        ("theils_u", |case| metric(theils_u(case))),
        ("fleiss_kappa", |case| {
            // Ours looks at the type of the ratings.
            case.option("mode");
            metric(FleissKappa::new())
        }),
        ("cramers_v_matrix", |_| {
            function(|case, device| {
                let matrix = cramers_v_matrix(&cramers_v(case), columns(case, device))?;
                Ok(matrix.concat())
            })
        }),
        ("tschuprows_t_matrix", |_| {
            function(|case, device| {
                let matrix = tschuprows_t_matrix(&tschuprows_t(case), columns(case, device))?;
                Ok(matrix.concat())
            })
        }),
        ("pearsons_contingency_coefficient_matrix", |_| {
            function(|case, device| {
                let coefficient = pearsons_contingency_coefficient(case);
                let columns = columns(case, device);
                let matrix = pearsons_contingency_coefficient_matrix(&coefficient, columns)?;
                Ok(matrix.concat())
            })
        }),
        ("theils_u_matrix", |_| {
            function(|case, device| {
                let matrix = theils_u_matrix(&theils_u(case), columns(case, device))?;
                Ok(matrix.concat())
            })
        }),
    ],
)
.expect(|case| {
    // All samples are dropped, and the reference gives what comes of it.
    let dropped = case.text("nan_strategy") == Some("drop");
    match case.input_name() == "nominal_nan_all" && dropped {
        true => Expect::Undefined,
        false => Expect::right(case),
    }
})
.tolerance(|case, device| match is_matrix(case) {
    true => Tolerance::new(1e-9),
    false => precise(case, device),
})
.devices(|case| match is_matrix(case) {
    true => Devices::All,
    false => Devices::Sampled,
});

#[test]
fn cases() {
    DOMAIN.check();
}

fn is_matrix(case: &Case) -> bool {
    case.metric.ends_with("_matrix")
}

fn cramers_v(case: &Case) -> CramersV {
    let metric = CramersV::new().nan_strategy(nan_strategy(case));
    metric.bias_correction(bias_correction(case))
}

fn tschuprows_t(case: &Case) -> TschuprowsT {
    let metric = TschuprowsT::new().nan_strategy(nan_strategy(case));
    metric.bias_correction(bias_correction(case))
}

fn pearsons_contingency_coefficient(case: &Case) -> PearsonsContingencyCoefficient {
    PearsonsContingencyCoefficient::new().nan_strategy(nan_strategy(case))
}

fn theils_u(case: &Case) -> TheilsU {
    TheilsU::new().nan_strategy(nan_strategy(case))
}

fn nan_strategy(case: &Case) -> NanStrategy {
    // Ours needs no number of classes.
    case.option("num_classes");
    match case.text("nan_strategy") {
        Some("drop") => NanStrategy::Ignore,
        _ => NanStrategy::Replace(case.number("nan_replace_value").unwrap_or(0.0)),
    }
}

fn bias_correction(case: &Case) -> bool {
    case.option("bias_correction")
        .is_none_or(|correct| correct == true)
}

fn columns(case: &Case, device: &Device) -> CategoryColumns {
    let columns = case.input.preds();
    match columns.is_float() {
        true => columns.floats::<2>(device).into(),
        false => columns.ints::<2>(device).into(),
    }
}

impl FromGolden for NominalInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let categories = |column: &Array| -> Categories {
            match column.is_float() {
                true => column.floats::<1>(device).into(),
                false => column.ints::<1>(device).into(),
            }
        };
        (categories(input.preds()), categories(input.target())).into()
    }
}

impl FromGolden for RatingsInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let ratings = input.preds();
        match ratings.is_float() {
            true => ratings.floats::<3>(device).into(),
            false => ratings.ints::<2>(device).into(),
        }
    }
}
