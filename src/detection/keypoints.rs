/// A true object of which keypoints are labeled.
pub(super) struct PoseTruth<'a> {
    /// For each keypoint, its coordinates and its visibility.
    pub keypoints: &'a [f64],
    pub area: f64,
    /// The box of the object, if it was given.
    pub bounds: Option<[f64; 4]>,
}

/// The number of keypoints that are labeled.
pub(super) fn labeled_keypoints(keypoints: &[f64]) -> usize {
    let visibilities = keypoints.chunks_exact(3).map(|keypoint| keypoint[2]);
    visibilities.filter(|visibility| *visibility > 0.0).count()
}

/// The object keypoint similarity: the mean of `exp(-d² / (2 s² (2σ)²))` over the labeled keypoints, where `d` is the
/// distance and `s²` the area of the object.
///
/// Without a labeled keypoint, distances are those to the box of the object, enlarged to three times its size, over all
/// keypoints.
pub(super) fn keypoint_similarity(found: &[f64], truth: &PoseTruth<'_>, sigmas: &[f64]) -> f64 {
    let labeled = labeled_keypoints(truth.keypoints);
    let area = truth.area + f64::EPSILON;
    let keypoints = found.chunks_exact(3).zip(truth.keypoints.chunks_exact(3));
    let mut sum = 0.0;
    for ((found, truth_at), sigma) in keypoints.zip(sigmas) {
        let [dx, dy] = match (labeled, truth.bounds) {
            (0, None) => return 0.0,
            (0, Some([x, y, w, h])) => [
                (x - w - found[0]).max(0.0) + (found[0] - (x + 2.0 * w)).max(0.0),
                (y - h - found[1]).max(0.0) + (found[1] - (y + 2.0 * h)).max(0.0),
            ],
            _ if truth_at[2] <= 0.0 => continue,
            _ => [found[0] - truth_at[0], found[1] - truth_at[1]],
        };
        let variance = (2.0 * sigma) * (2.0 * sigma);
        sum += (-(dx * dx + dy * dy) / variance / area / 2.0).exp();
    }
    match labeled {
        0 => sum / sigmas.len() as f64,
        labeled => sum / labeled as f64,
    }
}

/// The area of the smallest box around all keypoints.
pub(super) fn pose_area(keypoints: &[f64]) -> f64 {
    let extent = |axis: usize| {
        let coordinates = keypoints.chunks_exact(3).map(|keypoint| keypoint[axis]);
        let (lower, upper) = coordinates.fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(lower, upper), coordinate| (lower.min(coordinate), upper.max(coordinate)),
        );
        (upper - lower).max(0.0)
    };
    extent(0) * extent(1)
}

/// The standard deviations of the 17 keypoints of persons in COCO: nose, eyes, ears, shoulders, elbows, wrists, hips,
/// knees and ankles.
pub const COCO_PERSON_SIGMAS: [f64; 17] = [
    0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107,
    0.087, 0.087, 0.089, 0.089,
];
