"""Rows as verl's data set reads them, written without holding a data set in memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

FEATURES = datasets.Features(
    {
        "data_source": datasets.Value("string"),
        "prompt": [{"role": datasets.Value("string"), "content": datasets.Value("string")}],
        "images": datasets.List(datasets.Image()),
        "ability": datasets.Value("string"),
        "reward_model": {"style": datasets.Value("string"), "ground_truth": datasets.Value("string")},
        "extra_info": {
            "split": datasets.Value("string"),
            "index": datasets.Value("int64"),
            "id": datasets.Value("string"),
            "figsize": datasets.List(datasets.Value("float64")),
        },
    }
)
"""``ground_truth`` is what the reward compares with; ``<image>`` in ``content`` marks where the picture goes."""


def write_rows(path: Path, rows: Iterable[dict[str, Any]], group: int = 256) -> None:
    """Write rows of ``FEATURES`` as parquet, ``group`` of them in memory at once. Images are ``{"bytes", "path"}``."""
    schema = FEATURES.arrow_schema  # carries the metadata by which ``datasets`` decodes the pictures
    with pq.ParquetWriter(path, schema) as writer:
        rest = iter(rows)
        while part := list(islice(rest, group)):
            writer.write_table(pa.Table.from_pylist(part, schema))
