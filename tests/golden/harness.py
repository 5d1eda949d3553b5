"""What all domains share: declaring inputs and cases, running the references, and writing or checking the JSON.

A domain is a Python file beside this one, with one function:

    from harness import Golden, domain, rng

    @domain("text", libraries=("torchmetrics", "torch"))
    def declare(golden: Golden) -> None:
        golden.input("greeting", preds=["hello there"], target=["hello world"])
        golden.cases("word_error_rate", word_error_rate, inputs=["greeting"])

`generate.py` runs domains; README.md describes the JSON.
"""

import importlib.metadata
import itertools
import json
import math
import sys
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.utilities.exceptions import TorchMetricsUserError

FOLDER = Path(__file__).parent
REFUSALS = (ValueError, RuntimeError, IndexError, TorchMetricsUserError)
"""How references refuse an input or options. Such cases are left out, and counted in the summary."""
SAME_WITHIN = {torch.float32: 1e-6, torch.float64: 1e-11}
"""How far a number may be from the one in the file to be the same: another processor may change its last bits."""

Array = NDArray[Any]
Options = dict[str, Any]

DOMAINS: dict[str, "Domain"] = {}


class Domain:
    """A JSON file, and the function that declares what is in it."""

    def __init__(self, name: str, libraries: tuple[str, ...], dtype: torch.dtype, declare: Callable[["Golden"], None]):
        self.name, self.libraries, self.dtype, self.declare = name, libraries, dtype, declare
        self.path = FOLDER / f"{name}.json"

    def run(self) -> "Golden":
        """Declares everything, which runs the references."""
        golden = Golden(self.libraries, SAME_WITHIN[self.dtype])
        torch.set_num_threads(1)
        torch.set_default_dtype(self.dtype)
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            self.declare(golden)
        golden.finish()
        return golden


def domain(
    name: str, *, libraries: tuple[str, ...], dtype: torch.dtype = torch.float32
) -> Callable[[Callable[["Golden"], None]], Callable[["Golden"], None]]:
    """Makes a function the domain `name`. While it runs, `dtype` is torch's default type."""

    def register(declare: Callable[["Golden"], None]) -> Callable[["Golden"], None]:
        DOMAINS[name] = Domain(name, libraries, dtype, declare)
        return declare

    return register


def rng(name: str) -> np.random.Generator:
    """A generator seeded by a name, so that adding an input leaves the others as they are."""
    return np.random.default_rng(zlib.crc32(name.encode()))


class Golden:
    """The inputs and cases of a domain."""

    def __init__(self, libraries: Iterable[str], same_within: float) -> None:
        self.same_within = same_within
        self.versions = {name: importlib.metadata.version(name).split("+")[0] for name in libraries}
        self.inputs: dict[str, dict[str, Array]] = {}
        self.found: dict[str, dict[str, Any]] = {}
        self.skipped: Counter[str] = Counter()

    def input(self, name: str, **tensors: Any) -> None:
        """Declares an input by its tensors. Those that are None are left out."""
        assert name not in self.inputs, f"two inputs are named {name}"
        self.inputs[name] = {key: as_array(values) for key, values in tensors.items() if values is not None}

    def attempt(self, what: str, compute: Callable[[], Any]) -> Any:
        """What a reference computes, or None if it refuses."""
        try:
            return compute()
        except REFUSALS as error:
            self.skipped[f"{what}: {type(error).__name__}: {str(error)[:60]}"] += 1
            return None

    def case(
        self,
        metric: str,
        input: str | None,
        value: Any,
        *,
        options: Mapping[str, Any] | None = None,
        reference: str = "torchmetrics",
        oddity: str | None = None,
        right: Any = None,
        tolerance: float | None = None,
    ) -> None:
        """Declares one case.

        `value` is a number, tensor, list or dict, or a function without arguments that computes it and may refuse.
        `oddity` is a word that says why the value is not to be taken for granted (see ODDITIES.md), and `right` is what
        the value should be. `tolerance` is the precision of the reference, if it is low.
        """
        options = dict(options or {})
        if callable(value):
            value = self.attempt(f"{metric} of {input}", value)
            if value is None:
                return
        assert input is None or input in self.inputs, f"no input is named {input}"
        case = {"metric": metric, "input": input, "options": plain(options), "value": plain(value)}
        case |= {"reference": reference, "tolerance": tolerance, "oddity": oddity, "right": plain(right)}
        case = {key: field for key, field in case.items() if field is not None}
        assert self.found.setdefault(key_of(case), case) is case, f"twice the same case: {key_of(case)}"

    def compared(
        self,
        metric: str,
        input: str | None,
        value: Any,
        defined: Any,
        *,
        within: float,
        oddity: str | None = None,
        marked: bool = False,
        **details: Any,
    ) -> None:
        """Declares a case whose value was also computed by an independent definition.

        They must agree to `within`, or there must be an `oddity`, and the definition is right. With `marked`, the case
        has the oddity even if they agree by chance.
        """
        agree = close(value, defined, within)
        assert agree or oddity, f"{metric} of {input}, {details}: {value}, by definition {defined}"
        if agree and not marked:
            oddity = None
        self.case(metric, input, value, oddity=oddity, right=defined if oddity else None, **details)

    def cases(
        self,
        metric: str,
        function: Callable[..., Any],
        *,
        inputs: Iterable[str],
        options: Iterable[Options] = ({},),
        definition: Callable[..., Any] | None = None,
        within: float = 1e-6,
        **details: Any,
    ) -> None:
        """Declares a case for every input and all options, whose value is `function(*tensors, **options)`.

        Tensors have at least the type of the domain, and strings are nested lists.
        `definition` is an independent function of the same arguments, but as numpy arrays. A value that is further from
        it than `within` ends the run. `details` are those of `case`.
        """
        for name, chosen in itertools.product(inputs, list(options)):
            arrays = list(self.inputs[name].values())
            tensors = [texts(a) if a.dtype == object else as_tensor(a) for a in arrays]
            value = self.attempt(f"{metric} of {name}", lambda t=tensors, o=chosen: function(*t, **o))
            if value is None:
                continue
            if definition is None:
                self.case(metric, name, value, options=chosen, **details)
            else:
                defined = definition(*arrays, **chosen)
                self.compared(metric, name, value, defined, within=within, options=chosen, **details)

    def finish(self) -> None:
        unused = self.inputs.keys() - {case.get("input") for case in self.found.values()}
        assert not unused, f"no case has these inputs: {unused}"

    def text(self) -> str:
        """The JSON: one input and one case per line."""
        inputs = (f"{dump(name)}:{dump(tensors_json(tensors))}" for name, tensors in self.inputs.items())
        sections = (
            f'"versions":{dump(self.versions)}',
            '"inputs":{\n' + ",\n".join(inputs) + "\n}",
            '"cases":[\n' + ",\n".join(map(dump, self.found.values())) + "\n]",
        )
        return "{" + ",\n".join(sections) + "}\n"

    def summary(self) -> Iterator[str]:
        """How many cases there are of what."""
        cases = self.found.values()
        yield f"{len(self.inputs)} inputs, {len(cases)} cases"
        odd = (c for c in cases if "oddity" in c)
        for title, counts in (
            ("cases", Counter(f"{c['metric']} ({c['reference']})" for c in cases)),
            ("oddities", Counter(f"{c['oddity']} ({'right' if 'right' in c else 'no right value'})" for c in odd)),
            ("refused", self.skipped),
        ):
            yield f"{title}:"
            yield from (f"{count:6} {kind}" for kind, count in sorted(counts.items()))

    def keep(self, file: str) -> None:
        """Takes numbers from a file where they are the same, so that another processor does not change it."""
        for case in json.loads(file)["cases"]:
            key = key_of(case)
            if key in self.found and close(self.found[key], case, self.same_within):
                self.found[key] = {name: case[name] for name in self.found[key]}


def check(golden: Golden, file: str) -> list[str]:
    """How a file differs from what was generated now."""
    old, new = json.loads(file), json.loads(golden.text())
    differences = [
        f"{library} is {new['versions'].get(library)}, and was {version} when the file was written"
        for library, version in old["versions"].items()
        if new["versions"].get(library) != version
    ]
    tables = ((old["inputs"], new["inputs"]), *({key_of(c): c for c in f["cases"]} for f in (old, new)))
    (inputs, new_inputs), cases, new_cases = tables
    for kind, before, after in (("input", inputs, new_inputs), ("case", cases, new_cases)):
        differences += [f"{kind} is not in the file: {key}" for key in after.keys() - before.keys()]
        differences += [f"{kind} is no longer generated: {key}" for key in before.keys() - after.keys()]
        for key in before.keys() & after.keys():
            if not close(before[key], after[key], golden.same_within):
                differences.append(f"{kind} differs: {key}\n  file: {before[key]}\n  now:  {after[key]}")
    return differences


def key_of(case: Mapping[str, Any]) -> str:
    return dump([case["metric"], case.get("input"), sorted(case["options"].items()), case["reference"]])


def close(a: Any, b: Any, within: float) -> bool:
    """Whether all numbers agree: to an absolute difference below 1, and a relative one above."""
    a, b = plain(a), plain(b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[key], b[key], within) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(close(*pair, within) for pair in zip(a, b, strict=True))
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= within * max(1.0, abs(a), abs(b))
    return bool(a == b)


# ------------------------------------------------------------------------------------------------ JSON


def plain(value: Any) -> Any:
    """As JSON: lists, numbers, and "nan", "inf" or "-inf" as strings.

    A float32 becomes the shortest decimal number that means it, a float64 is rounded to 15 digits.
    """
    match value:
        case None | bool() | str():
            return value
        case dict():
            return {key: plain(v) for key, v in value.items()}
        case list() | tuple():
            return [plain(v) for v in value]
        case torch.Tensor():
            return plain(value.numpy())
        case np.ndarray():
            return [plain(v) for v in value] if value.ndim else plain(value[()])
        case np.float32():
            return number(float(str(value)))
        case float() | np.floating():
            return number(float(f"{float(value):.15g}"))
        case np.bool_():
            return bool(value)
        case int() | np.integer():
            return int(value)
    raise TypeError(f"no JSON for {type(value)}")


def number(value: float) -> float | str:
    """A number that JSON has, or a string. There is no negative zero."""
    return value + 0.0 if math.isfinite(value) else str(value)


def as_array(values: Any) -> Array:
    """An array of a type that `tensors_json` knows."""
    if is_text(values):
        return text_array(values)
    array = np.asarray(values)
    kinds = {"f": (np.float32, np.float64), "i": (np.int64,), "b": (np.bool_,)}
    assert array.dtype in kinds.get(array.dtype.kind, ()), f"no tensors of {array.dtype}"
    return array


def is_text(values: Any) -> bool:
    return isinstance(values, str) or isinstance(values, list) and any(map(is_text, values))


def text_array(values: Any) -> Array:
    """Strings, or nested lists of them. None fills up the lists that are shorter than others."""
    if not isinstance(values, list):
        return np.array(values, object)
    rows = [text_array(v) for v in values]
    shape = [max(lengths) for lengths in zip(*(r.shape for r in rows), strict=True)]
    out = np.full([len(rows), *shape], None, object)
    for at, row in enumerate(rows):
        out[(at, *map(slice, row.shape))] = row[()]
    return out


def texts(array: Array) -> Any:
    """Nested lists of the strings of `text_array`, without what fills them up."""
    return [texts(v) if isinstance(v, np.ndarray) else v for v in array if v is not None]


def as_tensor(array: Array) -> torch.Tensor:
    """A tensor in which floating-point numbers have at least torch's default type."""
    tensor = torch.tensor(array)
    wide = torch.promote_types(tensor.dtype, torch.get_default_dtype())
    return tensor.to(wide) if tensor.is_floating_point() else tensor


def tensors_json(tensors: Mapping[str, Array]) -> dict[str, Any]:
    def one(array: Array) -> dict[str, Any]:
        dtype = "string" if array.dtype == object else array.dtype.name
        data = [number(v) if isinstance(v, float) else v for v in array.ravel().tolist()]
        return {"dtype": dtype, "shape": list(array.shape), "data": data}

    return {name: one(array) for name, array in tensors.items()}


def dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


# ------------------------------------------------------------------------------------------------ command line


def main(arguments: list[str], known: Sequence[str]) -> int:
    """Writes or, with `--check`, compares the files of the domains that are named, or of all that are known."""
    checking = "--check" in arguments
    names = [a for a in arguments if a != "--check"]
    if unknown := set(names) - set(known):
        print(f"no domain {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = False
    for name in names or known:
        chosen = DOMAINS[name]
        golden = chosen.run()
        if checking:
            differences = check(golden, chosen.path.read_text())
            print(f"{chosen.path.name}: {len(golden.found)} cases, {len(differences)} differences")
            print(*differences, sep="\n", end="\n" if differences else "")
            failed |= bool(differences)
        else:
            if chosen.path.exists():
                golden.keep(chosen.path.read_text())
            chosen.path.write_text(golden.text())
            print(f"{chosen.path.name}:", *golden.summary(), sep="\n")
    return int(failed)
