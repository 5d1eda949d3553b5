"""Makes digits.bin.gz out of the copy of the data that scikit-learn carries.

    pip install scikit-learn && python digits.py

1797 records of 65 bytes, in the order of the source: the digit, then 8 x 8 pixels, row by row, from
0 (background) to 16.
"""

import gzip
import pathlib

import numpy
from sklearn.datasets import load_digits

digits = load_digits()
records = numpy.column_stack([digits.target, digits.data]).astype(numpy.uint8)
compressed = gzip.compress(records.tobytes(), compresslevel=9, mtime=0)
pathlib.Path(__file__).with_name("digits.bin.gz").write_bytes(compressed)
print(f"{len(records)} digits in {len(compressed)} bytes")
