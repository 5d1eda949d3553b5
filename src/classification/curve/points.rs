use std::sync::Arc;

/// The curve of one class: the true and false positives at each threshold, from the highest threshold to the lowest.
///
/// All curves, and all values computed from them, are functions of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    points: Store,
    positives: f64,
    negatives: f64,
    kind: Kind,
    /// Whether thresholds are log-odds, which are reported as probabilities.
    logits: bool,
    weighted: bool,
}

/// What the scores of an exact curve are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScoreForm {
    /// Whether each element has exactly one class.
    pub exclusive: bool,
    /// Whether they are log-odds. They rank as probabilities do, but do not saturate at 1.
    pub logits: bool,
}

/// The points, as small as they can be: writing them takes longer than working them out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Store {
    /// Thresholds in single precision, with the numbers of true and false positives.
    Counts(Vec<f32>, Vec<[u32; 2]>),
    /// Thresholds, with the numbers of true and false positives or the sums of their weights.
    Sums(Vec<f64>, Vec<[f64; 2]>),
}

impl Store {
    fn len(&self) -> usize {
        match self {
            Self::Counts(thresholds, _) => thresholds.len(),
            Self::Sums(thresholds, _) => thresholds.len(),
        }
    }

    #[inline(always)]
    fn get(&self, i: usize) -> Point {
        match self {
            Self::Counts(thresholds, counts) => Point {
                threshold: thresholds[i].into(),
                tp: counts[i][0].into(),
                fp: counts[i][1].into(),
            },
            Self::Sums(thresholds, sums) => Point {
                threshold: thresholds[i],
                tp: sums[i][0],
                fp: sums[i][1],
            },
        }
    }
}

/// How the points were obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One point per distinct score of a class, where each element has exactly one of several classes.
    ExactExclusive,
    /// One point per distinct score of a label.
    Exact,
    /// One point per threshold of a histogram.
    Binned,
}

/// The true and false positives at one threshold, or the sums of their weights if the samples have weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The threshold. Scores that are not below it are predicted to be positive.
    pub threshold: f64,
    /// The number of positives with such a score.
    pub tp: f64,
    /// The number of negatives with such a score.
    pub fp: f64,
}

impl Points {
    /// One point a distinct score.
    pub(super) fn exact(points: Store, form: ScoreForm, weighted: bool) -> Self {
        let last = points.len().checked_sub(1).map(|last| points.get(last));
        let (positives, negatives) = last.map_or((0.0, 0.0), |last| (last.tp, last.fp));
        Self {
            points,
            positives,
            negatives,
            kind: if form.exclusive {
                Kind::ExactExclusive
            } else {
                Kind::Exact
            },
            logits: form.logits,
            weighted,
        }
    }

    /// Creates a curve with one point per threshold, given the numbers of all positives and negatives.
    pub(super) fn binned(points: Store, positives: f64, negatives: f64, weighted: bool) -> Self {
        Self {
            points,
            positives,
            negatives,
            kind: Kind::Binned,
            logits: false,
            weighted,
        }
    }

    /// The points, in order of falling threshold.
    pub fn points(
        &self,
    ) -> impl DoubleEndedIterator<Item = Point> + ExactSizeIterator + Clone + '_ {
        let threshold = |score: f64| if self.logits { sigmoid(score) } else { score };
        self.scores().map(move |point| Point {
            threshold: threshold(point.threshold),
            ..point
        })
    }

    /// The points with their scores as thresholds, whatever the scores are, for what needs no thresholds.
    pub(super) fn scores(
        &self,
    ) -> impl DoubleEndedIterator<Item = Point> + ExactSizeIterator + Clone + '_ {
        (0..self.points.len()).map(|i| self.points.get(i))
    }

    /// The number of positives, or the sum of their weights.
    pub fn positives(&self) -> f64 {
        self.positives
    }

    /// The number of negatives, or the sum of their weights.
    pub fn negatives(&self) -> f64 {
        self.negatives
    }

    /// Whether samples had weights.
    pub fn is_weighted(&self) -> bool {
        self.weighted
    }

    /// Whether there is a point for each distinct score.
    ///
    /// Otherwise, there is one for each threshold of a [`Binned`](super::Binned) curve, and scores below all thresholds
    /// have none.
    pub fn is_exact(&self) -> bool {
        self.kind != Kind::Binned
    }

    /// The points of a ROC curve.
    ///
    /// An exact curve starts with a point at which nothing is predicted to be positive. Its threshold is 1, or infinity
    /// if there are scores above 1.
    pub fn from_origin(&self) -> impl Iterator<Item = Point> + Clone + '_ {
        let origin = self.is_exact().then(|| Point {
            threshold: match self.points().next() {
                Some(first) if first.threshold > 1.0 => f64::INFINITY,
                _ => 1.0,
            },
            tp: 0.0,
            fp: 0.0,
        });
        origin.into_iter().chain(self.points())
    }

    /// The points of the whole ROC curve as `(false positives, true positives)`, from no positive predictions to only
    /// positive ones.
    ///
    /// A binned curve is extended to these two ends if its thresholds do not reach them.
    pub fn corner_to_corner(&self) -> impl Iterator<Item = (f64, f64)> + Clone + '_ {
        let points = self.scores().map(|point| (point.fp, point.tp));
        let end = [(self.negatives, self.positives)];
        [(0.0, 0.0)].into_iter().chain(points).chain(end)
    }

    /// The recall at a point. Without positives it is NaN, or 1 for exact curves of labels, as in TorchMetrics.
    pub fn recall(&self, point: &Point) -> f64 {
        match self.positives > 0.0 {
            true => point.tp / self.positives,
            false if self.kind == Kind::Exact => 1.0,
            false => f64::NAN,
        }
    }

    /// The false positive rate at a point, or 0 without negatives.
    pub fn fpr(&self, point: &Point) -> f64 {
        share(point.fp, self.negatives)
    }

    /// The true positive rate at a point, also called recall or sensitivity, or 0 without positives.
    pub fn tpr(&self, point: &Point) -> f64 {
        share(point.tp, self.positives)
    }
}

/// The curves of all classes.
pub trait Curves {
    /// Whether no score was added.
    fn is_empty(&self) -> bool;

    /// One curve per class.
    fn classes(&self) -> &[Arc<Points>];

    /// The curve of the pooled scores of all classes.
    fn pooled(&self) -> &Arc<Points>;
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn share(part: f64, all: f64) -> f64 {
    if all > 0.0 { part / all } else { 0.0 }
}
