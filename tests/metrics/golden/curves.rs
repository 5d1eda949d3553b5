//! Curves, what is computed from them, and other metrics of scores.

use burn::tensor::Device;
use burn_metrics::{
    InputOf,
    classification::{Options, parts::*, *},
    measure::Reduction,
    prelude::*,
};

use super::{
    Domain, Expect, FromGolden, Subject,
    classification::{classes, ignored, thresholded},
    function, metric,
};
use crate::common::golden::{Case, Input, Numbers};

pub static DOMAIN: Domain = Domain::new(
    "curves",
    &[
        ("roc", |case| match case.text("task") {
            Some("binary") => resolved(case, Roc::binary()),
            Some("multilabel") => resolved(case, Roc::multilabel(classes(case))),
            _ => curve(case, Roc::multiclass(classes(case))),
        }),
        ("precision_recall_curve", |case| match case.text("task") {
            Some("binary") => resolved(case, PrecisionRecallCurve::binary()),
            Some("multilabel") => resolved(case, PrecisionRecallCurve::multilabel(classes(case))),
            _ => curve(case, PrecisionRecallCurve::multiclass(classes(case))),
        }),
        ("auroc", |case| match case.text("task") {
            Some("binary") => auroc(case),
            Some("multilabel") => averaged(case, Auroc::multilabel(classes(case))),
            _ => averaged(case, Auroc::multiclass(classes(case))),
        }),
        ("average_precision", |case| match case.text("task") {
            Some("binary") => resolved(case, AveragePrecision::binary()),
            Some("multilabel") => averaged(case, AveragePrecision::multilabel(classes(case))),
            _ => averaged(case, AveragePrecision::multiclass(classes(case))),
        }),
        ("eer", |case| match case.text("task") {
            Some("binary") => resolved(case, Eer::binary()),
            Some("multilabel") => averaged(case, Eer::multilabel(classes(case))),
            _ => averaged(case, Eer::multiclass(classes(case))),
        }),
        ("logauc", |case| {
            let range = case.numbers("fpr_range").unwrap_or(vec![0.001, 0.1]);
            let (low, high) = (range[0], range[1]);
            match case.text("task") {
                Some("binary") => resolved(case, LogAuc::binary().fpr_range(low, high)),
                Some("multilabel") => {
                    let metric = LogAuc::multilabel(classes(case));
                    averaged(case, metric.fpr_range(low, high))
                }
                _ => averaged(case, LogAuc::multiclass(classes(case)).fpr_range(low, high)),
            }
        }),
        ("recall_at_fixed_precision", |case| {
            fixed(
                case,
                "min_precision",
                RecallAtFixedPrecision::binary,
                RecallAtFixedPrecision::multiclass,
                RecallAtFixedPrecision::multilabel,
            )
        }),
        ("precision_at_fixed_recall", |case| {
            fixed(
                case,
                "min_recall",
                PrecisionAtFixedRecall::binary,
                PrecisionAtFixedRecall::multiclass,
                PrecisionAtFixedRecall::multilabel,
            )
        }),
        ("sensitivity_at_specificity", |case| {
            fixed(
                case,
                "min_specificity",
                SensitivityAtSpecificity::binary,
                SensitivityAtSpecificity::multiclass,
                SensitivityAtSpecificity::multilabel,
            )
        }),
        ("specificity_at_sensitivity", |case| {
            fixed(
                case,
                "min_sensitivity",
                SpecificityAtSensitivity::binary,
                SpecificityAtSensitivity::multiclass,
                SpecificityAtSensitivity::multilabel,
            )
        }),
        ("calibration_error", |case| match case.text("task") {
            Some("binary") => calibration(case, CalibrationError::binary()),
            _ => calibration(case, CalibrationError::multiclass(classes(case))),
        }),
        ("hinge_loss", |case| {
            match (case.text("task"), case.text("multiclass_mode")) {
                (Some("binary"), _) => hinge(case, HingeLoss::binary()),
                (_, Some("one-vs-all")) => {
                    hinge(case, HingeLoss::multiclass(classes(case)).one_vs_all())
                }
                _ => hinge(case, HingeLoss::multiclass(classes(case))),
            }
        }),
        ("coverage_error", |case| {
            let ranking = CoverageError::multilabel(ranked_labels(case));
            match ignored(case) {
                Some(index) => metric(ranking.ignore_index(index)),
                None => metric(ranking),
            }
        }),
        ("ranking_loss", |case| {
            let ranking = LabelRankingLoss::multilabel(ranked_labels(case));
            match ignored(case) {
                Some(index) => metric(ranking.ignore_index(index)),
                None => metric(ranking),
            }
        }),
        ("ranking_average_precision", |case| {
            let ranking = LabelRankingAveragePrecision::multilabel(ranked_labels(case));
            match ignored(case) {
                Some(index) => metric(ranking.ignore_index(index)),
                None => metric(ranking),
            }
        }),
        ("groups_stat_rates", |case| {
            metric(fairness(case, GroupStatRates::new(groups(case))))
        }),
        ("demographic_parity", |case| {
            let parity = fairness(case, DemographicParity::new(groups(case)));
            metric(parity.map(Listed::numbers))
        }),
        ("equal_opportunity", |case| {
            let opportunity = fairness(case, EqualOpportunity::new(groups(case)));
            metric(opportunity.map(Listed::numbers))
        }),
        ("fairness", |case| {
            let both = fairness(case, Fairness::new(groups(case)));
            metric(both.map(Listed::numbers))
        }),
        ("normalized_entropy", |case| {
            assert_eq!(case.text("task"), Some("binary"));
            match case.flag("from_logits") {
                true => metric(NormalizedEntropy::binary().from_logits()),
                false => metric(NormalizedEntropy::binary()),
            }
        }),
        ("auc", |_| {
            function(|case, _| {
                let numbers = |name| case.input.tensor(name).numbers();
                Ok(vec![auc(&numbers("x"), &numbers("y"), Rule::Trapezoid)?])
            })
        }),
    ],
)
.expect(expect);

#[test]
fn cases() {
    DOMAIN.check();
}

fn expect(case: &Case) -> Expect {
    let binned = case.option("thresholds");
    let oddity = case.oddity.as_str();
    let is_average = |names: &[&str]| case.text("average").is_some_and(|a| names.contains(&a));
    let right = match (case.metric.as_str(), oddity) {
        // The reference interpolates recall over precision, which does not rise: see the tests of curves.
        ("precision_recall_curve", _) if macro_average(case) => return Expect::Ours,
        // The reference's averages have zeros or curves of classes that have none.
        ("roc" | "eer" | "logauc", _)
            if is_average(&["macro", "weighted"]) && undefined_classes(case, true) =>
        {
            return Expect::Ours;
        }
        ("auroc", _) if is_average(&["weighted"]) && undefined_classes(case, true) => {
            return Expect::Ours;
        }
        // There is no value without positives or negatives.
        (_, "no-positives" | "no-negatives" | "logauc-from-zero") if !groups_of(case) => {
            return Expect::Undefined;
        }
        // The reference sorts equal rates as it happens, and lets an infinite area into the mean.
        ("logauc", "absent-class") if binned.is_none() => return Expect::Ours,
        ("logauc", _) if macro_average(case) && case.value.0.contains(&f64::INFINITY) => {
            return Expect::Ours;
        }
        // Areas reach the corners, also beside classes that have none.
        ("auroc", "absent-class" | "absent-label" | "full-label" | "single-class")
            if binned.is_some_and(|thresholds| thresholds.is_array()) =>
        {
            return Expect::Ours;
        }
        ("average_precision", "only-class-0") => return Expect::Ours,
        // A target that is no label is one, though this metric does not need the target.
        ("demographic_parity", _)
            if case.input_name() == "groups_ignore" && case.option("ignore_index").is_none() =>
        {
            return Expect::Ours;
        }
        // Averages of curves are those of the reference.
        ("roc" | "eer", _) if macro_average(case) => None,
        (
            _,
            "binned-open-ends"
            | "calibration-float32"
            | "calibration-one"
            | "eer-rounding"
            | "groups-renumbered"
            | "logauc-unstable-sort"
            | "nan-precision"
            | "only-class-0"
            | "ranking-ignore"
            | "ranking-loss-ties"
            | "saturated-logits",
        ) => case.right.as_ref(),
        _ => None,
    };
    let Numbers(expected) = right.unwrap_or(&case.value);
    let ours = |number: &f64| match case.metric.as_str() {
        // The reference's 1e6 says that there is no threshold.
        _ if *number == 1e6 => f64::NAN,
        // An infinite area says that there are no negatives.
        "logauc" if number.is_infinite() => f64::NAN,
        // The first threshold of scikit-learn's curve; TorchMetrics' is 1.
        "roc" if number.is_infinite() => 1.0,
        _ => *number,
    };
    Expect::Numbers(without_zeros(case, expected.iter().map(ours).collect()))
}

/// The value without the zeros that the reference has for classes without a curve: NaN per class, and left out of means.
fn without_zeros(case: &Case, expected: Vec<f64>) -> Vec<f64> {
    let several = case.text("task") != Some("binary");
    let labels = case.text("task") == Some("multilabel");
    let binned = case.option("thresholds").is_some();
    let zeros = match case.metric.as_str() {
        "auroc" => several,
        "average_precision" => several && (binned || labels),
        _ => false,
    };
    if !zeros {
        return expected;
    }
    let defined = defined_classes(case, case.metric == "auroc");
    let n = defined.iter().filter(|defined| **defined).count();
    match case.text("average") {
        Some("macro" | "weighted") if n == 0 => vec![f64::NAN],
        Some("macro") => {
            let share = defined.len() as f64 / n as f64;
            expected.iter().map(|mean| mean * share).collect()
        }
        Some("none") => {
            let both = expected.into_iter().zip(defined);
            let value = both.map(|(value, defined)| if defined { value } else { f64::NAN });
            value.collect()
        }
        _ => expected,
    }
}

fn undefined_classes(case: &Case, need_negatives: bool) -> bool {
    case.text("task") != Some("binary") && defined_classes(case, need_negatives).contains(&false)
}

/// Which classes have positives, and negatives if they are needed.
fn defined_classes(case: &Case, need_negatives: bool) -> Vec<bool> {
    let (target, size) = (case.input.target(), classes(case));
    let inner: usize = target.shape.iter().skip(2).product();
    let labels = target.integers().into_iter().enumerate();
    let counted = labels.filter(|(_, label)| ignored(case) != Some(*label));
    let labels: Vec<(usize, i64)> = counted.collect();
    let is_defined = |class: usize| {
        let own = |(at, label): &(usize, i64)| match case.text("task") {
            Some("multilabel") => (at / inner % size == class).then_some(*label == 1),
            _ => Some(*label == class as i64),
        };
        let of_class: Vec<bool> = labels.iter().filter_map(own).collect();
        of_class.contains(&true) && (!need_negatives || of_class.contains(&false))
    };
    (0..size).map(is_defined).collect()
}

fn macro_average(case: &Case) -> bool {
    case.text("average") == Some("macro")
}

fn groups_of(case: &Case) -> bool {
    case.input.find("groups").is_some()
}

/// A curve of several classes, which has no weighted average.
fn curve<F, A>(case: &Case, metric: Ranked<F, Multiclass, A>) -> Box<dyn Subject>
where
    F: MacroFormula<Value: Listed>,
{
    match case.text("average") {
        Some("macro") => resolved(case, metric.average(Macro)),
        Some("micro") => resolved(case, metric.average(Micro)),
        _ => resolved(case, metric.average(PerClass)),
    }
}

/// One number per class, averaged.
fn averaged<F, T, A>(case: &Case, metric: Ranked<F, T, A>) -> Box<dyn Subject>
where
    F: MacroFormula<Value = f64>,
    T: ScoredTask,
{
    match case.text("average") {
        Some("micro") => resolved(case, metric.average(Micro)),
        Some("macro") => resolved(case, metric.average(Macro)),
        Some("weighted") => resolved(case, metric.average(Weighted)),
        _ => resolved(case, metric.average(PerClass)),
    }
}

/// With the options that all curves have.
fn resolved<F, T, A>(case: &Case, mut of: Ranked<F, T, A>) -> Box<dyn Subject>
where
    F: CurveFormula,
    T: ScoredTask,
    A: CurveAverage<F, Value: Listed>,
{
    if let Some(index) = ignored(case) {
        of = of.ignore_index(index);
    }
    if case.flag("from_logits") {
        of = of.from_logits();
    }
    match case.option("thresholds") {
        None => metric(of.map(Listed::numbers)),
        Some(thresholds) if thresholds.is_number() => {
            let count = case.count("thresholds").expect("a number of thresholds");
            metric(of.thresholds(count).map(Listed::numbers))
        }
        Some(_) => {
            let list = case.numbers("thresholds").expect("thresholds");
            let list: Vec<f32> = list.into_iter().map(|t| t as f32).collect();
            metric(of.thresholds(list).map(Listed::numbers))
        }
    }
}

fn auroc(case: &Case) -> Box<dyn Subject> {
    if let Some(level) = case.number("confidence_interval") {
        return metric(Auroc::binary().confidence_interval(level));
    }
    match case.number("max_fpr") {
        Some(fpr) => resolved(case, Auroc::binary().max_fpr(fpr)),
        None => resolved(case, Auroc::binary()),
    }
}

/// The best point of each curve at which something is at least the minimum.
fn fixed<F>(
    case: &Case,
    minimum: &str,
    binary: fn(f64) -> Ranked<F, Binary, Micro>,
    multiclass: fn(usize, f64) -> Ranked<F, Multiclass, PerClass>,
    multilabel: fn(usize, f64) -> Ranked<F, Multilabel, PerClass>,
) -> Box<dyn Subject>
where
    F: CurveFormula<Value: Listed>,
{
    let minimum = case.number(minimum).expect("a minimum");
    match case.text("task") {
        Some("binary") => resolved(case, binary(minimum)),
        Some("multilabel") => resolved(case, multilabel(classes(case), minimum)),
        _ => resolved(case, multiclass(classes(case), minimum)),
    }
}

/// All numbers of a value, in the order of the golden ones.
trait Listed {
    fn numbers(self) -> Vec<f64>;
}

impl Listed for f64 {
    fn numbers(self) -> Vec<f64> {
        vec![self]
    }
}

impl Listed for AtThreshold {
    fn numbers(self) -> Vec<f64> {
        vec![self.value, self.threshold]
    }
}

impl Listed for RocCurve {
    fn numbers(self) -> Vec<f64> {
        [&*self.fpr, &*self.tpr, &*self.thresholds].concat()
    }
}

impl Listed for PrCurve {
    fn numbers(self) -> Vec<f64> {
        [&*self.precision, &*self.recall, &*self.thresholds].concat()
    }
}

impl Listed for Parity {
    fn numbers(self) -> Vec<f64> {
        vec![self.value, self.lowest as f64, self.highest as f64]
    }
}

impl Listed for Parities {
    fn numbers(self) -> Vec<f64> {
        [self.demographic_parity, self.equal_opportunity]
            .map(Listed::numbers)
            .concat()
    }
}

impl<V: Listed> Listed for Vec<V> {
    fn numbers(self) -> Vec<f64> {
        self.into_iter().flat_map(Listed::numbers).collect()
    }
}

fn calibration<T: ConfidentTask>(case: &Case, mut error: CalibrationError<T>) -> Box<dyn Subject> {
    error = error.bins(case.count("n_bins").unwrap_or(15));
    if let Some(index) = ignored(case) {
        error = error.ignore_index(index);
    }
    if case.flag("from_logits") {
        error = error.from_logits();
    }
    match case.text("norm") {
        Some("l2") => metric(error.l2()),
        Some("max") => metric(error.max()),
        _ => metric(error),
    }
}

fn hinge<T, M, R>(case: &Case, mut loss: HingeLoss<T, M, R>) -> Box<dyn Subject>
where
    T: ScoredTask,
    M: Margin,
    R: Reduction + 'static,
    HingeLoss<T, M, R>: Metric<Statistic: 'static> + 'static,
    InputOf<HingeLoss<T, M, R>>: FromGolden,
{
    if let Some(index) = ignored(case) {
        loss = loss.ignore_index(index);
    }
    // Only torchmetrics normalizes decision values.
    if case.flag("from_logits") && case.reference == "torchmetrics" {
        loss = loss.from_logits();
    }
    match case.flag("squared") {
        true => metric(loss.squared()),
        false => metric(loss),
    }
}

/// The number of labels of a ranking, which is the same of logits and of probabilities.
fn ranked_labels(case: &Case) -> usize {
    case.flag("from_logits");
    assert_eq!(case.text("task"), Some("multilabel"));
    classes(case)
}

/// The number of groups of a case.
fn groups(case: &Case) -> usize {
    let groups = case.input.tensor("groups").integers();
    groups.into_iter().max().map_or(0, |last| last as usize + 1)
}

fn fairness<M: Predicts<Task = Binary>>(case: &Case, of: M) -> M {
    assert_eq!(case.text("task"), Some("binary"));
    thresholded(case, of)
}

impl FromGolden for GroupedInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let (preds, target) = (input.preds(), input.target());
        let groups = input.tensor("groups").ints::<1>(device);
        match preds.rank() {
            1 => (preds.floats::<1>(device), target.ints::<1>(device), groups).into(),
            _ => (preds.floats::<2>(device), target.ints::<2>(device), groups).into(),
        }
    }
}
