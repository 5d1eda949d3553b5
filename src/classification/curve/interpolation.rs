/// The values in ascending order, with NaNs last.
pub(super) fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(|a, b| a.is_nan().cmp(&b.is_nan()).then(a.total_cmp(b)));
    values
}

/// Interpolates the curve through `(xp, yp)` at each of the ascending `x`.
///
/// This follows TorchMetrics: the segment for `x` is the last one, in the order of the points, whose start is not
/// beyond `x`. A vertical segment has the height of its start.
pub(super) fn interpolate(x: &[f64], xp: &[f64], yp: &[f64]) -> Vec<f64> {
    if xp.len() < 2 {
        return vec![yp.first().copied().unwrap_or(f64::NAN); x.len()];
    }
    let starts = ascending(xp.iter().copied());
    let mut reached = 0;
    x.iter()
        .map(|x| {
            while starts.get(reached).is_some_and(|start| start <= x) {
                reached += 1;
            }
            let i = reached.saturating_sub(1).min(xp.len().saturating_sub(2));
            let (dx, dy) = (xp[i + 1] - xp[i], yp[i + 1] - yp[i]);
            let slope = if dx == 0.0 { 0.0 } else { dy / dx };
            yp[i] + slope * (x - xp[i])
        })
        .collect()
}
