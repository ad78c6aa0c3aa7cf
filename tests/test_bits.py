"""Every processor with fma gives the same bits: those of bits.json, which one of them wrote."""

from __future__ import annotations

import json

import bits
import pytest

from fastact.runtime import kernels
from fastact.table.registry import Row

BOOK = json.loads(bits.BOOK.read_text())

pytestmark = pytest.mark.skipif(
    kernels.isa == "numpy" or kernels.without_fma(kernels.isa), reason="rounds products before it adds them"
)


def test_the_book_is_of_all_rows() -> None:
    assert list(BOOK) == [row.name for row in bits.of_rows()]


@pytest.mark.parametrize("dtype", bits.DTYPES)
@pytest.mark.parametrize("row", bits.of_rows(), ids=lambda row: row.name)
def test_bits(row: Row, dtype: str) -> None:
    """After a change of a kernel's results, on purpose: python tests/bits.py"""
    assert bits.results(row, dtype) == BOOK[row.name][dtype]
