"""Segmentation by definition: overlap by counting pixels of numpy masks, surfaces by scipy's erosion and the distances of all pairs
of edge pixels.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import cdist

Masks = NDArray[np.bool_]
Floats = NDArray[np.float64]
Options = dict[str, Any]


def encoded(maps: NDArray[Any], classes: int) -> Masks:
    """Masks `[N, C, ...]` of labels, scores or masks."""
    if maps.dtype == bool:
        return maps
    if maps.dtype.kind == "f":
        maps = maps.argmax(1)
    return np.stack([maps == label for label in range(classes)], 1)


def masks_of(
    preds: NDArray[Any], target: NDArray[Any], classes: int, void: int | None = None
) -> tuple[Masks, Masks]:
    """Predicted and true masks, without void pixels."""
    p, t = encoded(preds, classes), encoded(target, classes)
    if void is not None:
        keep = ~target[:, void] if target.dtype == bool else target != void
        p, t = p & keep[:, None], t & keep[:, None]
    return p, t


def scored(classes: int, background: bool) -> list[int]:
    return list(range(0 if background or classes == 1 else 1, classes))


def nan_mean(values: Floats, axis: int | None = None) -> Any:
    return np.nanmean(values, axis) if np.asarray(values).size else np.nan


def overlaps(p: Masks, t: Masks) -> tuple[Floats, Floats, Floats]:
    """Intersections, predicted and true pixels: `[N, C]`."""
    axes = tuple(range(2, p.ndim))
    return tuple(x.sum(axes).astype(float) for x in (p & t, p, t))  # type: ignore[return-value]


def dice(i: Floats, p: Floats, t: Floats) -> Floats:
    return np.where(p + t > 0, 2 * i / (p + t), np.nan)


def iou(i: Floats, p: Floats, t: Floats) -> Floats:
    return np.where(p + t > 0, i / (p + t - i), np.nan)


def averaged(
    score: Callable[[Floats, Floats, Floats], Floats],
    counts: tuple[Floats, Floats, Floats],
    average: str,
    weights: Floats | None = None,
) -> Any:
    """The mean over samples, `[N, C]`, of an average over classes. What is NaN is left out."""
    pairs = score(*counts)
    weights = np.ones(len(pairs)) if weights is None else weights

    def mean(values: Floats) -> Any:
        w = np.where(np.isnan(values), 0.0, np.broadcast_to(weights.reshape(-1, *[1] * (values.ndim - 1)), values.shape))
        return (np.nan_to_num(values, nan=0.0, posinf=np.inf) * w).sum(0) / w.sum(0)

    match average:
        case "pairs":
            w = np.repeat(weights, pairs.shape[1])
            flat = pairs.ravel()
            known = ~np.isnan(flat)
            return (flat[known] * w[known]).sum() / w[known].sum()
        case "none":
            return mean(pairs)
        case "macro":
            return mean(np.array([nan_mean(row[~np.isnan(row)]) for row in pairs]))
        case "micro":
            return mean(score(*(x.sum(1) for x in counts)))
        case "weighted":
            support = counts[2]
            rows = []
            for row, own in zip(pairs, support, strict=True):
                known = ~np.isnan(row)
                total = own[known].sum()
                rows.append(np.nan if not known.any() else (row[known] * own[known]).sum() / total if total else 0.0)
            return mean(np.array(rows))
    raise ValueError(average)


def overlap_value(
    score: Callable[[Floats, Floats, Floats], Floats],
    preds: NDArray[Any],
    target: NDArray[Any],
    o: Options,
    weights: Floats | None = None,
) -> Any:
    classes, void = o["num_classes"], o.get("ignore_index")
    own = scored(classes, o["include_background"])
    counts = tuple(x[:, own] for x in overlaps(*masks_of(preds, target, classes, void)))
    if void in own:
        counts = tuple(np.where(np.array(own) == void, 0.0, x) for x in counts)
    if o.get("aggregation_level") == "global":
        w = np.ones(len(preds)) if weights is None else weights
        counts = tuple((x * w[:, None]).sum(0, keepdims=True) for x in counts)
        weights = None
    return averaged(score, counts, o["average"], weights)  # type: ignore[arg-type]


def generalized(weight_type: str) -> Callable[[Floats, Floats, Floats], Floats]:
    """The score of a whole sample: a class that is only predicted has the largest weight of those in the target."""
    power = {"square": 2, "simple": 1, "linear": 0}[weight_type]

    def score(i: Floats, p: Floats, t: Floats) -> Floats:
        rows = []
        for own_i, own_p, own_t in zip(i, p, t, strict=True):
            with np.errstate(divide="ignore"):
                w = 1.0 / own_t**power
            largest = w[np.isfinite(w)].max(initial=0.0)
            w = np.where(np.isfinite(w), w, largest or 1.0)
            total = (w * (own_p + own_t)).sum()
            rows.append(2 * (w * own_i).sum() / total if total else np.nan)
        return np.array(rows)

    return score


def generalized_value(preds: NDArray[Any], target: NDArray[Any], o: Options, weights: Floats | None = None) -> Any:
    if o.get("per_class"):
        return overlap_value(dice, preds, target, o | {"average": "none"}, weights)
    classes, void = o["num_classes"], o.get("ignore_index")
    own = [c for c in scored(classes, o["include_background"]) if c != void]
    counts = tuple(x[:, own] for x in overlaps(*masks_of(preds, target, classes, void)))
    rows = generalized(o["weight_type"])(*counts)
    known = ~np.isnan(rows)
    w = np.ones(len(rows)) if weights is None else weights
    return (rows[known] * w[known]).sum() / w[known].sum()


def edges(mask: Masks) -> Masks:
    return mask & ~ndimage.binary_erosion(mask)


def surface_distances(p: Masks, t: Masks, metric: str, spacing: Any) -> tuple[Floats, Floats] | None:
    """The distance of each edge pixel of either mask from the nearest one of the other; None if a mask is empty."""
    if not p.any() or not t.any():
        return None
    spacing = np.ones(p.ndim) if spacing is None else np.asarray(spacing)
    a, b = (np.argwhere(edges(m)) * spacing for m in (p, t))
    kind = {"euclidean": "euclidean", "chessboard": "chebyshev", "taxicab": "cityblock"}[metric]
    distances = cdist(a, b, kind)
    return distances.min(1), distances.min(0)


def diagonal(shape: tuple[int, ...], metric: str, spacing: Any) -> float:
    sides = (np.array(shape) - 1) * (1 if spacing is None else np.asarray(spacing))
    return float({"euclidean": np.sqrt((sides**2).sum()), "chessboard": sides.max(), "taxicab": sides.sum()}[metric])


def hausdorff(p: Masks, t: Masks, c: int, o: Options) -> float:
    found = surface_distances(p, t, o.get("distance_metric", "euclidean"), o.get("spacing"))
    if found is None:
        return missing(p, o)
    q = o.get("percentile", 100.0)
    a, b = (float(np.percentile(d, q)) for d in found)
    return a if o.get("directed") else max(a, b)


def average_distance(p: Masks, t: Masks, c: int, o: Options) -> float:
    found = surface_distances(p, t, o.get("distance_metric", "euclidean"), o.get("spacing"))
    if found is None:
        return missing(p, o)
    return float((found[0] if o.get("directed") else np.concatenate(found)).mean())


def missing(p: Masks, o: Options) -> float:
    match o.get("empty_mask", "infinite"):
        case "infinite":
            return np.inf
        case "skip":
            return np.nan
        case "diagonal":
            return diagonal(p.shape, o.get("distance_metric", "euclidean"), o.get("spacing"))
    raise ValueError(o)


def surface_dice(p: Masks, t: Masks, c: int, o: Options) -> float:
    found = surface_distances(p, t, o.get("distance_metric", "euclidean"), o.get("spacing"))
    if found is None:
        return 0.0
    tolerances = np.atleast_1d(o["tolerance"])
    tolerance = tolerances[c] if len(tolerances) > 1 else tolerances[0]
    return float((np.concatenate(found) <= tolerance).mean())


def boundary_iou(p: Masks, t: Masks, c: int, o: Options) -> float:
    width = o.get("distance") or max(round(o.get("ratio", 0.02) * float(np.sqrt((np.array(p.shape) ** 2.0).sum()))), 1)

    def boundary(mask: Masks) -> Masks:
        # The program of the paper pads the mask with zeros, and erodes it by squares.
        eroded = ndimage.binary_erosion(np.pad(mask, 1), np.ones((3,) * mask.ndim), iterations=width)
        return mask & ~eroded[(slice(1, -1),) * mask.ndim]

    a, b = boundary(p), boundary(t)
    return float((a & b).sum() / (a | b).sum())


def volume_difference(p: Masks, t: Masks, c: int, o: Options) -> float:
    difference = (int(p.sum()) - int(t.sum())) * float(np.prod(o.get("spacing", 1.0)))
    return difference if o.get("signed") else abs(difference)


def relative_volume_difference(p: Masks, t: Masks, c: int, o: Options) -> float:
    if not t.any():
        return np.inf
    difference = (int(p.sum()) - int(t.sum())) / int(t.sum())
    return difference if o.get("signed") else abs(difference)


def pair_scores(score: Callable[..., float], preds: NDArray[Any], target: NDArray[Any], o: Options) -> Floats:
    """`[N, C]`, with NaN where both masks are empty."""
    classes, void = o["num_classes"], o.get("ignore_index")
    p, t = masks_of(preds, target, classes, void)
    own = scored(classes, o["include_background"])
    values = np.full((len(p), len(own)), np.nan)
    for n, (i, c) in product(range(len(p)), enumerate(own)):
        if (p[n, c].any() or t[n, c].any()) and c != void:
            values[n, i] = score(p[n, c], t[n, c], i, o)
    return values


def pair_value(
    score: Callable[..., float], preds: NDArray[Any], target: NDArray[Any], o: Options, weights: Floats | None = None
) -> Any:
    pairs = pair_scores(score, preds, target, o)
    if o.get("reduction") == "none":
        return pairs.ravel()
    return averaged(lambda pairs, *_: pairs, (pairs, pairs, pairs), o.get("average", "pairs"), weights)
