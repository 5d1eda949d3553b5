use std::fmt::Debug;

use burn::tensor::Tensor;

use crate::{Bounds, Meta, MetricError, Result, sealed::Sealed};

/// Keeps a denominator from being 0, as in torchvision.
const EPSILON: f64 = 1e-7;

/// A measure of the overlap of two boxes, as a formula of numbers and of tensors.
pub trait Overlap:
    Debug + Clone + Copy + Default + PartialEq + Send + Sync + Sealed + 'static
{
    /// The name and the bounds.
    const META: Meta;

    /// The overlap of two boxes, each the left, top, right and bottom edge.
    fn of(a: &[f64; 4], b: &[f64; 4]) -> f64;
}

/// The intersection over union: the share of the area of both boxes that they have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlainIou;

/// The generalized intersection over union, which decreases with the empty share of the smallest box around both boxes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GeneralizedIou;

/// The distance intersection over union, which decreases with the distance between the centers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DistanceIou;

/// The complete intersection over union, which decreases with the distance between the centers and with the difference
/// of the aspect ratios.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompleteIou;

impl Sealed for PlainIou {}
impl Sealed for GeneralizedIou {}
impl Sealed for DistanceIou {}
impl Sealed for CompleteIou {}

/// The areas of the intersection and the union of two boxes.
struct Areas {
    shared: f64,
    union: f64,
    /// The width and the height of the smallest box around both.
    around: [f64; 2],
}

fn areas(a: &[f64; 4], b: &[f64; 4]) -> Areas {
    let side = |i: usize| (a[i + 2].min(b[i + 2]) - a[i].max(b[i])).max(0.0);
    let around = |i: usize| a[i + 2].max(b[i + 2]) - a[i].min(b[i]);
    let area = |of: &[f64; 4]| (of[2] - of[0]) * (of[3] - of[1]);
    let shared = side(0) * side(1);
    Areas {
        shared,
        union: area(a) + area(b) - shared,
        around: [around(0), around(1)],
    }
}

/// A quotient, or 0 if the denominator is.
fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 {
        0.0
    } else {
        numerator / denominator
    }
}

impl Overlap for PlainIou {
    const META: Meta = Meta::new("IoU").higher_is_better().within(Bounds::UNIT);

    fn of(a: &[f64; 4], b: &[f64; 4]) -> f64 {
        let areas = areas(a, b);
        ratio(areas.shared, areas.union)
    }
}

impl Overlap for GeneralizedIou {
    const META: Meta = Meta::new("GIoU")
        .higher_is_better()
        .within(Bounds::SIGNED_UNIT);

    fn of(a: &[f64; 4], b: &[f64; 4]) -> f64 {
        let areas = areas(a, b);
        let around = areas.around[0] * areas.around[1];
        ratio(areas.shared, areas.union) - ratio(around - areas.union, around)
    }
}

impl Overlap for DistanceIou {
    const META: Meta = Meta::new("DIoU")
        .higher_is_better()
        .within(Bounds::SIGNED_UNIT);

    fn of(a: &[f64; 4], b: &[f64; 4]) -> f64 {
        let areas = areas(a, b);
        let [w, h] = areas.around;
        let center = |of: &[f64; 4], i: usize| (of[i] + of[i + 2]) / 2.0;
        let [dx, dy] = [0, 1].map(|i| center(a, i) - center(b, i));
        ratio(areas.shared, areas.union) - (dx * dx + dy * dy) / (w * w + h * h + EPSILON)
    }
}

impl Overlap for CompleteIou {
    const META: Meta = Meta::new("CIoU")
        .higher_is_better()
        .within(Bounds::new(-2.0, 1.0));

    fn of(a: &[f64; 4], b: &[f64; 4]) -> f64 {
        let angle = |of: &[f64; 4]| (of[2] - of[0]).atan2(of[3] - of[1]);
        let v = 4.0 / std::f64::consts::PI.powi(2) * (angle(a) - angle(b)).powi(2);
        let alpha = v / (1.0 - PlainIou::of(a, b) + v + EPSILON);
        DistanceIou::of(a, b) - alpha * v
    }
}

/// Two lists of boxes, `[n, 4]` and `[m, 4]`, as tensors of one coordinate of all pairs: `[n, m]`.
struct Pairs {
    /// The left, top, right and bottom edges of the first boxes.
    a: [Tensor<2>; 4],
    b: [Tensor<2>; 4],
}

impl Pairs {
    fn of(a: Tensor<2>, b: Tensor<2>) -> Result<Self> {
        for (what, boxes) in [("first boxes", &a), ("second boxes", &b)] {
            if boxes.dims()[1] != 4 {
                return Err(MetricError::shape(what, "[boxes, 4]", &boxes.dims()));
            }
        }
        let [n, m] = [a.dims()[0], b.dims()[0]];
        let column = |i: usize| a.clone().narrow(1, i, 1).expand([n, m]);
        let row = |i: usize| b.clone().narrow(1, i, 1).transpose().expand([n, m]);
        Ok(Self {
            a: [0, 1, 2, 3].map(column),
            b: [0, 1, 2, 3].map(row),
        })
    }

    /// The width or the height of what both have in common.
    fn shared(&self, axis: usize) -> Tensor<2> {
        let [end, start] = [axis + 2, axis];
        let end = self.a[end].clone().min_pair(self.b[end].clone());
        let start = self.a[start].clone().max_pair(self.b[start].clone());
        (end - start).clamp_min(0.0)
    }

    /// The width or the height of the smallest box around both.
    fn around(&self, axis: usize) -> Tensor<2> {
        let [end, start] = [axis + 2, axis];
        let end = self.a[end].clone().max_pair(self.b[end].clone());
        let start = self.a[start].clone().min_pair(self.b[start].clone());
        end - start
    }

    fn union(&self, shared: Tensor<2>) -> Tensor<2> {
        size(&self.a, 0) * size(&self.a, 1) + size(&self.b, 0) * size(&self.b, 1) - shared
    }

    fn iou(&self) -> Tensor<2> {
        let shared = self.shared(0) * self.shared(1);
        let union = self.union(shared.clone());
        quotient(shared, union)
    }

    fn diou(&self) -> Tensor<2> {
        let diagonal = self.around(0).square() + self.around(1).square();
        let center = |of: &[Tensor<2>; 4], axis: usize| of[axis].clone() + of[axis + 2].clone();
        let apart = |axis: usize| (center(&self.a, axis) - center(&self.b, axis)) / 2.0;
        let distance = apart(0).square() + apart(1).square();
        self.iou() - distance / (diagonal + EPSILON)
    }
}

/// The width or the height of boxes.
fn size(edges: &[Tensor<2>; 4], axis: usize) -> Tensor<2> {
    edges[axis + 2].clone() - edges[axis].clone()
}

/// A quotient, or 0 if both are 0.
fn quotient(numerator: Tensor<2>, denominator: Tensor<2>) -> Tensor<2> {
    let nothing = denominator.clone().equal_elem(0.0);
    numerator / denominator.mask_fill(nothing, 1.0)
}

/// Computes the intersection over union of each pair of boxes.
///
/// Shapes: `[n, 4]` and `[m, 4]`, the left, top, right and bottom edge of each box; the result is `[n, m]`. It stays on
/// the device and is differentiable. Boxes that do not overlap have the gradient 0, so for a loss use
/// [`generalized_box_iou`] or another function that depends on how far apart they are.
///
/// # Errors
///
/// [`MetricError::Shape`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::detection::box_iou;
///
/// let device = Device::flex();
/// let a = Tensor::<2>::from_floats([[0.0, 0.0, 10.0, 10.0]], &device);
/// let b = Tensor::<2>::from_floats([[0.0, 0.0, 10.0, 5.0], [20.0, 0.0, 30.0, 10.0]], &device);
/// assert_eq!(box_iou(a, b)?.into_data().try_to_vec::<f32>().unwrap(), [0.5, 0.0]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub fn box_iou(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    Ok(Pairs::of(a, b)?.iou())
}

/// Computes the generalized intersection over union of each pair of boxes: the intersection over union, minus the share
/// of the smallest box around both that neither of them covers. From -1 to 1.
///
/// Shapes: as of [`box_iou`].
///
/// Source: Rezatofighi et al., Generalized intersection over union (2019); torchvision's `generalized_box_iou`.
///
/// # Errors
///
/// [`MetricError::Shape`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::detection::generalized_box_iou;
///
/// // As a loss: a step against the gradient moves a box towards the true one.
/// let device = Device::flex().autodiff();
/// let found = Tensor::<2>::from_floats([[0.0, 0.0, 10.0, 10.0]], &device).require_grad();
/// let truth = Tensor::<2>::from_floats([[20.0, 0.0, 30.0, 10.0]], &device);
/// let loss = -generalized_box_iou(found.clone(), truth)?;
/// let gradient = found.grad(&loss.sum().backward()).unwrap();
/// assert!(gradient.into_data().try_to_vec::<f32>().unwrap()[2] < 0.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub fn generalized_box_iou(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    let pairs = Pairs::of(a, b)?;
    let around = pairs.around(0) * pairs.around(1);
    let union = pairs.union(pairs.shared(0) * pairs.shared(1));
    Ok(pairs.iou() - quotient(around.clone() - union, around))
}

/// Computes the distance intersection over union of each pair of boxes: the intersection over union, minus the squared
/// distance between the centers relative to the squared diagonal of the smallest box around both. From -1 to 1.
///
/// Shapes: as of [`box_iou`].
///
/// Source: Zheng et al., Distance-IoU loss (2020); torchvision's `distance_box_iou`.
///
/// # Errors
///
/// [`MetricError::Shape`].
pub fn distance_box_iou(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    Ok(Pairs::of(a, b)?.diou())
}

/// Computes the complete intersection over union of each pair of boxes: the distance intersection over union, minus a
/// term for the difference of the aspect ratios.
///
/// The term is `α v` with `v = 4/π² (atan(w/h) - atan(w'/h'))²` and `α = v / (1 - IoU + v)`. No gradient flows through
/// `α`.
///
/// Shapes: as of [`box_iou`].
///
/// Source: Zheng et al., Distance-IoU loss (2020); torchvision's `complete_box_iou`.
///
/// # Errors
///
/// [`MetricError::Shape`].
pub fn complete_box_iou(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    let pairs = Pairs::of(a, b)?;
    let angle = |edges: &[Tensor<2>; 4]| {
        (size(edges, 0) / size(edges, 1).clamp_min(f32::MIN_POSITIVE)).atan()
    };
    let v = (angle(&pairs.a) - angle(&pairs.b)).square() * (4.0 / std::f64::consts::PI.powi(2));
    let alpha = v.clone() / (-pairs.iou() + v.clone() + (1.0 + EPSILON));
    Ok(pairs.diou() - alpha.detach() * v)
}
