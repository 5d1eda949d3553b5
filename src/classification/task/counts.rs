use serde::{Deserialize, Serialize};

/// The four counts of a class, or sums of weights if the samples have weights.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// True positives: elements of this class that are predicted to be of it.
    pub true_positives: f64,
    /// False positives: elements of other classes that are predicted to be of this class.
    pub false_positives: f64,
    /// True negatives: elements of other classes that are not predicted to be of this class.
    pub true_negatives: f64,
    /// False negatives: elements of this class that are predicted to be of another one.
    #[serde(rename = "fn")]
    pub false_negatives: f64,
}

impl ClassCounts {
    /// The number of elements of this class.
    pub fn support(&self) -> f64 {
        self.true_positives + self.false_negatives
    }

    /// The number of elements that were predicted to be of this class.
    pub fn predicted(&self) -> f64 {
        self.true_positives + self.false_positives
    }

    /// The number of all elements that were counted.
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
