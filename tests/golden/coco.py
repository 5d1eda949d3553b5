"""Files in COCO's format, by pycocotools: polygons, run-length encoded masks, crowds and keypoints.

A case has no input: its options are the texts of the two files.
"""

import contextlib
import io
import json
from typing import Any

import numpy as np
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from detection import mean
from harness import Golden, domain, rng

SIZE = (60, 80)


def polygon(random: np.random.Generator, corners: int) -> list[float]:
    """A star around a point, with coordinates of two digits."""
    center = random.uniform(15, 45, 2)
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    radii = random.uniform(3, 14, corners)
    points = center + np.stack([np.cos(angles), np.sin(angles)], 1) * radii[:, None]
    return [round(float(v), 2) for v in points.ravel()]


def files(name: str, images: int = 6) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Ground truth, and results by boxes, masks and keypoints."""
    random = rng(name)
    truth, boxes, masks, poses = [], [], [], []
    for image in range(images):
        for _ in range(int(random.integers(0, 5))):
            polygons = [polygon(random, int(random.integers(3, 8))) for _ in range(int(random.integers(1, 3)))]
            crowd = int(random.random() < 0.2)
            encoded = rle.merge(rle.frPyObjects(polygons, *SIZE))
            runs = uncompressed(rle.decode(encoded))
            keypoints = np.concatenate([random.uniform(5, 50, (17, 2)).round(1), random.integers(0, 3, (17, 1))], 1)
            one = {
                "id": len(truth) + 1,
                "image_id": 7 * image + 3,
                "category_id": int(random.integers(1, 4)),
                "segmentation": {"size": list(SIZE), "counts": runs} if crowd else polygons,
                "bbox": [float(v) for v in rle.toBbox(encoded)],
                "area": float(rle.area(encoded)),
                "iscrowd": crowd,
                "keypoints": keypoints.ravel().tolist(),
                "num_keypoints": int((keypoints[:, 2] > 0).sum()),
            }
            truth.append(one)
            for _ in range(int(random.integers(0, 3))):
                common = {"image_id": one["image_id"], "category_id": one["category_id"], "score": int(random.integers(20)) / 16}
                shift = lambda p: [round(v + float(random.normal(0, 0.7)), 2) for v in p]
                found = rle.merge(rle.frPyObjects([shift(p) for p in polygons], *SIZE))
                masks.append({**common, "segmentation": {"size": list(SIZE), "counts": found["counts"].decode()}})
                boxes.append({**common, "bbox": [round(v + float(random.normal(0, 1)), 2) for v in one["bbox"][:2]] + one["bbox"][2:]})
                moved = keypoints.copy()
                moved[:, :2] += random.normal(0, 1.5, (17, 2)).round(1)
                poses.append({**common, "keypoints": moved.round(1).ravel().tolist()})
    images_json = [{"id": 7 * i + 3, "height": SIZE[0], "width": SIZE[1], "file_name": f"{i}.jpg"} for i in range(images)][::-1]
    categories = [{"id": k, "name": f"class {k}"} for k in (1, 2, 3)]
    return {"info": {}, "images": images_json, "annotations": truth, "categories": categories}, boxes, masks, poses


def uncompressed(pixels: np.ndarray) -> list[int]:
    """The runs of a mask, down the columns, of pixels outside and inside."""
    runs, inside = [0], 0
    for pixel in pixels.ravel(order="F").tolist():
        if pixel != inside:
            runs.append(0)
            inside = pixel
        runs[-1] += 1
    return runs


def evaluate(truth: dict[str, Any], results: list[dict[str, Any]], iou_type: str) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = json.loads(json.dumps(truth))
        coco.createIndex()
        result = COCOeval(coco, coco.loadRes(json.loads(json.dumps(results))), iou_type)
        result.evaluate()
        result.accumulate()
    precision, recall = result.eval["precision"], result.eval["recall"]
    return [mean(precision[:, :, :, 0, -1]), mean(precision[0, :, :, 0, -1]), mean(precision[5, :, :, 0, -1]), mean(recall[:, :, 0, -1])]


@domain("coco", libraries=("pycocotools",))
def declare(golden: Golden) -> None:
    for name in ("files0", "files1", "files2"):
        truth, boxes, masks, poses = files(name)
        for iou_type, results in (("bbox", boxes), ("segm", masks), ("keypoints", poses)):
            options = {"iou_type": iou_type, "ground_truth": json.dumps(truth), "results": json.dumps(results)}
            golden.case("coco_files", None, evaluate(truth, results, iou_type), options=options, reference="pycocotools")
