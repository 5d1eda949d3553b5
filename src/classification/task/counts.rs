use serde::{Deserialize, Serialize};

/// The four counts of a class (sums of weights, if the samples have weights).
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// True positives: of this class and predicted so.
    pub tp: f64,
    /// False positives: of another class and predicted as this.
    pub fp: f64,
    /// True negatives: neither of this class nor predicted so.
    pub tn: f64,
    /// False negatives: of this class and predicted as another.
    #[serde(rename = "fn")]
    pub fn_: f64,
}

impl ClassCounts {
    /// How many are of this class.
    pub fn support(&self) -> f64 {
        self.tp + self.fn_
    }

    /// How many were predicted to be of this class.
    pub fn predicted(&self) -> f64 {
        self.tp + self.fp
    }

    /// How many were counted.
    pub fn total(&self) -> f64 {
        self.tp + self.fp + self.tn + self.fn_
    }
}

impl std::iter::Sum for ClassCounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            tp: a.tp + b.tp,
            fp: a.fp + b.fp,
            tn: a.tn + b.tn,
            fn_: a.fn_ + b.fn_,
        })
    }
}
