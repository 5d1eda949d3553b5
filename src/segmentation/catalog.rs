use super::*;
use crate::{
    Catalog,
    classification::{Macro, Micro, PerClass, Weighted},
};

/// Metrics by name, such as `dice` and `mean_iou_global_per_class`.
///
/// There are two classes unless the option `task.classes` says otherwise.
impl Default for Catalog<SegmentationInput> {
    fn default() -> Self {
        let (dice, iou) = (DiceScore::new(2), MeanIoU::new(2));
        Self::new()
            .with("dice", dice.clone())
            .with("dice_micro", dice.clone().average(Micro))
            .with("dice_weighted", dice.clone().average(Weighted))
            .with("dice_per_class", dice.clone().average(PerClass))
            .with("dice_global", dice.clone().global())
            .with("dice_global_micro", dice.clone().average(Micro).global())
            .with("dice_global_per_class", dice.average(PerClass).global())
            .with("generalized_dice", GeneralizedDiceScore::new(2))
            .with("mean_iou", iou.clone())
            .with("mean_iou_macro", iou.clone().average(Macro))
            .with("mean_iou_per_class", iou.clone().average(PerClass))
            .with("mean_iou_global", iou.clone().global())
            .with("mean_iou_global_per_class", iou.average(PerClass).global())
            .with("hausdorff_distance", HausdorffDistance::new(2))
            .with(
                "hausdorff_distance_95",
                HausdorffDistance::new(2).percentile(95.0),
            )
            .with("average_surface_distance", AverageSurfaceDistance::new(2))
            .with("surface_dice", SurfaceDice::new(2, 1.0))
            .with("boundary_iou", BoundaryIoU::new(2))
            .with("volume_difference", VolumeDifference::new(2))
            .with(
                "relative_volume_difference",
                RelativeVolumeDifference::new(2),
            )
    }
}
