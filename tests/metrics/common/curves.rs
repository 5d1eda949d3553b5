//! The metrics of `tests/golden/curves.json`.

use std::fmt::Debug;

use burn_metrics::{
    classification::{parts::*, *},
    prelude::*,
};

use super::{Case, GOLDEN, Visitor, flatten};

macro_rules! fixed {
    ($case:expr, $visitor:expr, $Formula:ident, $minimum:ident) => {{
        let minimum = $case.options.$minimum.expect("a minimum");
        match $case.task.as_str() {
            "binary" => resolved($case, $Formula::binary(minimum), $visitor),
            "multiclass" => resolved($case, $Formula::multiclass($case.size, minimum), $visitor),
            _ => resolved($case, $Formula::multilabel($case.size, minimum), $visitor),
        }
    }};
}

macro_rules! hinge {
    ($case:expr, $metric:expr, $visitor:expr) => {{
        let (mut metric, options) = ($metric, &$case.options);
        if let Some(index) = options.ignore_index {
            metric = metric.ignore_index(index);
        }
        // Only the reference normalizes decision values.
        if options.from_logits && $case.source == "torchmetrics" {
            metric = metric.from_logits();
        }
        if options.squared == Some(true) {
            metric = metric.squared();
        }
        $visitor.visit(metric)
    }};
}

macro_rules! ranking {
    ($case:expr, $Metric:ident, $visitor:expr) => {{
        let metric = $Metric::multilabel($case.size);
        match $case.options.ignore_index {
            Some(index) => $visitor.visit(metric.ignore_index(index)),
            None => $visitor.visit(metric),
        }
    }};
}

/// Shows the metric of a case to a visitor, if it is one of these.
pub fn with_metric(case: &Case, visitor: &mut impl Visitor) -> bool {
    let options = &case.options;
    match case.metric.as_str() {
        "roc" => listed::<Roc, _>(
            case,
            visitor,
            Roc::binary(),
            Roc::multiclass,
            Roc::multilabel,
        ),
        "precision_recall_curve" => listed(
            case,
            visitor,
            PrecisionRecallCurve::binary(),
            PrecisionRecallCurve::multiclass,
            PrecisionRecallCurve::multilabel,
        ),
        "auroc" => match options.max_fpr {
            Some(fpr) => resolved(case, Auroc::binary().max_fpr(fpr), visitor),
            None => scored(
                case,
                visitor,
                Auroc::binary(),
                Auroc::multiclass,
                Auroc::multilabel,
            ),
        },
        "average_precision" => scored(
            case,
            visitor,
            AveragePrecision::binary(),
            AveragePrecision::multiclass,
            AveragePrecision::multilabel,
        ),
        "eer" => scored(
            case,
            visitor,
            Eer::binary(),
            Eer::multiclass,
            Eer::multilabel,
        ),
        "logauc" => {
            let (lower, upper) = options.fpr_range.unwrap_or((0.001, 0.1));
            scored(
                case,
                visitor,
                LogAuc::binary().fpr_range(lower, upper),
                |classes| LogAuc::multiclass(classes).fpr_range(lower, upper),
                |labels| LogAuc::multilabel(labels).fpr_range(lower, upper),
            );
        }
        "recall_at_fixed_precision" => fixed!(case, visitor, RecallAtFixedPrecision, min_precision),
        "precision_at_fixed_recall" => fixed!(case, visitor, PrecisionAtFixedRecall, min_recall),
        "sensitivity_at_specificity" => {
            fixed!(case, visitor, SensitivityAtSpecificity, min_specificity)
        }
        "specificity_at_sensitivity" => {
            fixed!(case, visitor, SpecificityAtSensitivity, min_sensitivity)
        }
        "calibration_error" if case.task == "binary" => {
            calibration(case, CalibrationError::binary(), visitor)
        }
        "calibration_error" => calibration(case, CalibrationError::multiclass(case.size), visitor),
        "hinge_loss" if case.task == "binary" => hinge!(case, HingeLoss::binary(), visitor),
        "hinge_loss" => match options.multiclass_mode.as_deref() {
            Some("one-vs-all") => {
                hinge!(case, HingeLoss::multiclass(case.size).one_vs_all(), visitor)
            }
            _ => hinge!(case, HingeLoss::multiclass(case.size), visitor),
        },
        "coverage_error" => ranking!(case, CoverageError, visitor),
        "ranking_average_precision" => ranking!(case, LabelRankingAveragePrecision, visitor),
        "ranking_loss" => ranking!(case, LabelRankingLoss, visitor),
        "groups_stat_rates" => fairness(case, GroupStatRates::new(groups(case)), visitor),
        "demographic_parity" => fairness(case, DemographicParity::new(groups(case)), visitor),
        "equal_opportunity" => fairness(case, EqualOpportunity::new(groups(case)), visitor),
        "fairness" => fairness(case, Fairness::new(groups(case)), visitor),
        _ => return false,
    }
    true
}

type Curve<F, T, A> = Ranked<F, T, A>;

/// Curves, which have no weighted average.
fn listed<F, N>(
    case: &Case,
    visitor: &mut impl Visitor,
    binary: Curve<F, Binary, Micro>,
    multiclass: impl Fn(usize) -> Curve<F, Multiclass, PerClass>,
    multilabel: impl Fn(usize) -> Curve<F, Multilabel, PerClass>,
) where
    F: MacroFormula<Value = N>,
    N: Numbers,
{
    match (case.task.as_str(), case.options.average.as_deref()) {
        ("binary", _) => resolved(case, binary, visitor),
        ("multilabel", _) => resolved(case, multilabel(case.size), visitor),
        (_, Some("macro")) => resolved(case, multiclass(case.size).average(Macro), visitor),
        (_, Some("micro")) => resolved(case, multiclass(case.size).average(Micro), visitor),
        _ => resolved(case, multiclass(case.size), visitor),
    }
}

/// What is one number a class.
fn scored<F, A, B>(
    case: &Case,
    visitor: &mut impl Visitor,
    binary: Curve<F, Binary, Micro>,
    multiclass: impl Fn(usize) -> Curve<F, Multiclass, A>,
    multilabel: impl Fn(usize) -> Curve<F, Multilabel, B>,
) where
    F: MacroFormula<Value = f64>,
{
    match case.task.as_str() {
        "binary" => resolved(case, binary, visitor),
        "multiclass" => averaged(case, multiclass(case.size), visitor),
        _ => averaged(case, multilabel(case.size), visitor),
    }
}

fn averaged<F, T, A>(case: &Case, metric: Curve<F, T, A>, visitor: &mut impl Visitor)
where
    F: MacroFormula<Value = f64>,
    T: ScoredTask,
{
    match case.options.average.as_deref() {
        Some("micro") => resolved(case, metric.average(Micro), visitor),
        Some("macro") => resolved(case, metric.average(Macro), visitor),
        Some("weighted") => resolved(case, metric.average(Weighted), visitor),
        _ => resolved(case, metric.average(PerClass), visitor),
    }
}

fn resolved<F, T, A>(case: &Case, mut metric: Curve<F, T, A>, visitor: &mut impl Visitor)
where
    F: CurveFormula,
    T: ScoredTask,
    A: CurveAverage<F, Value: Numbers>,
{
    let options = &case.options;
    if let Some(index) = options.ignore_index {
        metric = metric.ignore_index(index);
    }
    if options.from_logits {
        metric = metric.from_logits();
    }
    match &options.thresholds {
        None => visitor.visit(metric.map(Numbers::numbers)),
        Some(serde_json::Value::Number(n)) => {
            let n = n.as_u64().expect("a number of thresholds") as usize;
            visitor.visit(metric.thresholds(n).map(Numbers::numbers));
        }
        Some(list) => {
            let list: Vec<f32> = flatten(list).into_iter().map(|t| t as f32).collect();
            visitor.visit(metric.thresholds(list).map(Numbers::numbers));
        }
    }
}

/// Values as all of their numbers, in the order of the golden ones.
pub trait Numbers: Debug {
    fn numbers(self) -> Vec<f64>;
}

impl Numbers for f64 {
    fn numbers(self) -> Vec<f64> {
        vec![self]
    }
}

impl Numbers for AtThreshold {
    fn numbers(self) -> Vec<f64> {
        vec![self.value, self.threshold]
    }
}

impl Numbers for RocCurve {
    fn numbers(self) -> Vec<f64> {
        [&*self.fpr, &*self.tpr, &*self.thresholds].concat()
    }
}

impl Numbers for PrCurve {
    fn numbers(self) -> Vec<f64> {
        [&*self.precision, &*self.recall, &*self.thresholds].concat()
    }
}

impl<N: Numbers> Numbers for Vec<N> {
    fn numbers(self) -> Vec<f64> {
        self.into_iter().flat_map(Numbers::numbers).collect()
    }
}

fn calibration<T: ConfidentTask>(
    case: &Case,
    mut metric: CalibrationError<T>,
    visitor: &mut impl Visitor,
) {
    let options = &case.options;
    metric = metric.bins(options.n_bins.unwrap_or(15));
    if let Some(index) = options.ignore_index {
        metric = metric.ignore_index(index);
    }
    if options.from_logits {
        metric = metric.from_logits();
    }
    match options.norm.as_deref() {
        Some("l2") => visitor.visit(metric.l2()),
        Some("max") => visitor.visit(metric.max()),
        _ => visitor.visit(metric),
    }
}

/// The number of groups of a case.
fn groups(case: &Case) -> usize {
    let groups = GOLDEN.inputs[&case.input].groups.as_ref().expect("groups");
    let all = groups.int.iter().flatten();
    all.max().map_or(0, |last| *last as usize + 1)
}

fn fairness<M>(case: &Case, mut metric: M, visitor: &mut impl Visitor)
where
    M: Metric + burn_metrics::classification::Options<Task = Binary> + 'static,
    M::Statistic: Statistic<Input = GroupedInput> + 'static,
{
    if let Some(threshold) = case.options.threshold {
        metric = metric.threshold(threshold);
    }
    if let Some(index) = case.options.ignore_index {
        metric = metric.ignore_index(index);
    }
    if case.options.from_logits {
        metric = metric.from_logits();
    }
    visitor.visit(metric);
}
