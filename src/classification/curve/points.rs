/// What is predicted positive of one class at each threshold, from the highest threshold to the lowest.
///
/// All curves, and all that is read off them, are functions of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    points: Vec<Point>,
    positives: f64,
    negatives: f64,
    exact: bool,
}

/// What is predicted positive at one threshold. With sample weights, these are sums of weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Scores that are not below it are predicted positive.
    pub threshold: f64,
    /// How many positives have such a score.
    pub tp: f64,
    /// How many negatives have such a score.
    pub fp: f64,
}

impl Points {
    /// One point a distinct score.
    pub(super) fn exact(points: Vec<Point>) -> Self {
        let (positives, negatives) = points.last().map_or((0.0, 0.0), |last| (last.tp, last.fp));
        Self {
            points,
            positives,
            negatives,
            exact: true,
        }
    }

    /// One point a threshold, given how many of all there are.
    pub(super) fn binned(points: Vec<Point>, positives: f64, negatives: f64) -> Self {
        Self {
            points,
            positives,
            negatives,
            exact: false,
        }
    }

    /// The points, by falling threshold.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The number of positives, or the sum of their weights.
    pub fn positives(&self) -> f64 {
        self.positives
    }

    /// The number of negatives, or the sum of their weights.
    pub fn negatives(&self) -> f64 {
        self.negatives
    }

    /// Whether there is a point for each distinct score; else there is one for each threshold of a
    /// [`Binned`](super::Binned) curve, whatever lies beyond them.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// The points of a ROC curve as `(false positives, true positives, threshold)`. An exact curve starts
    /// with nothing predicted positive, at a threshold of 1, or beyond all scores if there are higher ones.
    pub fn from_origin(&self) -> impl Iterator<Item = Point> + Clone + '_ {
        let origin = self.exact.then(|| Point {
            threshold: match self.points.first() {
                Some(first) if first.threshold > 1.0 => f64::INFINITY,
                _ => 1.0,
            },
            tp: 0.0,
            fp: 0.0,
        });
        origin.into_iter().chain(self.points.iter().copied())
    }

    /// The false positive rate at a point; 0 without negatives.
    pub fn fpr(&self, point: &Point) -> f64 {
        share(point.fp, self.negatives)
    }

    /// The true positive rate at a point, also called recall and sensitivity; 0 without positives.
    pub fn tpr(&self, point: &Point) -> f64 {
        share(point.tp, self.positives)
    }
}

fn share(part: f64, all: f64) -> f64 {
    if all > 0.0 { part / all } else { 0.0 }
}
