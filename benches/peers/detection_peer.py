"""Work with detected objects for torchmetrics_peer.py. Pycocotools takes the place of the second way to call TorchMetrics."""

import contextlib
import io

import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torchmetrics.detection import MeanAveragePrecision

from random_peer import Random


def images(n, objects, classes):
    """Objects, each found once a little beside where it is, three of four times as what it is."""
    random = Random()
    preds, target = [], []
    for _ in range(n):
        boxes, labels, found, scores, guesses = [], [], [], [], []
        for _ in range(objects):
            x, y, w, h = (float(random.below(m)) for m in (400, 400, 150, 150))
            w, h = w + 4, h + 4
            label = random.below(classes)
            boxes.append([x, y, w, h])
            labels.append(label)
            off = lambda size: (random.below(101) - 50) / 250 * size
            found.append([x + off(w), y + off(h), w + off(w), h + off(h)])
            scores.append(random.below(2**20) / 2**20)
            is_right = random.below(4) > 0
            other = random.below(classes)
            guesses.append(label if is_right else other)
        preds.append({"boxes": torch.tensor(found), "scores": torch.tensor(scores), "labels": torch.tensor(guesses)})
        target.append({"boxes": torch.tensor(boxes), "labels": torch.tensor(labels)})
    return preds, target


def torchmetrics(preds, target):
    metric = MeanAveragePrecision(box_format="xywh")
    metric.update(preds, target)
    return metric.compute()


def pycocotools(preds, target):
    """From lists of dictionaries, which is what its files contain."""
    truth = [
        {"id": 0, "image_id": i, "category_id": label, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for i, image in enumerate(target)
        for box, label in zip(image["boxes"].tolist(), image["labels"].tolist())
    ]
    for i, one in enumerate(truth):
        one["id"] = i + 1
    found = [
        {"image_id": i, "category_id": label, "bbox": box, "score": score}
        for i, image in enumerate(preds)
        for box, label, score in zip(image["boxes"].tolist(), image["labels"].tolist(), image["scores"].tolist())
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        labels = sorted({one["category_id"] for one in truth})
        categories = [{"id": label} for label in labels]
        images = [{"id": i} for i in range(len(target))]
        coco.dataset = {"info": {}, "images": images, "categories": categories, "annotations": truth}
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


def both(first):
    return torchmetrics if first else pycocotools


WORKLOADS = {
    "mAP, 500 images x 36, 36 classes": (lambda: images(500, 36, 36), both),
    "mAP, 5000 images x 10, 80 classes": (lambda: images(5000, 10, 80), both),
}
