use crate::Value;

/// The value of [`MeanAveragePrecision`](super::MeanAveragePrecision).
///
/// A number is NaN if there is no true object, or no threshold, for which it could be computed.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectionScores {
    /// The average precision: the mean over classes and thresholds of overlap.
    pub map: f64,
    /// The average precision at an overlap of 0.5.
    pub map_50: f64,
    /// The average precision at an overlap of 0.75.
    pub map_75: f64,
    /// The average precision of objects of up to 32 x 32 pixels.
    pub map_small: f64,
    /// The average precision of objects between 32 x 32 and 96 x 96 pixels.
    pub map_medium: f64,
    /// The average precision of objects of 96 x 96 pixels and more.
    pub map_large: f64,
    /// For each maximum number of detections per class and image, the average recall: the mean over classes and
    /// thresholds of overlap.
    pub mar: Vec<(usize, f64)>,
    /// The average recall of small objects.
    pub mar_small: f64,
    /// The average recall of medium objects.
    pub mar_medium: f64,
    /// The average recall of large objects.
    pub mar_large: f64,
    /// The scores of each class that occurs, by ascending label, if they were asked for.
    pub classes: Option<Vec<ScoresOfClass>>,
}

/// The scores of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoresOfClass {
    /// The label.
    pub label: i64,
    /// The number of true objects that are not crowds.
    pub objects: u64,
    /// The average precision: the mean over thresholds of overlap. NaN without objects.
    pub map: f64,
    /// The average recall: the mean over thresholds of overlap. NaN without objects.
    pub mar: f64,
}

impl DetectionScores {
    /// The average recall for the largest number of detections.
    pub fn mar_of_all(&self) -> f64 {
        self.mar.last().map_or(f64::NAN, |(_, recall)| *recall)
    }
}

/// The names are those of TorchMetrics.
impl Value for DetectionScores {
    fn entries(&self) -> Vec<(String, f64)> {
        let named = [
            ("map", self.map),
            ("map_50", self.map_50),
            ("map_75", self.map_75),
            ("map_small", self.map_small),
            ("map_medium", self.map_medium),
            ("map_large", self.map_large),
        ];
        let mut entries: Vec<(String, f64)> = named
            .into_iter()
            .map(|(name, number)| (name.to_owned(), number))
            .collect();
        entries.extend(
            self.mar
                .iter()
                .map(|(max, recall)| (format!("mar_{max}"), *recall)),
        );
        let named = [
            ("mar_small", self.mar_small),
            ("mar_medium", self.mar_medium),
            ("mar_large", self.mar_large),
        ];
        entries.extend(named.map(|(name, number)| (name.to_owned(), number)));
        let max = self.mar.last().map_or(0, |(max, _)| *max);
        for class in self.classes.iter().flatten() {
            let ScoresOfClass {
                label, map, mar, ..
            } = class;
            entries.push((format!("map_per_class/{label}"), *map));
            entries.push((format!("mar_{max}_per_class/{label}"), *mar));
        }
        entries
    }

    /// `map`.
    fn scalar(&self) -> Option<f64> {
        Some(self.map)
    }
}
