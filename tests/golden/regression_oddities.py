"""Why a value of a reference differs from the definition.

Each function takes the input, all options, the value and the one by definition. It gives a word and what is right, or
None if there is nothing to prefer.
"""

import math
from typing import Any

import numpy as np

from harness import Options
from regression_definitions import agree, concordance_corrcoef, flattened, ranked, unlist
from regression_inputs import Columns, Input

Oddity = tuple[str, Any]


def odd_mean(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    if o.get("normalization") == "mean" and any(c.my < 0 for c in flattened(inp, o)):
        return "nrmse-negative", right
    return ("cancellation", right) if o.get("normalization") == "std" and inp.offset > 500 else None


def odd_log_cosh(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("log-cosh-overflow", right) if np.abs(inp.preds - inp.true).max() > 709 else None


def odd_percentage(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("percentage-epsilon", None) if (inp.true == 0).any() else None


def odd_share(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    """Of R² and explained variance."""
    columns = inp.columns()
    if o["multioutput"] == "variance_weighted" and all(c.vy == 0 for c in columns) and value == "nan":
        return "variance-weighted-constant", right
    if "adjusted" in o and any(0 < v * len(inp.preds) <= 1e-4 for c in columns for v in (c.mse, c.vy)):
        return "r2-absolute", right
    return ("cancellation", right) if inp.offset > 500 else None


def odd_relative(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    if any(c.vy == 0 for c in inp.columns()):
        return "rse-epsilon", right
    return ("cancellation", right) if inp.offset > 500 else None


def odd_concordance(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    if not agree(value, concordance_corrcoef(inp, o, unbiased=True)):
        return None
    constant = any(c.vx == 0 or c.vy == 0 for c in inp.columns())
    return "concordance-constant" if constant else "concordance-unbiased", right


def odd_spearman(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    def one(c: Columns) -> float:
        r = ranked(c)
        return float(r.cxy) / (math.sqrt(float(r.vx)) * math.sqrt(float(r.vy)) + 1e-6)

    return ("spearman-epsilon", right) if agree(value, unlist([one(c) for c in inp.columns()])) else None


def odd_kendall(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    if len(inp.preds) == 2 and o["variant"] != "a" and o["t_test"]:
        return "kendall-two", right
    if o["t_test"] and any(c.vx == 0 or c.vy == 0 for c in inp.columns()) and o["variant"] != "a":
        return "kendall-constant", right
    tied = any(len(set(v)) < len(v) for c in inp.columns() for v in (c.x, c.y))
    return ("kendall-a-ties", right) if tied and o["variant"] == "a" else None


def odd_log(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("log-of-negative", None) if min(inp.preds.min(), inp.true.min()) < -1 else None


def odd_index(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("csi-one-dimension", right) if o["keep_sequence_dim"] == 0 and inp.preds.ndim == 1 else None


def odd_zero(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return "zero-vector", right


def odd_divergence(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("log-zero", right) if o["log_prob"] and (np.isinf(inp.preds) | np.isinf(inp.true)).any() else None


def unknown(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return None
