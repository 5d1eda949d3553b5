"""Segmentation: overlap by the classes of torchmetrics, surfaces by torchmetrics and by MONAI.

Every number is compared with a definition of `segmentation_definitions.py`.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from monai import metrics as monai
from numpy.typing import NDArray
from torchmetrics import segmentation as tm
from torchmetrics.functional import segmentation as tmf

from harness import Golden, domain, rng
from inputs import class_scores, floats, ints
from segmentation_definitions import (
    Floats,
    Options,
    average_distance,
    boundary_iou,
    dice,
    generalized_value,
    hausdorff,
    iou,
    masks_of,
    overlap_value,
    pair_scores,
    pair_value,
    relative_volume_difference,
    scored,
    surface_dice,
    volume_difference,
)

WITHIN = 1e-6
"""Both references compute in float32."""

# ------------------------------------------------------------------------------------------------ inputs


def noisy(r: np.random.Generator, target: NDArray[np.int64], classes: int, share: float) -> NDArray[np.int64]:
    """Labels of which a share is random."""
    return ints(np.where(r.random(target.shape) < share, r.integers(classes, size=target.shape), target))


def blobs(r: np.random.Generator, samples: int, shape: tuple[int, ...], classes: int) -> NDArray[np.int64]:
    """Label maps of boxes on a background."""
    maps = np.zeros((samples, *shape), np.int64)
    for sample, label in product(range(samples), range(1, classes)):
        low = [r.integers(0, max(n - 2, 1)) for n in shape]
        high = [r.integers(a + 1, n + 1) for a, n in zip(low, shape, strict=True)]
        maps[(sample, *map(slice, low, high))] = label
    return maps


def shifted(maps: NDArray[np.int64], by: int, axis: int) -> NDArray[np.int64]:
    """Label maps that are moved, with background behind them."""
    out = np.roll(maps, by, axis)
    out[(slice(None),) * axis + (slice(0, by),)] = 0
    return out


def label_inputs() -> Iterator[tuple[str, int, NDArray[Any], NDArray[Any], bool]]:
    """Names, numbers of classes, predictions, targets, and whether surfaces are worth measuring."""
    r = rng("random")
    target = r.integers(4, size=(5, 6, 7))
    yield "random", 4, noisy(r, target, 4, 0.5), target, True
    r = rng("boxes")
    target = blobs(r, 4, (9, 9), 3)
    yield "boxes", 3, noisy(r, shifted(target, 1, 1), 3, 0.04), target, True
    r = rng("binary")
    target = blobs(r, 4, (8, 8), 2)
    yield "binary", 2, shifted(target, 1, 2), target, True
    r = rng("volume")
    target = blobs(r, 4, (5, 4, 6), 3)
    yield "volume", 3, noisy(r, shifted(target, 1, 3), 3, 0.02), target, True
    r = rng("tall")
    target = blobs(r, 4, (12, 5), 3)
    yield "tall", 3, noisy(r, shifted(target, 2, 1), 3, 0.03), target, True
    r = rng("wide")
    target = blobs(r, 4, (5, 12), 3)
    yield "wide", 3, noisy(r, shifted(target, 1, 2), 3, 0.03), target, True
    r = rng("line")
    target = r.integers(2, size=(4, 9))
    yield "line", 2, noisy(r, target, 2, 0.3), target, False
    r = rng("four_dimensions")
    target = blobs(r, 4, (3, 4, 3, 2), 2)
    yield "four_dimensions", 2, noisy(r, target, 2, 0.1), target, True
    # Class 3 is nowhere, class 2 only predicted, and class 1 only in the target of some samples.
    target = ints([[[0, 0, 1], [0, 1, 1]], [[0, 0, 0], [0, 0, 0]], [[0, 0, 0], [1, 0, 0]], [[0, 0, 0], [0, 0, 0]]])
    preds = ints([[[0, 0, 1], [0, 0, 1]], [[0, 0, 0], [0, 2, 0]], [[0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]])
    yield "absent", 4, preds, target, True
    target = np.zeros((4, 3, 4), np.int64)
    yield "only_background", 3, target, target, True
    target = np.zeros((4, 5, 5), np.int64)
    preds = target.copy()
    target[:, 1, 1], preds[:, 3, 4] = 1, 1
    yield "one_pixel", 2, preds, target, True
    preds, target = np.zeros((4, 1, 1), np.int64), np.ones((4, 1, 1), np.int64)
    preds[2:] = 1
    yield "image_of_one_pixel", 2, preds, target, True
    target = blobs(rng("perfect"), 4, (6, 6), 3)
    yield "perfect", 3, target, target, True
    yield "full", 2, np.ones((4, 4, 4), np.int64), np.ones((4, 4, 4), np.int64), True


def void_inputs() -> Iterator[tuple[str, int, NDArray[Any], NDArray[Any], int]]:
    """Names, numbers of classes, predictions, targets, and the label of void pixels."""
    r = rng("void")
    target = blobs(r, 4, (7, 8), 3)
    preds = noisy(r, shifted(target, 1, 1), 3, 0.1)
    yield "void", 3, preds, ints(np.where(r.random(target.shape) < 0.2, 255, target)), 255
    yield "void_class", 3, preds, target, 2
    yield "void_background", 3, preds, target, 0
    target = target.copy()
    target[1] = -1
    yield "void_sample", 3, preds, target, -1


def mask_inputs() -> Iterator[tuple[str, int, NDArray[Any], NDArray[Any]]]:
    r = rng("masks")
    yield "masks", 3, r.random((5, 3, 4, 5)) < 0.5, r.random((5, 3, 4, 5)) < 0.4
    r = rng("nested_masks")
    organ = blobs(r, 4, (8, 8), 2) > 0
    tumor = organ & (r.random(organ.shape) < 0.3)
    target = np.stack([~organ, organ, tumor], 1)
    yield "nested_masks", 3, np.roll(target, 1, 2), target
    r = rng("one_mask")
    yield "one_mask", 1, r.random((4, 1, 5, 6)) < 0.5, r.random((4, 1, 5, 6)) < 0.5
    empty = np.zeros((4, 2, 3, 3), bool)
    some = empty.copy()
    some[:2, 1, 1, 1] = True
    yield "empty_masks", 2, empty, some


# ------------------------------------------------------------------------------------------------ cases


def is_known(value: Any) -> bool:
    return bool(np.any(~np.isnan(np.asarray(value, float))))


def input_format(preds: NDArray[Any]) -> str:
    return {"b": "one-hot", "f": "mixed", "i": "index"}[preds.dtype.kind]


def tensors(preds: NDArray[Any], target: NDArray[Any]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(preds), torch.tensor(target)


def value_of(metric: Any, p: torch.Tensor, t: torch.Tensor, is_list: bool) -> Any:
    """The value of a metric of torchmetrics, which makes a number of a list of one."""
    metric.update(p, t)
    return metric.compute().reshape([-1] if is_list else [])


def declare_overlap(golden: Golden, name: str, classes: int, preds: NDArray[Any], target: NDArray[Any]) -> None:
    p, t = tensors(preds, target)
    kind = input_format(preds)
    for background in (True, False):
        common = {"num_classes": classes, "include_background": background}
        for average, level in product(("micro", "macro", "weighted", "none"), ("samplewise", "global")):
            own = common | {"average": average, "aggregation_level": level}
            defined = overlap_value(dice, preds, target, own)
            if not is_known(defined):
                continue

            def by_reference(own: Options = own) -> Any:
                return value_of(tm.DiceScore(**own, input_format=kind), p, t, own["average"] == "none")

            value = golden.attempt(f"dice_score of {name}", by_reference)
            if value is not None:
                golden.compared("dice_score", name, value, defined, within=WITHIN, options=own)
            else:
                golden.case("dice_score", name, defined, options=own, reference="definition")
        for per_class in (False, True):
            own = common | {"per_class": per_class}
            defined = overlap_value(iou, preds, target, own | {"average": "none" if per_class else "pairs"})
            if is_known(defined):

                def mean_iou(own: Options = own) -> Any:
                    return value_of(tm.MeanIoU(**own, input_format=kind), p, t, own["per_class"])

                value = golden.attempt(f"mean_iou of {name}", mean_iou)
                if value is None:
                    golden.case("mean_iou", name, defined, options=own, reference="definition")
                else:
                    oddity = "iou-one-class" if classes == 1 else "iou-absent-class"
                    oddity = "iou-one-dimension" if target.ndim == 2 else oddity
                    golden.compared("mean_iou", name, value, defined, within=WITHIN, options=own, oddity=oddity)
            own |= {"aggregation_level": "global"}
            defined = overlap_value(iou, preds, target, own | {"average": "none" if per_class else "macro"})
            if is_known(defined):
                golden.case("mean_iou", name, defined, options=own, reference="definition")
            for weight_type in ("square", "simple", "linear"):
                own = common | {"per_class": per_class, "weight_type": weight_type}
                defined = generalized_value(preds, target, own)
                if not is_known(defined):
                    continue

                def generalized_dice(own: Options = own) -> Any:
                    return value_of(tm.GeneralizedDiceScore(**own, input_format=kind), p, t, own["per_class"])

                value = golden.attempt(f"generalized_dice_score of {name}", generalized_dice)
                oddity = "generalized-dice-absent-class"
                golden.compared(
                    "generalized_dice_score", name, value, defined, within=WITHIN, options=own, oddity=oddity
                )
        if background and name not in ("random", "masks"):
            continue
        for own in ({}, {"signed": True}, {"spacing": [0.5] * (target.ndim - (2 if kind == "one-hot" else 1))}):
            for metric, score in (
                ("volume_difference", volume_difference),
                ("relative_volume_difference", relative_volume_difference),
            ):
                for average in ("pairs", "macro", "none"):
                    chosen = common | own | {"average": average}
                    if metric.startswith("relative") and "spacing" in own:
                        continue
                    defined = pair_value(score, preds, target, chosen)
                    if is_known(defined):
                        golden.case(metric, name, defined, options=chosen, reference="definition")


def by_monai(metric: str, preds: NDArray[Any], target: NDArray[Any], o: Options) -> Any:
    """The scores of pairs, `[N, C]`, by MONAI. It has no spacing in other metrics than the Euclidean one."""
    classes = o["num_classes"]
    p, t = (torch.tensor(m).float() for m in masks_of(preds, target, classes))
    common = {
        "include_background": o["include_background"] or classes == 1,
        "distance_metric": o.get("distance_metric", "euclidean"),
        "spacing": o.get("spacing"),
    }
    match metric:
        case "hausdorff_distance":
            q = o.get("percentile")
            return monai.compute_hausdorff_distance(p, t, percentile=q, directed=o.get("directed", False), **common)
        case "average_surface_distance":
            return monai.compute_average_surface_distance(p, t, symmetric=not o.get("directed", False), **common)
        case "surface_dice":
            own = len(scored(classes, o["include_background"]))
            tolerances = np.broadcast_to(o["tolerance"], own).tolist()
            return monai.compute_surface_dice(p, t, tolerances, **common)
    raise ValueError(metric)


SURFACES: dict[str, tuple[Callable[..., float], list[Options]]] = {
    "hausdorff_distance": (
        hausdorff,
        [{}, {"percentile": 95.0}, {"percentile": 50.0}, {"directed": True}, {"directed": True, "percentile": 90.0}],
    ),
    "average_surface_distance": (average_distance, [{}, {"directed": True}]),
    "surface_dice": (surface_dice, [{"tolerance": 0.0}, {"tolerance": 1.0}, {"tolerance": 1.5}]),
}


def surface_options(dims: int, wide: bool) -> Iterator[Options]:
    spacing = [0.7, 1.5, 2.0, 0.3][:dims]
    yield {}
    yield {"spacing": spacing}
    for metric in ("chessboard", "taxicab") if wide else ():
        yield {"distance_metric": metric}
        yield {"distance_metric": metric, "spacing": spacing}


def declare_surfaces(golden: Golden, name: str, classes: int, preds: NDArray[Any], target: NDArray[Any]) -> None:
    dims = target.ndim - (2 if target.dtype == bool else 1)
    p, t = tensors(preds, target)
    wide = name in ("random", "volume", "tall", "nested_masks")
    for background in (False, True) if wide else (False,):
        common = {"num_classes": classes, "include_background": background}
        for metric, (score, variants) in SURFACES.items():
            for variant, own in product(variants, surface_options(dims, wide or variants is SURFACES["hausdorff_distance"][1])):
                chosen = common | variant | own
                pairs = pair_scores(score, preds, target, chosen)
                if not is_known(pairs):
                    continue
                if metric == "hausdorff_distance" and "percentile" not in variant and dims > 1:
                    by_torchmetrics(golden, name, p, t, chosen, pairs)
                else:
                    spaced = "spacing" in own and "distance_metric" in own
                    if dims in (2, 3) and not spaced and name != "image_of_one_pixel":
                        # Compared pair by pair; a pair with an empty mask is not defined everywhere.
                        others = np.asarray(by_monai(metric, preds, target, chosen), float)
                        known = np.isfinite(pairs)
                        assert np.allclose(others[known], pairs[known], 10 * WITHIN, 10 * WITHIN), (name, chosen)
                    golden.case(metric, name, pair_value(score, preds, target, chosen), options=chosen, reference=maker(dims, spaced))
        for average in ("macro", "none"):
            chosen = common | {"average": average}
            for metric, more in (("hausdorff_distance", {}), ("surface_dice", {"tolerance": 1.0}), ("boundary_iou", {})):
                score = boundary_iou if metric == "boundary_iou" else SURFACES[metric][0]
                value = pair_value(score, preds, target, chosen | more)
                if is_known(value):
                    golden.case(metric, name, value, options=chosen | more, reference="definition")
        for empty in ("diagonal", "skip"):
            for metric, more in product(("hausdorff_distance", "average_surface_distance"), surface_options(dims, wide)):
                chosen = common | more | {"empty_mask": empty}
                value = pair_value(SURFACES[metric][0], preds, target, chosen)
                if is_known(value):
                    golden.case(metric, name, value, options=chosen, reference="definition")
        for more in ({}, {"distance": 1}, {"distance": 2}, {"ratio": 0.3}):
            value = pair_value(boundary_iou, preds, target, common | more)
            if is_known(value):
                golden.case("boundary_iou", name, value, options=common | more, reference="definition")
        value = pair_value(hausdorff, preds, target, common | {"reduction": "none"})
        if is_known(value):
            golden.case("hausdorff_distance", name, value, options=common | {"reduction": "none"}, reference="definition")
    if classes == 3:
        chosen = {"num_classes": 3, "include_background": False, "tolerance": [0.5, 2.0]}
        value = pair_value(surface_dice, preds, target, chosen)
        if is_known(value):
            golden.case("surface_dice", name, value, options=chosen, reference="definition")


def maker(dims: int, spaced: bool) -> str:
    """MONAI has no value for the mean of pairs, which is the definition's; its pairs are the same where it has any."""
    return "monai" if dims in (2, 3) and not spaced else "definition"


def by_torchmetrics(
    golden: Golden, name: str, p: torch.Tensor, t: torch.Tensor, chosen: Options, pairs: Floats
) -> None:
    """The Hausdorff distance, which torchmetrics gets wrong unless images are square and no mask is empty."""
    defined = float(pairs[~np.isnan(pairs)].mean())
    kind = {torch.bool: "one-hot", torch.int64: "index"}.get(t.dtype, "mixed")
    kind = "mixed" if p.is_floating_point() else kind

    def reference() -> Any:
        # It mixes float32 with torch's default type.
        torch.set_default_dtype(torch.float32)
        try:
            return value_of(tm.HausdorffDistance(**chosen, input_format=kind), p, t, False)
        finally:
            torch.set_default_dtype(torch.float64)

    value = golden.attempt(f"hausdorff_distance of {name}", reference)
    if value is None:
        golden.case("hausdorff_distance", name, defined, options=chosen, reference="definition")
    else:
        golden.compared(
            "hausdorff_distance", name, value, defined, within=WITHIN, options=chosen, oddity="hausdorff-not-square"
        )


def declare_void(
    golden: Golden, name: str, classes: int, preds: NDArray[Any], target: NDArray[Any], void: int
) -> None:
    for background in (True, False):
        common = {"num_classes": classes, "include_background": background, "ignore_index": void}
        for average, level in product(("micro", "macro", "weighted", "none"), ("samplewise", "global")):
            own = common | {"average": average, "aggregation_level": level}
            value = overlap_value(dice, preds, target, own)
            golden.case("dice_score", name, value, options=own, reference="definition")
        for per_class in (False, True):
            own = common | {"per_class": per_class}
            value = overlap_value(iou, preds, target, own | {"average": "none" if per_class else "pairs"})
            golden.case("mean_iou", name, value, options=own, reference="definition")
        for weight_type in ("square", "linear"):
            own = common | {"per_class": False, "weight_type": weight_type}
            value = generalized_value(preds, target, own)
            golden.case("generalized_dice_score", name, value, options=own, reference="definition")
        for metric, (score, variants) in SURFACES.items():
            own = common | variants[-1]
            value = pair_value(score, preds, target, own)
            golden.case(metric, name, value, options=own, reference="definition")
        for metric, score in (
            ("boundary_iou", boundary_iou),
            ("volume_difference", volume_difference),
            ("relative_volume_difference", relative_volume_difference),
        ):
            golden.case(metric, name, pair_value(score, preds, target, common), options=common, reference="definition")


def declare_weighted(
    golden: Golden, name: str, classes: int, preds: NDArray[Any], target: NDArray[Any], weights: Floats
) -> None:
    common = {"num_classes": classes, "include_background": True, "weighted": True}
    for average, level in product(("micro", "macro", "weighted", "none"), ("samplewise", "global")):
        own = common | {"average": average, "aggregation_level": level}
        value = overlap_value(dice, preds, target, own, weights)
        golden.case("dice_score", name, value, options=own, reference="definition")
    for per_class, level in product((False, True), ("samplewise", "global")):
        own = common | {"per_class": per_class, "aggregation_level": level}
        pooled = "macro" if level == "global" else "pairs"
        value = overlap_value(iou, preds, target, own | {"average": "none" if per_class else pooled}, weights)
        golden.case("mean_iou", name, value, options=own, reference="definition")
    own = common | {"per_class": False, "weight_type": "square"}
    value = generalized_value(preds, target, own, weights)
    golden.case("generalized_dice_score", name, value, options=own, reference="definition")
    for metric, (score, variants) in SURFACES.items():
        for average in ("pairs", "macro", "none"):
            own = common | variants[-1] | {"average": average}
            value = pair_value(score, preds, target, own, weights)
            golden.case(metric, name, value, options=own, reference="definition")


def declare_functional(golden: Golden, name: str, classes: int, preds: NDArray[Any], target: NDArray[Any]) -> None:
    """The scores of each sample, and of each pair of a sample and a class."""
    p, t = tensors(preds, target)
    common = {"num_classes": classes, "include_background": True}
    for average in ("micro", "macro"):
        own = common | {"average": average}
        value = tmf.dice_score(p, t, **own, input_format="index")
        golden.case("dice_score", name, value, options=own | {"reduction": "none"})
    value = tmf.dice_score(p, t, **common, average="none", input_format="index")
    golden.case("dice_score", name, value.flatten(), options=common | {"average": "pairs", "reduction": "none"})


@domain("segmentation", libraries=("torchmetrics", "monai", "torch", "scipy", "numpy"), dtype=torch.float64)
def declare(golden: Golden) -> None:
    for name, classes, preds, target, surfaces in label_inputs():
        golden.input(name, preds=preds, target=target)
        declare_overlap(golden, name, classes, preds, target)
        if surfaces:
            declare_surfaces(golden, name, classes, preds, target)
        if name in ("random", "boxes", "volume"):
            scores = class_scores(rng(f"{name}_scores"), target, classes)
            golden.input(f"{name}_scores", preds=scores, target=target)
            declare_overlap(golden, f"{name}_scores", classes, scores, target)
            weights = np.array([0.5, 2.0, 0.0, 1.0, 3.0])[: len(preds)]
            golden.input(f"{name}_weighted", preds=preds, target=target, weights=floats(weights))
            declare_weighted(golden, f"{name}_weighted", classes, preds, target, weights)
        if name in ("random", "boxes"):
            declare_functional(golden, name, classes, preds, target)
    scores = class_scores(rng("surface_scores"), target, classes)
    golden.input("surface_scores", preds=scores, target=target)
    declare_surfaces(golden, "surface_scores", classes, scores, target)
    for name, classes, preds, target, void in void_inputs():
        golden.input(name, preds=preds, target=target)
        declare_void(golden, name, classes, preds, target, void)
    for name, classes, preds, target in mask_inputs():
        golden.input(name, preds=preds, target=target)
        declare_overlap(golden, name, classes, preds, target)
        declare_surfaces(golden, name, classes, preds, target)
        if name == "masks":
            golden.input("masks_weighted", preds=preds, target=target, weights=floats([0.5, 2.0, 0.0, 1.0, 3.0]))
            declare_weighted(golden, "masks_weighted", classes, preds, target, np.array([0.5, 2.0, 0.0, 1.0, 3.0]))
            golden.input("masks_void", preds=preds, target=target)
            declare_void(golden, "masks_void", classes, preds, target, 1)
