"""Work with segmentations for torchmetrics_peer.py."""

import torch
from torchmetrics import segmentation


def maps(samples, size, classes):
    return tuple(torch.randint(classes, (samples, size, size)) for _ in range(2))


def scores():
    return torch.randn(8, 21, 256, 256), torch.randint(21, (8, 256, 256))


def masks():
    return tuple(torch.randint(2, (8, 21, 256, 256)) for _ in range(2))


def disk(y, x, radius):
    rows, columns = torch.arange(512).view(-1, 1) - y, torch.arange(512) - x
    return (rows**2 + columns**2 <= radius**2).long()[None]


def disks():
    """Small ones: the memory that TorchMetrics takes is the number of pixels times that of edges."""
    return disk(250, 240, 20), disk(255, 243, 18)


def value(make, kind):
    """The value of one batch, from nothing. There is no validation to leave out."""

    def call(preds, target):
        metric = make(kind)
        metric.update(preds, target)
        return metric.compute()

    return lambda _: call


def iou(kind):
    return segmentation.MeanIoU(num_classes=21, input_format=kind)


def dice(kind):
    return segmentation.DiceScore(num_classes=21, average="macro", input_format=kind)


def pooled_dice(kind):
    return segmentation.DiceScore(
        num_classes=21, include_background=False, average="micro", aggregation_level="global", input_format=kind
    )


def hausdorff(kind):
    return segmentation.HausdorffDistance(num_classes=2, input_format=kind)


WORKLOADS = {
    "mean IoU, 32 x 512 x 512, 21 classes": (lambda: maps(32, 512, 21), value(iou, "index")),
    "Dice, 8 x 512 x 512, 21 classes": (lambda: maps(8, 512, 21), value(dice, "index")),
    "Dice of scores, 8 x 21 x 256 x 256": (scores, value(dice, "mixed")),
    "Dice of masks, 8 x 21 x 256 x 256": (masks, value(pooled_dice, "one-hot")),
    "Hausdorff distance, 512 x 512, disks": (disks, value(hausdorff, "index")),
}
