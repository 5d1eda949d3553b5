"""Metrics of detected objects, by pycocotools, and torchmetrics where pycocotools has no such metric.

An input is a scene of images. `preds` and `target` count the detections and the true objects of each image; `preds.boxes`, `target.labels` and so on
have a row per object, those of the first image first. Boxes are left and top edge, width and height. Numbers are exact in float32.

Where pycocotools gives -1, as there is no true object, the value is NaN.
"""

import contextlib
import io
from typing import Any

import numpy as np
import torch
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torchmetrics.detection import MeanAveragePrecision

from harness import Array, Golden, domain, rng

Scene = dict[str, Array]
MAP = "mean_average_precision"


class Builder:
    """A scene that is being built, image by image."""

    def __init__(self, name: str) -> None:
        self.name, self.random = name, rng(name)
        self.preds: list[list[Any]] = []
        self.target: list[list[Any]] = []
        self.ids: list[int] = []
        self.size: tuple[int, int] | None = None

    def image(self, preds: list[Any], target: list[Any]) -> None:
        """Adds an image: detections (box, score, label[, mask]) and objects (box, label, crowd, area[, mask])."""
        self.preds.append(preds)
        self.target.append(target)
        self.ids.append(len(self.ids) + 1)

    def scene(self) -> Scene:
        found = [d for image in self.preds for d in image]
        truth = [t for image in self.target for t in image]
        scene = {
            "preds": np.int64([len(image) for image in self.preds]),
            "target": np.int64([len(image) for image in self.target]),
            "image_ids": np.int64(self.ids),
            "preds.boxes": np.float32([d[0] for d in found]).reshape(-1, 4),
            "preds.scores": np.float32([d[1] for d in found]),
            "preds.labels": np.int64([d[2] for d in found]),
            "target.boxes": np.float32([t[0] for t in truth]).reshape(-1, 4),
            "target.labels": np.int64([t[1] for t in truth]),
            "target.crowd": np.int64([t[2] for t in truth]),
            "target.area": np.float32([t[3] for t in truth]),
        }
        if self.size:
            scene["preds.masks"] = np.int64([d[3] for d in found]).reshape(-1, *self.size)
            scene["target.masks"] = np.int64([t[4] for t in truth]).reshape(-1, *self.size)
        return scene


def quarter(values: Any) -> list[float]:
    """Rounded to multiples of 1/4."""
    return [float(v) for v in np.round(np.asarray(values) * 4) / 4]


def random_scene(
    name: str,
    images: int = 12,
    classes: int = 3,
    objects: int = 6,
    extra: int = 4,
    crowds: float = 0.1,
    scores: int = 256,
    sizes: tuple[float, float] = (8, 160),
    jitter: float = 0.12,
) -> Builder:
    """Objects, most of which are found near where they are, and detections of nothing."""
    scene = Builder(name)
    random = scene.random

    def box() -> list[float]:
        w, h = np.exp(random.uniform(np.log(sizes[0]), np.log(sizes[1]), 2))
        x, y = random.uniform(0, 400, 2)
        return quarter([x, y, w, h])

    for _ in range(images):
        truth, found = [], []
        for _ in range(int(random.integers(0, objects + 1))):
            b = box()
            crowd = int(random.random() < crowds)
            area = 0.0 if random.random() < 0.5 else float(np.round(b[2] * b[3] * random.uniform(0.5, 1)))
            truth.append((b, int(random.integers(classes)), crowd, area))
        for b, label, crowd, _ in truth:
            for _ in range(int(random.integers(0, 3)) + 2 * crowd):
                scale = np.array([b[2], b[3], b[2], b[3]])
                near = quarter(np.maximum(np.array(b) + random.normal(0, jitter, 4) * scale, [-50, -50, 0, 0]))
                guess = label if random.random() < 0.85 else int(random.integers(classes))
                found.append((near, int(random.integers(scores)) / scores, guess))
        for _ in range(int(random.integers(0, extra + 1))):
            found.append((box(), int(random.integers(scores)) / scores, int(random.integers(classes))))
        order = random.permutation(len(found))
        scene.image([found[i] for i in order], truth)
    return scene


def edge_scene() -> Builder:
    """Empty images, areas on the borders of the ranges, boxes without a size, and equal boxes."""
    scene = Builder("edges")
    square = [10.0, 10.0, 32.0, 32.0]
    large = [50.0, 50.0, 96.0, 96.0]
    flat = [5.0, 5.0, 0.0, 20.0]
    scene.image([], [])
    scene.image([(square, 0.5, 0)], [])
    scene.image([], [(square, 0, 0, 0.0), (large, 1, 0, 0.0)])
    scene.image([(square, 0.5, 0), (square, 0.5, 0), (large, 0.25, 1)], [(square, 0, 0, 0.0), (large, 1, 0, 0.0)])
    scene.image([(square, 0.75, 7)], [(square, 0, 1, 0.0), (square, 7, 1, 0.0)])
    scene.image([(flat, 0.5, 2), (flat, 0.25, 2)], [(flat, 2, 0, 0.0), (square, 2, 0, 1024.0)])
    scene.image([([10.0, 10.0, 32.0, 16.0], 0.5, 0)], [(square, 0, 0, 9216.0), (square, 0, 0, 1024.0)])
    scene.image([(large, 1.0, 1), (large, 1.0, 1), (large, 0.0, 1)], [(large, 1, 1, 0.0), (large, 1, 0, 0.0)])
    scene.image([(square, 0.5, -3)], [(square, -3, 0, 1.0)])
    return scene


def mask_scene(name: str, images: int = 8, classes: int = 2, size: tuple[int, int] = (14, 18), least: int = 0) -> Builder:
    """Rectangles and disks, of which some have a single pixel, and which may overlap."""
    scene = Builder(name)
    scene.size = size
    random = scene.random
    y, x = np.mgrid[: size[0], : size[1]]

    def mask(around: tuple[float, float] | None = None) -> tuple[Array, tuple[float, float]]:
        center = around or (random.uniform(2, size[1] - 2), random.uniform(2, size[0] - 2))
        cx, cy = center[0] + random.normal(0, 0.6), center[1] + random.normal(0, 0.6)
        kind, r = random.integers(4), random.uniform(1, 4)
        if kind == 0:
            pixels = (np.abs(x - cx) <= r) & (np.abs(y - cy) <= r * 0.7)
        elif kind == 1:
            pixels = (x == int(center[0])) & (y == int(center[1]))
        else:
            pixels = (x - cx) ** 2 + (y - cy) ** 2 <= r * r
        return pixels.astype(np.int64), center

    for _ in range(images):
        truth, found = [], []
        for _ in range(int(random.integers(least, 5))):
            pixels, center = mask()
            label, crowd = int(random.integers(classes)), int(random.random() < 0.15)
            area = 0.0 if random.random() < 0.8 else 2000.0
            truth.append((bounds(pixels), label, crowd, area, pixels))
            for _ in range(int(random.integers(0, 3))):
                near, _ = mask(center)
                guess = pixels if random.random() < 0.3 else near
                found.append((bounds(guess), int(random.integers(64)) / 64, label, guess))
        for _ in range(int(random.integers(0, 3))):
            pixels, _ = mask()
            found.append((bounds(pixels), int(random.integers(64)) / 64, int(random.integers(classes)), pixels))
        scene.image(found, truth)
    if not least:
        scene.image([], [])
    return scene


def bounds(pixels: Array) -> list[float]:
    """The box around a mask."""
    return [float(v) for v in rle.toBbox(rle.encode(np.asfortranarray(pixels.astype(np.uint8))))]


# ------------------------------------------------------------------------------------------------ pycocotools


def images_of(scene: Scene) -> list[tuple[int, slice, slice]]:
    """The id of each image, and where its detections and objects are."""
    ends = [np.concatenate([[0], np.cumsum(scene[side])]) for side in ("preds", "target")]
    at = [[slice(int(a), int(b)) for a, b in zip(e[:-1], e[1:], strict=True)] for e in ends]
    return list(zip(scene["image_ids"].tolist(), *at, strict=True))


def encoded(mask: Array) -> dict[str, Any]:
    return rle.encode(np.asfortranarray(mask.astype(np.uint8)))


def datasets(scene: Scene, iou_type: str, micro: bool, sigmas: list[float] | None) -> tuple[COCO, COCO]:
    """The scene in the format of pycocotools."""
    truth, found = [], []
    labels = sorted(set(scene["preds.labels"].tolist()) | set(scene["target.labels"].tolist()))
    for image, d, t in images_of(scene):
        for i in range(t.start, t.stop):
            box = scene["target.boxes"][i].astype(float).tolist()
            area = float(scene["target.area"][i])
            one = {
                "id": len(truth) + 1,
                "image_id": image,
                "category_id": 0 if micro else int(scene["target.labels"][i]),
                "bbox": box,
                "iscrowd": int(scene["target.crowd"][i]),
            }
            if iou_type == "segm":
                one["segmentation"] = encoded(scene["target.masks"][i])
                one["area"] = area or float(rle.area(one["segmentation"]))
            else:
                one["area"] = area or box[2] * box[3]
            if iou_type == "keypoints":
                one["keypoints"] = scene["target.keypoints"][i].astype(float).ravel().tolist()
                one["num_keypoints"] = int((scene["target.keypoints"][i][:, 2] > 0).sum())
            truth.append(one)
        for i in range(d.start, d.stop):
            one = {
                "image_id": image,
                "category_id": 0 if micro else int(scene["preds.labels"][i]),
                "score": float(scene["preds.scores"][i]),
            }
            if iou_type == "segm":
                one["segmentation"] = encoded(scene["preds.masks"][i])
            elif iou_type == "keypoints":
                one["keypoints"] = scene["preds.keypoints"][i].astype(float).ravel().tolist()
            else:
                one["bbox"] = scene["preds.boxes"][i].astype(float).tolist()
            found.append(one)
    coco = COCO()
    size = scene["target.masks"].shape[1:] if "target.masks" in scene else (500, 500)
    coco.dataset = {
        "info": {},
        "images": [{"id": i, "height": size[0], "width": size[1]} for i in scene["image_ids"].tolist()],
        "annotations": truth,
        "categories": [{"id": k, "name": str(k)} for k in ([0] if micro else labels)],
    }
    coco.createIndex()
    if found:
        return coco, coco.loadRes(found)
    none = COCO()
    none.dataset = {**coco.dataset, "annotations": []}
    none.createIndex()
    return coco, none


def evaluated(scene: Scene, options: dict[str, Any]) -> COCOeval:
    """What pycocotools computes."""
    iou_type = options.get("iou_type", "bbox")
    with contextlib.redirect_stdout(io.StringIO()):
        truth, found = datasets(scene, iou_type, options.get("average") == "micro", options.get("sigmas"))
        result = COCOeval(truth, found, iou_type)
        if "sigmas" in options:
            result.params.kpt_oks_sigmas = np.array(options["sigmas"])
            result.params.areaRng = COCOeval(truth, found, "bbox").params.areaRng
            result.params.areaRngLbl = ["all", "small", "medium", "large"]
        if "iou_thresholds" in options:
            result.params.iouThrs = np.array(options["iou_thresholds"])
        if "rec_thresholds" in options:
            result.params.recThrs = np.array(options["rec_thresholds"])
        if "max_detection_thresholds" in options:
            result.params.maxDets = sorted(options["max_detection_thresholds"])
        result.evaluate()
        result.accumulate()
        if not options:
            result.summarize()
    return result


def mean(values: Array) -> float:
    values = values[values > -1]
    return float(np.mean(values)) if values.size else float("nan")


def nan(values: Array) -> Array:
    return np.where(values == -1, np.nan, values)


def coco_map(scene: Scene, options: dict[str, Any]) -> dict[str, Any]:
    """The numbers of `DetectionScores`, all for the largest number of detections."""
    result = evaluated(scene, {k: v for k, v in options.items() if k not in ("class_metrics", "extended")})
    precision, recall = result.eval["precision"], result.eval["recall"]
    if options.get("extended"):
        return {"precision": nan(precision), "recall": nan(recall), "scores": nan(result.eval["scores"])}
    thresholds = result.params.iouThrs

    def at(t: float) -> float:
        place = np.where(np.isclose(thresholds, t))[0]
        return mean(precision[place][:, :, :, 0, -1]) if place.size else float("nan")

    value = {"map": mean(precision[:, :, :, 0, -1]), "map_50": at(0.5), "map_75": at(0.75)}
    value |= {f"map_{name}": mean(precision[:, :, :, a, -1]) for a, name in ((1, "small"), (2, "medium"), (3, "large"))}
    value |= {f"mar_{n}": mean(recall[:, :, 0, m]) for m, n in enumerate(result.params.maxDets)}
    value |= {f"mar_{name}": mean(recall[:, :, a, -1]) for a, name in ((1, "small"), (2, "medium"), (3, "large"))}
    if not options:
        stats = [float("nan") if s == -1 else s for s in result.stats]
        np.testing.assert_allclose(list(value.values()), stats, rtol=0, atol=1e-12)
    if options.get("class_metrics"):
        each = evaluated(scene, {k: v for k, v in options.items() if k not in ("class_metrics", "average")})
        for k, label in enumerate(each.params.catIds):
            value[f"map_per_class/{label}"] = mean(each.eval["precision"][:, :, k, 0, -1])
            value[f"mar_per_class/{label}"] = mean(each.eval["recall"][:, k, 0, -1])
    return value


def torchmetrics_map(scene: Scene, options: dict[str, Any]) -> list[float]:
    """The first twelve numbers by torchmetrics, which has them in float32."""
    iou_type = options.get("iou_type", "bbox")
    options = {k: v for k, v in options.items() if k not in ("class_metrics", "extended", "iou_type")}
    # torch.linspace rounds the thresholds differently, so that a recall of, say, 35 of 100 objects reaches others.
    thresholds = {"iou_thresholds": np.linspace(0.5, 0.95, 10).tolist(), "rec_thresholds": np.linspace(0, 1, 101).tolist()}
    metric = MeanAveragePrecision(box_format="xywh", iou_type=iou_type, **(thresholds | options))
    preds, target = [], []
    for _, d, t in images_of(scene):
        one = {"scores": torch.tensor(scene["preds.scores"][d]), "labels": torch.tensor(scene["preds.labels"][d])}
        other = {
            "labels": torch.tensor(scene["target.labels"][t]),
            "iscrowd": torch.tensor(scene["target.crowd"][t]),
            "area": torch.tensor(scene["target.area"][t]),
        }
        if iou_type == "segm":
            one["masks"] = torch.tensor(scene["preds.masks"][d], dtype=torch.uint8)
            other["masks"] = torch.tensor(scene["target.masks"][t], dtype=torch.uint8)
        else:
            one["boxes"] = torch.tensor(scene["preds.boxes"][d]).reshape(-1, 4)
            other["boxes"] = torch.tensor(scene["target.boxes"][t]).reshape(-1, 4)
        preds.append(one)
        target.append(other)
    metric.update(preds, target)
    value = metric.compute()
    named = [f"map{s}" for s in ("", "_50", "_75", "_small", "_medium", "_large")]
    named += [f"mar_{n}" for n in metric.max_detection_thresholds] + [f"mar_{s}" for s in ("small", "medium", "large")]
    return [float("nan") if float(value[name]) == -1 else float(value[name]) for name in named]


def declare_map(golden: Golden, name: str, scene: Scene, options: dict[str, Any]) -> None:
    value = coco_map(scene, options)
    maxima = options.get("max_detection_thresholds", [100])
    # torchmetrics leaves out images without true masks, and what is found there.
    left_out = options.get("iou_type") == "segm" and 0 in scene["target"]
    if not left_out and 100 in maxima and len(maxima) in (1, 3) and "extended" not in options and "sigmas" not in options and "rec_thresholds" not in options:
        theirs = torchmetrics_map(scene, options)
        np.testing.assert_allclose(list(value.values())[:12], theirs, rtol=0, atol=1e-6, err_msg=f"{name} {options}")
    golden.case(MAP, name, value, options=options, reference="pycocotools")


def coco_scenes() -> dict[str, Scene]:
    scenes = {f"scene{i}": random_scene(f"scene{i}", images=14) for i in range(4)}
    scenes["tied"] = random_scene("tied", scores=4, images=16)
    scenes["dense"] = random_scene("dense", images=3, classes=2, objects=14, extra=30)
    scenes["small"] = random_scene("small", images=20, sizes=(4, 40), crowds=0)
    scenes["crowded"] = random_scene("crowded", crowds=0.5)
    scenes["one_class"] = random_scene("one_class", classes=1, scores=16)
    scenes["many_classes"] = random_scene("many_classes", classes=30, images=25)
    scenes["edges"] = edge_scene()
    return {name: scene.scene() for name, scene in scenes.items()}


@domain("detection", libraries=("pycocotools", "torchmetrics", "torch", "torchvision"), dtype=torch.float64)
def declare(golden: Golden) -> None:
    scenes = coco_scenes()
    masks = {name: mask_scene(name).scene() for name in ("masks0", "masks1")}
    masks["masks_everywhere"] = mask_scene("masks_everywhere", least=1).scene()
    for name, scene in (scenes | masks).items():
        golden.input(name, **scene)
    for name, scene in scenes.items():
        for options in (
            {},
            {"class_metrics": True},
            {"average": "micro"},
            {"average": "micro", "class_metrics": True},
            {"iou_thresholds": [0.3, 0.5, 1.0]},
            {"iou_thresholds": [0.4], "rec_thresholds": [0.0, 0.1, 0.5, 0.9]},
            {"max_detection_thresholds": [1, 3, 100]},
            {"max_detection_thresholds": [7, 2]},
            {"max_detection_thresholds": [1]},
            {"max_detection_thresholds": [1, 2, 3, 4], "class_metrics": True},
        ):
            declare_map(golden, name, scene, options)
    for name in ("scene0", "tied", "edges"):
        for options in ({}, {"average": "micro"}):
            options |= {"extended": True, "iou_thresholds": [0.5, 0.8], "rec_thresholds": [0.0, 0.2, 0.5, 0.8]}
            declare_map(golden, name, scenes[name], options)
    for name, scene in masks.items():
        for options in ({}, {"class_metrics": True}, {"average": "micro"}, {"iou_thresholds": [0.2]}):
            declare_map(golden, name, scene, {"iou_type": "segm"} | options)
