use serde::{Deserialize, Serialize};

use super::{
    DistanceMetric, MaskFormula, MaskPair, SampleAverage, SampleMasks, distance::DistanceMap,
    spacing::Spacing,
};
use crate::{
    Meta, Result,
    measure::{Reduction, SampleMetric},
};

/// The options of distances between surfaces.
///
/// The surface of a mask consists of its pixels that have a neighbor, along one of the dimensions, that is not in the
/// mask. Positions outside the image are not in the mask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Surfaces {
    metric: DistanceMetric,
    spacing: Spacing,
    empty_mask: EmptyMask,
}

/// The distance between two masks if exactly one of them is empty. If both are, the class is left out of the sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyMask {
    /// Infinity. The mean is then infinite, too.
    #[default]
    Infinite,
    /// The largest distance between two pixels of the sample: for Euclidean distances, the length of its diagonal.
    Diagonal,
    /// None: the class is left out of the sample. This makes models that miss whole objects look better.
    Skip,
}

/// The distances between the surfaces of two masks.
pub(super) struct SurfaceDistances<'a> {
    surfaces: &'a Surfaces,
    masks: &'a MaskPair,
    edges: [Vec<bool>; 2],
}

impl Surfaces {
    pub(super) fn check(&self, dims: &[usize]) -> Result<()> {
        self.spacing.check(dims)
    }

    /// Adds the options to a name.
    pub(super) fn named(&self, meta: Meta) -> Meta {
        let meta = match self.metric {
            DistanceMetric::Euclidean => meta,
            DistanceMetric::Chessboard => meta.with("chessboard"),
            DistanceMetric::Taxicab => meta.with("taxicab"),
        };
        let meta = self.spacing.named(meta);
        match self.empty_mask {
            EmptyMask::Infinite => meta,
            EmptyMask::Diagonal => meta.with("diagonal if empty"),
            EmptyMask::Skip => meta.with("without empty masks"),
        }
    }

    /// Applies `formula` to the distances of the surfaces of two masks, unless one is empty.
    pub(super) fn distance(
        &self,
        masks: &MaskPair,
        dims: &[usize],
        formula: impl FnOnce(&SurfaceDistances<'_>) -> f64,
    ) -> f64 {
        if !masks.has_empty() {
            return formula(&self.between(masks));
        }
        match self.empty_mask {
            EmptyMask::Infinite => f64::INFINITY,
            EmptyMask::Diagonal => self.diagonal(dims),
            EmptyMask::Skip => f64::NAN,
        }
    }

    /// The distances of the surfaces of two masks that are not empty.
    pub(super) fn between<'a>(&'a self, masks: &'a MaskPair) -> SurfaceDistances<'a> {
        SurfaceDistances {
            surfaces: self,
            masks,
            edges: [
                edge(&masks.preds, &masks.dims),
                edge(&masks.target, &masks.dims),
            ],
        }
    }

    fn diagonal(&self, dims: &[usize]) -> f64 {
        let spacing = self.spacing.along(dims.len());
        let sides = dims.iter().zip(&spacing).map(|(n, s)| (n - 1) as f64 * s);
        match self.metric {
            DistanceMetric::Euclidean => sides.map(|side| side * side).sum::<f64>().sqrt(),
            DistanceMetric::Chessboard => sides.fold(0.0, f64::max),
            DistanceMetric::Taxicab => sides.sum(),
        }
    }
}

impl SurfaceDistances<'_> {
    /// The distance of each pixel of the predicted surface from the true surface.
    pub fn preds_to_target(&self) -> Vec<f64> {
        let [preds, target] = &self.edges;
        self.distances(preds, target)
    }

    /// The distance of each pixel of the true surface from the predicted surface.
    pub fn target_to_preds(&self) -> Vec<f64> {
        let [preds, target] = &self.edges;
        self.distances(target, preds)
    }

    fn distances(&self, from: &[bool], to: &[bool]) -> Vec<f64> {
        let dims = &self.masks.dims;
        let spacing = self.surfaces.spacing.along(dims.len());
        DistanceMap::new(to, dims, &spacing, self.surfaces.metric).distances(from)
    }
}

/// The pixels of a mask that have a neighbor along a dimension that is not in the mask.
fn edge(mask: &[bool], dims: &[usize]) -> Vec<bool> {
    let mut inside = mask.to_vec();
    let mut stride = mask.len();
    for n in dims {
        // Slabs of pixels with the same place along this dimension.
        let length = stride;
        stride /= n;
        for (mask, inside) in mask
            .chunks_exact(length)
            .zip(inside.chunks_exact_mut(length))
        {
            let after = mask[stride..]
                .iter()
                .chain(std::iter::repeat_n(&false, stride));
            let before = std::iter::repeat_n(&false, stride).chain(&mask[..length - stride]);
            for ((inside, after), before) in inside.iter_mut().zip(after).zip(before) {
                *inside &= after & before;
            }
        }
    }
    let pixels = mask.iter().zip(inside);
    pixels
        .map(|(is_there, inside)| *is_there && !inside)
        .collect()
}

/// A [`MaskFormula`] of distances between surfaces.
pub trait SurfaceFormula: MaskFormula {
    /// The options of the distances.
    fn surfaces_mut(&mut self) -> &mut Surfaces;
}

impl<F: SurfaceFormula, A: SampleAverage, R: Reduction> SampleMetric<SampleMasks<F, A>, R> {
    /// Sets how the distance of two pixels is measured, by default [`DistanceMetric::Euclidean`].
    pub fn distance_metric(self, metric: DistanceMetric) -> Self {
        self.with_formula(|formula| formula.surfaces_mut().metric = metric)
    }

    /// Sets the distance between neighboring pixels along each dimension, by default 1. Distances and tolerances are in
    /// the same unit.
    pub fn spacing(self, spacing: impl Into<Vec<f64>>) -> Self {
        self.with_formula(|formula| formula.surfaces_mut().spacing = Spacing::new(spacing))
    }
}

impl<F: DistanceFormula, A: SampleAverage, R: Reduction> SampleMetric<SampleMasks<F, A>, R> {
    /// Sets the distance between two masks if exactly one of them is empty, by default [`EmptyMask::Infinite`].
    pub fn empty_mask(self, distance: EmptyMask) -> Self {
        self.with_formula(|formula| formula.surfaces_mut().empty_mask = distance)
    }
}

/// A [`SurfaceFormula`] whose value is a distance, which is not defined if one mask is empty.
pub trait DistanceFormula: SurfaceFormula {}
