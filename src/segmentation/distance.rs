//! Exact distance transforms in linear time.
//!
//! A transform is separable: along one dimension after the other, each place takes the best of the places of its line.
//! The costs of the places of a line are curves of the same shape, so their lower envelope is found in one pass over
//! the line, and read in another.
//!
//! Sources: Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions (2012), for squared distances;
//! Meijster, Roerdink and Hesselink, A General Algorithm for Computing Distance Transforms in Linear Time (2000), for
//! the others.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How the distance of two pixels is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DistanceMetric {
    /// `√(Σ d²)`, the length of a straight line.
    #[default]
    Euclidean,
    /// `max d`.
    Chessboard,
    /// `Σ d`, also known as Manhattan distance.
    Taxicab,
}

/// The distance of each place from the nearest site.
#[derive(Debug)]
pub(super) struct DistanceMap {
    metric: DistanceMetric,
    /// The dimension of each axis in memory.
    axes: Vec<usize>,
    dims: Vec<usize>,
    /// The distances, squared if they are Euclidean.
    costs: Vec<f64>,
}

impl DistanceMap {
    /// Computes the map of a grid with these dimensions, of which some places are sites.
    pub fn new(sites: &[bool], dims: &[usize], spacing: &[f64], metric: DistanceMetric) -> Self {
        let costs = sites
            .iter()
            .map(|site| if *site { 0.0 } else { f64::INFINITY });
        let mut map = Self {
            metric,
            axes: (0..dims.len()).collect(),
            dims: dims.to_vec(),
            costs: costs.collect(),
        };
        for axis in (0..dims.len()).rev() {
            match metric {
                DistanceMetric::Euclidean => map.pass::<Euclidean>(axis, spacing[axis]),
                DistanceMetric::Chessboard => map.pass::<Chessboard>(axis, spacing[axis]),
                DistanceMetric::Taxicab => map.pass::<Taxicab>(axis, spacing[axis]),
            }
        }
        map
    }

    /// The distances of the places that `of` marks, in row-major order.
    pub fn distances(&self, of: &[bool]) -> Vec<f64> {
        let strides = self.strides();
        let last = self.dims.len() - 1;
        let (width, step) = (self.dims[last], strides[last]);
        let rows = of.chunks_exact(width).enumerate();
        let mut distances = Vec::new();
        for (row, marks) in rows.filter(|(_, marks)| marks.contains(&true)) {
            let mut rest = row;
            let mut first = 0;
            for axis in (0..last).rev() {
                first += rest % self.dims[axis] * strides[axis];
                rest /= self.dims[axis];
            }
            let marked = marks.iter().enumerate().filter(|(_, mark)| **mark);
            distances.extend(marked.map(|(i, _)| self.distance(self.costs[first + i * step])));
        }
        distances
    }

    fn distance(&self, cost: f64) -> f64 {
        match self.metric {
            DistanceMetric::Euclidean => cost.sqrt(),
            DistanceMetric::Chessboard | DistanceMetric::Taxicab => cost,
        }
    }

    /// The distance in memory between neighbors along each dimension.
    fn strides(&self) -> Vec<usize> {
        let mut strides = vec![0; self.dims.len()];
        let mut stride = 1;
        for axis in self.axes.iter().rev() {
            strides[*axis] = stride;
            stride *= self.dims[*axis];
        }
        strides
    }

    /// Lets each place take the best of its line along an axis, which becomes the last one in memory.
    fn pass<C: Cost>(&mut self, axis: usize, spacing: f64) {
        /// The number of places that is worth a thread.
        const PLACES: usize = 1 << 14;
        let (n, stride) = (self.dims[axis], self.strides()[axis]);
        let from = std::mem::take(&mut self.costs);
        let mut to = vec![0.0; from.len()];
        let block = (PLACES / n.max(1)).max(1);
        let blocks = to.par_chunks_mut(block * n).enumerate();
        blocks.for_each_init(Envelope::default, |envelope, (number, lines)| {
            let mut own = vec![0.0; n];
            for (i, line) in lines.chunks_exact_mut(n).enumerate() {
                let number = number * block + i;
                let first = number / stride * stride * n + number % stride;
                let places = from[first..].iter().step_by(stride);
                own.iter_mut()
                    .zip(places)
                    .for_each(|(to, from)| *to = *from);
                envelope.lowest::<C>(&own, spacing, line);
            }
        });
        self.costs = to;
        self.axes.retain(|other| *other != axis);
        self.axes.push(axis);
    }
}

/// The cost of a place along a line: a function of its distance from another place and the cost there.
trait Cost {
    fn at(distance: f64, cost: f64) -> f64;

    /// The place up to which `left` costs no more than `right`, which is further along the line. Both are a place and
    /// its cost.
    fn border(left: (f64, f64), right: (f64, f64)) -> f64;
}

struct Euclidean;
struct Chessboard;
struct Taxicab;

impl Cost for Euclidean {
    #[inline(always)]
    fn at(distance: f64, cost: f64) -> f64 {
        distance * distance + cost
    }

    #[inline(always)]
    fn border((a, cost_a): (f64, f64), (b, cost_b): (f64, f64)) -> f64 {
        (a + b) / 2.0 + (cost_b - cost_a) / (2.0 * (b - a))
    }
}

impl Cost for Chessboard {
    #[inline(always)]
    fn at(distance: f64, cost: f64) -> f64 {
        distance.max(cost)
    }

    #[inline(always)]
    fn border((a, cost_a): (f64, f64), (b, cost_b): (f64, f64)) -> f64 {
        let middle = (a + b) / 2.0;
        match cost_a <= cost_b {
            true => middle.max(a + cost_b),
            false => middle.min(b - cost_a),
        }
    }
}

impl Cost for Taxicab {
    #[inline(always)]
    fn at(distance: f64, cost: f64) -> f64 {
        distance + cost
    }

    #[inline(always)]
    fn border((a, cost_a): (f64, f64), (b, cost_b): (f64, f64)) -> f64 {
        match () {
            () if cost_b >= cost_a + (b - a) => f64::INFINITY,
            () if cost_a > cost_b + (b - a) => f64::NEG_INFINITY,
            () => (a + b + cost_b - cost_a) / 2.0,
        }
    }
}

/// The places of a line that are best somewhere, and from where on.
#[derive(Default)]
struct Envelope {
    best: Vec<Best>,
}

#[derive(Clone, Copy)]
struct Best {
    place: f64,
    cost: f64,
    from: f64,
}

impl Envelope {
    #[inline(always)]
    fn lowest<C: Cost>(&mut self, costs: &[f64], spacing: f64, line: &mut [f64]) {
        let best = &mut self.best;
        best.clear();
        for (i, cost) in costs
            .iter()
            .enumerate()
            .filter(|(_, cost)| cost.is_finite())
        {
            let place = i as f64 * spacing;
            let mut from = f64::NEG_INFINITY;
            while let Some(last) = best.last() {
                from = C::border((last.place, last.cost), (place, *cost));
                if from > last.from {
                    break;
                }
                best.pop();
                from = f64::NEG_INFINITY;
            }
            if from < f64::INFINITY {
                let cost = *cost;
                best.push(Best { place, cost, from });
            }
        }
        let Some(first) = best.first() else {
            return line.fill(f64::INFINITY);
        };
        let (mut current, mut next) = (*first, 1);
        for (i, to) in line.iter_mut().enumerate() {
            let place = i as f64 * spacing;
            while next < best.len() && best[next].from < place {
                current = best[next];
                next += 1;
            }
            *to = C::at((place - current.place).abs(), current.cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    use super::*;

    /// The definition: the smallest distance from all sites.
    fn nearest(
        sites: &[bool],
        dims: &[usize],
        spacing: &[f64],
        metric: DistanceMetric,
    ) -> Vec<f64> {
        let place = |mut at: usize| {
            let mut place: Vec<f64> = Vec::new();
            for (n, s) in dims.iter().zip(spacing).rev() {
                place.push((at % n) as f64 * s);
                at /= n;
            }
            place
        };
        let distance = |a: usize, b: usize| {
            let gaps = place(a)
                .into_iter()
                .zip(place(b))
                .map(|(a, b)| (a - b).abs());
            match metric {
                DistanceMetric::Euclidean => gaps.map(|gap| gap * gap).sum::<f64>().sqrt(),
                DistanceMetric::Chessboard => gaps.fold(0.0, f64::max),
                DistanceMetric::Taxicab => gaps.sum(),
            }
        };
        let all = 0..sites.len();
        let nearest = |from: usize| {
            let sites = all.clone().filter(|at| sites[*at]);
            sites
                .map(|to| distance(from, to))
                .fold(f64::INFINITY, f64::min)
        };
        all.clone().map(nearest).collect()
    }

    #[test]
    fn distances_are_those_of_the_definition() {
        let mut random = StdRng::seed_from_u64(1);
        let metrics = [
            DistanceMetric::Euclidean,
            DistanceMetric::Chessboard,
            DistanceMetric::Taxicab,
        ];
        for round in 0..200 {
            let rank = random.random_range(1..5);
            let dims: Vec<usize> = (0..rank)
                .map(|_| random.random_range(1..=8 - rank))
                .collect();
            let spacing: Vec<f64> = match round % 2 {
                0 => vec![1.0; rank],
                _ => (0..rank).map(|_| random.random_range(0.1..3.0)).collect(),
            };
            let share = [0.0, 0.02, 0.2, 0.8, 1.0][round % 5];
            let n = dims.iter().product();
            let sites: Vec<bool> = (0..n).map(|_| random.random_bool(share)).collect();
            for metric in metrics {
                let map = DistanceMap::new(&sites, &dims, &spacing, metric);
                let (got, expected) = (
                    map.distances(&vec![true; n]),
                    nearest(&sites, &dims, &spacing, metric),
                );
                let same = |(got, expected): (&f64, &f64)| {
                    got == expected || (got - expected).abs() < 1e-12 * expected.max(1.0)
                };
                assert!(
                    got.iter().zip(&expected).all(same),
                    "{metric:?} {dims:?} {spacing:?}: {got:?} instead of {expected:?}"
                );
            }
        }
    }
}
