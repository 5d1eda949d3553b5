type Point = [f64; 2];

/// The corners of a box of center, width, height and angle, in order around it.
fn corners(&[x, y, w, h, angle]: &[f64; 5]) -> [Point; 4] {
    let (sin, cos) = angle.sin_cos();
    let corner = |[u, v]: Point| {
        let [u, v] = [u * w / 2.0, v * h / 2.0];
        [x + u * cos - v * sin, y + u * sin + v * cos]
    };
    [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(corner)
}

/// The area of a polygon.
fn area(polygon: &[Point]) -> f64 {
    let next = polygon.iter().cycle().skip(1);
    let twice = polygon
        .iter()
        .zip(next)
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1]);
    twice.sum::<f64>().abs() / 2.0
}

/// The part of a convex polygon on the left of the line from `a` to `b`.
fn clip(polygon: &[Point], a: Point, b: Point) -> Vec<Point> {
    let side = |p: Point| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
    let mut kept = Vec::with_capacity(polygon.len() + 1);
    for (i, &p) in polygon.iter().enumerate() {
        let q = polygon[(i + 1) % polygon.len()];
        let (p_side, q_side) = (side(p), side(q));
        if p_side >= 0.0 {
            kept.push(p);
        }
        if p_side > 0.0 && q_side < 0.0 || p_side < 0.0 && q_side > 0.0 {
            let t = p_side / (p_side - q_side);
            kept.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
        }
    }
    kept
}

/// The intersection over union of two rotated boxes. If the second is a crowd, it is the share of the first that lies
/// in it.
pub(super) fn rotated_overlap(a: &[f64; 5], b: &[f64; 5], b_is_crowd: bool) -> f64 {
    let areas = [a[2] * a[3], b[2] * b[3]];
    if areas[0] <= 0.0 || areas[1] <= 0.0 {
        return 0.0;
    }
    let reach = |of: &[f64; 5]| of[2].hypot(of[3]) / 2.0;
    if (a[0] - b[0]).hypot(a[1] - b[1]) > reach(a) + reach(b) {
        return 0.0;
    }
    let clipper = corners(b);
    let mut shared = corners(a).to_vec();
    for (i, &corner) in clipper.iter().enumerate() {
        shared = clip(&shared, corner, clipper[(i + 1) % 4]);
        if shared.is_empty() {
            return 0.0;
        }
    }
    let shared = area(&shared);
    match b_is_crowd {
        true => shared / areas[0],
        false => shared / (areas[0] + areas[1] - shared),
    }
}
