"""Contingency tables, and what clustering and nominal metrics have in common."""

import math
from typing import Any

import numpy as np

from inputs import Ints


def moved(r: np.random.Generator, target: Ints, classes: int, share: float) -> Ints:
    """The target with about `share` of the places drawn anew."""
    return np.where(r.random(target.shape) < share, r.integers(classes, size=target.shape), target)


def entropy(counts: Any) -> float:
    n = math.fsum(counts)
    return math.fsum(c / n * math.log(n / c) for c in counts if c)


def cells(preds: Any, target: Any) -> Ints:
    """Counts of what occurs: a row for each target, a column for each prediction."""
    rows, row = np.unique(target, return_inverse=True)
    columns, column = np.unique(preds, return_inverse=True)
    table = np.zeros((len(rows), len(columns)), np.int64)
    np.add.at(table, (row, column), 1)
    return table


def mutual_information(table: Ints) -> float:
    n, rows, columns = table.sum(), table.sum(1), table.sum(0)
    return math.fsum(
        table[i, j] / n * math.log(n * table[i, j] / (rows[i] * columns[j])) for i, j in np.argwhere(table)
    )
