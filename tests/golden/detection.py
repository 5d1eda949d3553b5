"""Metrics of detected objects, by pycocotools, and torchmetrics where pycocotools has no such metric.

An input is a scene of images. `preds` and `target` count the detections and the true objects of each image; `preds.boxes`, `target.labels` and so on
have a row per object, those of the first image first. Boxes are left and top edge, width and height. Numbers are exact in float32.

Where pycocotools gives -1, as there is no true object, the value is NaN.
"""

import contextlib
import io
import json
import logging
import tempfile
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from lvis import LVIS, LVISEval, LVISResults
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from shapely import affinity, box as rectangle
from tidecv import TIDE, Data
from torchmetrics import detection as tm
from torchmetrics.detection import MeanAveragePrecision
from torchmetrics.functional.detection import modified_panoptic_quality, panoptic_quality

from harness import Array, Golden, domain, rng

# lvis 0.5.3 uses a name that numpy no longer has.
np.float = float  # type: ignore[attr-defined]

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
    least: int = 0,
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
        for _ in range(int(random.integers(least, objects + 1))):
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
        for _ in range(int(random.integers(least, extra + 1))):
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


def evaluated(scene: Scene, options: dict[str, Any], kind: type[COCOeval] = COCOeval) -> COCOeval:
    """What pycocotools computes."""
    iou_type = options.get("iou_type", "bbox")
    with contextlib.redirect_stdout(io.StringIO()):
        truth, found = datasets(scene, iou_type, options.get("average") == "micro", options.get("sigmas"))
        result = kind(truth, found, iou_type)
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


def coco_map(scene: Scene, options: dict[str, Any], kind: type[COCOeval] = COCOeval) -> dict[str, Any]:
    """The numbers of `DetectionScores`, all for the largest number of detections."""
    result = evaluated(scene, {k: v for k, v in options.items() if k not in ("class_metrics", "extended")}, kind)
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
    scenes["everywhere"] = random_scene("everywhere", images=6, least=1)
    return {name: scene.scene() for name, scene in scenes.items()}


# ------------------------------------------------------------------------------------------------ other forms


def pose_scene(name: str, images: int = 10, keypoints: int = 5) -> Scene:
    """Persons with keypoints, some of which are not labeled."""
    random = rng(name)
    builder = random_scene(name, images=images, classes=1, sizes=(30, 200))
    scene = builder.scene()

    def pose(box: Array) -> Array:
        xy = box[:2] + random.uniform(0, 1, (keypoints, 2)) * box[2:]
        return np.concatenate([np.round(xy * 4) / 4, random.integers(0, 3, (keypoints, 1))], 1)

    truth = [pose(b) for b in scene["target.boxes"]]
    if truth:
        truth[0][:, 2] = 0
        truth[-1][:, 2] = 0
    found = []
    for _, d, t in images_of(scene):
        for i in range(d.start, d.stop):
            if t.stop > t.start and random.random() < 0.8:
                near = truth[int(random.integers(t.start, t.stop))].copy()
                near[:, :2] += np.round(random.normal(0, 4, (keypoints, 2)) * 4) / 4
                found.append(near)
            else:
                found.append(pose(scene["preds.boxes"][i]))
    scene["preds.keypoints"] = np.float32(found).reshape(-1, keypoints, 3)
    scene["target.keypoints"] = np.float32(truth).reshape(-1, keypoints, 3)
    area = scene["target.boxes"][:, 2] * scene["target.boxes"][:, 3] * np.float32(0.5)
    scene["target.area"] = np.float32(np.maximum(np.round(area), 1))
    return scene


def rotated_scene(name: str) -> Scene:
    """Boxes with an angle: center, width, height, and the angle in radians."""
    random = rng(name)
    scene = random_scene(name, images=8, classes=2, jitter=0.05).scene()

    def rotated(boxes: Array, angles: Array) -> Array:
        center = boxes[:, :2] + boxes[:, 2:] / 2
        return np.float32(np.concatenate([center, boxes[:, 2:], angles[:, None]], 1))

    true_angles = np.round(random.uniform(-3, 3, len(scene["target.boxes"])) * 64) / 64
    angles = np.zeros(len(scene["preds.boxes"]))
    for _, d, t in images_of(scene):
        for i in range(d.start, d.stop):
            near = true_angles[int(random.integers(t.start, t.stop))] if t.stop > t.start else 0
            angles[i] = near + int(random.integers(-8, 9)) / 64
    scene["preds.rotated"] = rotated(scene["preds.boxes"], angles)
    scene["target.rotated"] = rotated(scene["target.boxes"], true_angles)
    # Of the rectangles before they were rotated.
    scene["target.area"] = np.zeros_like(scene["target.area"])
    return scene


def rotated_map(scene: Scene) -> dict[str, Any]:
    """pycocotools with the overlaps of rotated boxes, which shapely computes."""

    def polygon(box: Array) -> Any:
        x, y, w, h, angle = box.astype(float).tolist()
        return affinity.rotate(rectangle(x - w / 2, y - h / 2, x + w / 2, y + h / 2), angle, (x, y), use_radians=True)

    class Rotated(COCOeval):
        def computeIoU(self, image: int, category: int) -> Any:
            found = sorted(self._dts[image, category], key=lambda d: -d["score"])[: self.params.maxDets[-1]]
            truth = self._gts[image, category]
            out = np.zeros((len(found), len(truth)))
            for i, d in enumerate(found):
                for j, t in enumerate(truth):
                    a, b = polygons["preds"][d["id"] - 1], polygons["target"][t["id"] - 1]
                    shared = a.intersection(b).area
                    out[i, j] = shared / (a.area if t["iscrowd"] else a.area + b.area - shared)
            return out if out.size else []

    polygons = {side: [polygon(b) for b in scene[f"{side}.rotated"]] for side in ("preds", "target")}
    return coco_map(scene, {}, Rotated)


# ------------------------------------------------------------------------------------------------ LVIS


def lvis_scene(name: str) -> Scene:
    """Classes that were not searched for in every image."""
    random = rng(name)
    scene = random_scene(name, images=20, classes=8, crowds=0).scene()
    scene["target.crowd"][:] = 0
    negative, partial = [], []
    for _, _, t in images_of(scene):
        present = set(scene["target.labels"][t].tolist())
        negative.append([k for k in range(8) if k not in present and random.random() < 0.4])
        partial.append([k for k in range(8) if random.random() < 0.15])
    for key, lists in (("negative", negative), ("not_exhaustive", partial)):
        scene[key] = np.int64([len(values) for values in lists])
        scene[f"{key}.labels"] = np.int64([k for values in lists for k in values])
    return scene


def lists_of(scene: Scene, key: str) -> list[list[int]]:
    ends = np.cumsum(scene[key])[:-1]
    return [part.tolist() for part in np.split(scene[f"{key}.labels"], ends)]


def lvis_map(scene: Scene, frequencies: str, max_detections: int) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        truth, found = datasets(scene, "bbox", False, None)
    dataset = dict(truth.dataset)
    dataset["categories"] = [{"id": k, "name": str(k), "frequency": f} for k, f in enumerate(frequencies)]
    missing = zip(lists_of(scene, "negative"), lists_of(scene, "not_exhaustive"), strict=True)
    dataset["images"] = [
        {**image, "neg_category_ids": n, "not_exhaustive_category_ids": p}
        for image, (n, p) in zip(dataset["images"], missing, strict=True)
    ]
    logging.disable(logging.WARNING)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(dataset, file)
        file.flush()
        lvis = LVIS(file.name)
    results = [{k: d[k] for k in ("image_id", "category_id", "bbox", "score")} for d in found.dataset["annotations"]]
    evaluation = LVISEval(lvis, LVISResults(lvis, results, max_dets=max_detections), "bbox")
    evaluation.params.max_dets = max_detections
    evaluation.run()
    r = evaluation.get_results()
    m = max_detections
    names = ("AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf", f"AR@{m}", f"ARs@{m}", f"ARm@{m}", f"ARl@{m}")
    return [float("nan") if r[n] == -1 else float(r[n]) for n in names]


# ------------------------------------------------------------------------------------------------ other metrics


def best_f1(scene: Scene, options: dict[str, Any]) -> list[float]:
    """The best F1 over all thresholds of the score, from the matches of pycocotools."""
    threshold = options.get("iou_threshold", 0.5)
    result = evaluated(scene, {"iou_thresholds": [threshold]})
    labels = result.params.catIds

    def best(labels: list[int]) -> list[float]:
        found, objects = [], 0
        for one in result.evalImgs:
            if one and one["aRng"] == result.params.areaRng[0] and one["category_id"] in labels:
                objects += int(np.sum(one["gtIgnore"] == 0))
                matched, ignored = one["dtMatches"][0] > 0, one["dtIgnore"][0] > 0
                found += [(s, m) for s, m, i in zip(one["dtScores"], matched, ignored, strict=True) if not i]
        top = [0.0, float("nan"), 0.0, 0.0]
        for score in sorted({s for s, _ in found}, reverse=True):
            kept = [m for s, m in found if s >= score]
            if objects and 2 * sum(kept) / (len(kept) + objects) > top[0]:
                top = [2 * sum(kept) / (len(kept) + objects), score, sum(kept) / len(kept), sum(kept) / objects]
        return top if objects else [float("nan")]

    each = [best([label])[:2] for label in labels]
    return best(labels) + [x for pair in each if not np.isnan(pair[0]) for x in pair]


def confusion(scene: Scene, classes: int, score: float, threshold: float) -> list[int]:
    """Pairs of any class by descending overlap, each detection and object once."""
    table: Counter[tuple[int, int]] = Counter()
    for _, d, t in images_of(scene):
        found = [i for i in range(d.start, d.stop) if scene["preds.scores"][i] >= score]
        truth = list(range(t.start, t.stop))
        crowd = scene["target.crowd"][t]
        overlaps = rle.iou(
            scene["preds.boxes"][found].astype(float), scene["target.boxes"][truth].astype(float), crowd.tolist()
        ) if found and truth else np.zeros((len(found), len(truth)))
        pairs = [(-overlaps[i, j], -scene["preds.scores"][found[i]], i, j) for i in range(len(found)) for j in range(len(truth))]
        used, taken = set(), set()
        for overlap, _, i, j in sorted(pairs):
            if -overlap >= threshold and i not in used and j not in taken and not crowd[j]:
                used.add(i)
                taken.add(j)
                table[int(scene["target.labels"][truth[j]]), int(scene["preds.labels"][found[i]])] += 1
        for j, at in enumerate(truth):
            if j not in taken and not crowd[j]:
                table[int(scene["target.labels"][at]), classes] += 1
        for i, at in enumerate(found):
            if i not in used and not any(crowd[j] and overlaps[i, j] > 0.5 for j in range(len(truth))):
                table[classes, int(scene["preds.labels"][at])] += 1
    return [table[a, b] for a in range(classes + 1) for b in range(classes + 1)]


def tide(scene: Scene) -> list[float]:
    """What tidecv reports, as fractions."""
    truth, found = Data("truth"), Data("found")
    for image, d, t in images_of(scene):
        truth.add_image(image, str(image))
        for i in range(t.start, t.stop):
            box, label = scene["target.boxes"][i].astype(float).tolist(), int(scene["target.labels"][i])
            (truth.add_ignore_region if scene["target.crowd"][i] else truth.add_ground_truth)(image, label, box)
        for i in range(d.start, d.stop):
            box, label = scene["preds.boxes"][i].astype(float).tolist(), int(scene["preds.labels"][i])
            found.add_detection(image, label, float(scene["preds.scores"][i]), box)
    report = TIDE()
    run = report.evaluate(truth, found, mode=TIDE.BOX)
    errors = {e.short_name: v for e, v in (run.fix_main_errors() | run.fix_special_errors()).items()}
    names = ("Cls", "Loc", "Both", "Dupe", "Bkg", "Miss", "FalsePos", "FalseNeg")
    return [run.ap / 100, *[errors[name] / 100 for name in names]]


OVERLAPS = {
    "intersection_over_union": tm.IntersectionOverUnion,
    "generalized_intersection_over_union": tm.GeneralizedIntersectionOverUnion,
    "distance_intersection_over_union": tm.DistanceIntersectionOverUnion,
    "complete_intersection_over_union": tm.CompleteIntersectionOverUnion,
}


def overlap(make: Callable[..., Any], scene: Scene, options: dict[str, Any]) -> list[float]:
    metric = make(box_format="xywh", **options)
    boxes = lambda side, at: torch.tensor(scene[f"{side}.boxes"][at], dtype=torch.float64).reshape(-1, 4)
    for _, d, t in images_of(scene):
        metric.update(
            [{"boxes": boxes("preds", d), "labels": torch.tensor(scene["preds.labels"][d])}],
            [{"boxes": boxes("target", t), "labels": torch.tensor(scene["target.labels"][t])}],
        )
    return [float(value) for value in metric.compute().values()]


def panoptic_definition(preds: Array, target: Array, things: list[int], stuffs: list[int], modified: bool) -> list[float]:
    """As panopticapi defines it: each segment is a set of pixels, and unknown categories are void."""
    categories = sorted(things) + sorted(stuffs)
    tally = {k: [0.0, 0, 0, 0] for k in categories}
    for image in range(len(preds)):
        segments = []
        for side in (preds, target):
            colors: dict[tuple[int, int], set[int]] = {}
            for at, (category, instance) in enumerate(side[image].reshape(-1, 2).tolist()):
                if category in categories:
                    colors.setdefault((category, instance if category in things else 0), set()).add(at)
            segments.append(colors)
        found, truth = segments
        void = set(range(preds[image].size // 2)) - set().union(*truth.values())
        matched: set[Any] = set()
        for a, pixels in found.items():
            for b, true_pixels in truth.items():
                shared = len(pixels & true_pixels)
                if a[0] != b[0] or not shared:
                    continue
                iou = shared / (len(pixels - void) + len(true_pixels) - shared)
                if modified and b[0] in stuffs:
                    tally[b[0]][0] += iou
                elif iou > 0.5:
                    tally[b[0]][0] += iou
                    tally[b[0]][1] += 1
                    matched |= {("found", a), ("truth", b)}
        for b in truth:
            if modified and b[0] in stuffs:
                tally[b[0]][1] += 1
            elif ("truth", b) not in matched:
                tally[b[0]][3] += 1
        for a, pixels in found.items():
            lenient = modified and a[0] in stuffs
            if not lenient and ("found", a) not in matched and len(pixels & void) / len(pixels) <= 0.5:
                tally[a[0]][2] += 1
    each = []
    for iou, tp, fp, fn in tally.values():
        if tp + fp + fn == 0:
            each.append([float("nan")] * 3)
        else:
            sq, rq = iou / tp if tp else 0.0, tp / (tp + fp / 2 + fn / 2)
            each.append([sq * rq, sq, rq])
    return [*np.nanmean(each, 0).tolist(), *[x for one in each for x in one]]


def segmentation(name: str, unknown: bool, images: int = 4, size: int = 9) -> Scene:
    """Rectangles of things 0 and 1 on stuff 6 and 7, some of the truth void, and predictions that are a little off."""
    random = rng(name)
    truth, found = [], []
    for _ in range(images):
        pixels = np.zeros((size, size, 2), np.int64)
        pixels[..., 0] = np.where(np.arange(size)[:, None] < random.integers(2, size - 2), 6, 7)
        pixels[..., 1] = random.integers(0, 5, (size, size))
        guess = pixels.copy()
        for instance in range(int(random.integers(1, 5))):
            y, x = random.integers(0, size - 3, 2)
            h, w = random.integers(2, 5, 2)
            category = int(random.integers(2))
            pixels[y : y + h, x : x + w] = (category, instance)
            if random.random() < 0.85:
                dy, dx = random.integers(0, 2, 2)
                guess[y + dy : y + dy + h, x : x + w + dx] = (category if random.random() < 0.9 else 1 - category, 9 - instance)
        y, x = random.integers(0, size - 3, 2)
        pixels[y : y + 3, x : x + 2] = (255, 0)
        if unknown:
            y, x = random.integers(0, size - 3, 2)
            guess[y : y + 3, x : x + 3] = (99, 1)
        truth.append(pixels)
        found.append(guess)
    return {"preds": np.stack(found), "target": np.stack(truth)}


def declare_panoptic(golden: Golden) -> None:
    for name in ("panoptic0", "panoptic1", "panoptic_unknown"):
        unknown = name == "panoptic_unknown"
        scene = segmentation(name, unknown)
        golden.input(name, **scene)
        for modified in (False, True):
            for things, stuffs in (([0, 1], [6, 7]), ([1, 0, 5], [7, 6, 8])):
                function = modified_panoptic_quality if modified else panoptic_quality
                tensors = [torch.tensor(scene[side]) for side in ("preds", "target")]
                options = {"things": things, "stuffs": stuffs}
                theirs = float(function(*tensors, things=things, stuffs=stuffs, allow_unknown_preds_category=unknown))
                right = panoptic_definition(scene["preds"], scene["target"], things, stuffs, modified)
                options |= {"allow_unknown_preds_category": True} if unknown else {}
                # torchmetrics treats what is predicted as unknown as void, too.
                kind = "modified_panoptic_quality" if modified else "panoptic_quality"
                golden.compared(kind, name, theirs, right[0], within=1e-9, options=options, oddity="predicted-void" if unknown else None)
                golden.case(kind, name, right, options=options | {"detailed": True}, reference="definition")


@domain("detection", libraries=("pycocotools", "torchmetrics", "lvis", "tidecv", "torch", "torchvision"), dtype=torch.float64)
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

    for name in ("poses0", "poses1"):
        scene = pose_scene(name)
        golden.input(name, **scene)
        for maxima in ([20], [2, 20]):
            options = {"iou_type": "keypoints", "sigmas": [0.1, 0.05, 0.2, 0.1, 0.15], "max_detection_thresholds": maxima}
            declare_map(golden, name, scene, options)
    for name in ("rotated0", "rotated1"):
        scene = rotated_scene(name)
        golden.input(name, **scene)
        golden.case(MAP, name, rotated_map(scene), options={"iou_type": "rotated"}, reference="pycocotools")
    for name in ("lvis0", "lvis1"):
        scene = lvis_scene(name)
        golden.input(name, **scene)
        for maximum in (300, 4):
            options = {"frequencies": "rccffrcf", "max_detections": maximum}
            golden.case("lvis_average_precision", name, lvis_map(scene, "rccffrcf", maximum), options=options, reference="lvis")
    for name in ("scene0", "scene1", "tied", "crowded", "edges", "many_classes"):
        scene = scenes[name]
        for options in ({}, {"iou_threshold": 0.75}):
            golden.case("detection_f1", name, best_f1(scene, options), options=options, reference="pycocotools")
    for name in ("scene0", "tied", "crowded"):
        for options in ({}, {"score_threshold": 0.0, "iou_threshold": 0.3}):
            value = confusion(scenes[name], 3, options.get("score_threshold", 0.25), options.get("iou_threshold", 0.5))
            golden.case("detection_confusion_matrix", name, value, options=options, reference="definition")
    for name in ("tide0", "tide1", "tide2"):
        # No two scores are equal.
        scene = random_scene(name, images=25, extra=6, jitter=0.25, scores=2**20).scene()
        golden.input(name, **scene)
        golden.case("tide", name, tide(scene), reference="tidecv")
    for metric, make in OVERLAPS.items():
        for name in ("scene0", "scene1", "one_class", "many_classes"):
            for options in ({}, {"iou_threshold": 0.3}, {"class_metrics": True}, {"respect_labels": False}):
                scene = scenes[name]
                lone = any((d.stop == d.start) != (t.stop == t.start) for _, d, t in images_of(scene))
                if options.get("respect_labels") is False and lone:
                    # torchmetrics counts n lone boxes as n * n pairs.
                    continue
                value = golden.attempt(metric, lambda m=make, s=scene, o=options: overlap(m, s, o))
                if value is not None:
                    golden.case(metric, name, value, options=options)
        both = scenes["everywhere"]
        for options in ({}, {"iou_threshold": 0.5, "class_metrics": True}, {"respect_labels": False, "class_metrics": True}):
            golden.case(metric, "everywhere", overlap(make, both, options), options=options)
    declare_panoptic(golden)
