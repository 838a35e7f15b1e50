"""Networks of tests are small: here all their stages are shared out, as those of large networks are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from konv.engine import tables


@pytest.fixture(autouse=True, scope="module")
def shared_out() -> Iterator[None]:
    before, tables.SMALL = tables.SMALL, -1
    yield
    tables.SMALL = before
