use serde::{Deserialize, Serialize};

/// The four counts of a class (sums of weights, if the samples have weights).
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// True positives: of this class and predicted so.
    pub true_positives: f64,
    /// False positives: of another class and predicted as this.
    pub false_positives: f64,
    /// True negatives: neither of this class nor predicted so.
    pub true_negatives: f64,
    /// False negatives: of this class and predicted as another.
    #[serde(rename = "fn")]
    pub false_negatives: f64,
}

impl ClassCounts {
    /// How many are of this class.
    pub fn support(&self) -> f64 {
        self.true_positives + self.false_negatives
    }

    /// How many were predicted to be of this class.
    pub fn predicted(&self) -> f64 {
        self.true_positives + self.false_positives
    }

    /// How many were counted.
    pub fn total(&self) -> f64 {
        self.true_positives + self.false_positives + self.true_negatives + self.false_negatives
    }
}

impl std::iter::Sum for ClassCounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            true_positives: a.true_positives + b.true_positives,
            false_positives: a.false_positives + b.false_positives,
            true_negatives: a.true_negatives + b.true_negatives,
            false_negatives: a.false_negatives + b.false_negatives,
        })
    }
}
