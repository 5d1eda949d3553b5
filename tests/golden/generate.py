"""Writes the golden numbers of all domains, or of those that are named.

    python generate.py [--check] [domain ...]

With `--check`, nothing is written: what the references compute now is compared with the files.
"""

import importlib
import sys

import harness

DOMAINS = ("classification", "curves", "regression", "aggregation", "pairwise", "shape", "clustering", "nominal", "text", "retrieval", "segmentation", "detection", "coco")

if __name__ == "__main__":
    named = [name for name in DOMAINS if name in sys.argv]
    for name in named or DOMAINS:
        importlib.import_module(name)
    sys.exit(harness.main(sys.argv[1:], DOMAINS))
