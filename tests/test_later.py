"""Stand-ins for modules that a library imports and does not need."""

from __future__ import annotations

import json
import sys

import pytest

from linuxready.later import later


@pytest.fixture(autouse=True)
def colorsys_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)


def test_a_module_is_imported_when_something_of_it_is_asked_for() -> None:
    with later("colorsys"):
        import colorsys
    assert "colorsys" not in sys.modules
    assert colorsys.rgb_to_hls(0, 0, 0) == (0, 0, 0)
    assert "colorsys" in sys.modules


def test_what_is_absent_is_not_found() -> None:
    with later(absent=("colorsys",)), pytest.raises(ImportError):
        import colorsys  # noqa: F401
    import colorsys as found

    assert found.rgb_to_hls(0, 0, 0) == (0, 0, 0)


def test_what_is_there_already_is_left_alone() -> None:
    with later("json", absent=("sys",)):
        import json as again
    assert again is json


def test_an_error_puts_everything_back() -> None:
    with pytest.raises(ZeroDivisionError), later("colorsys"):
        1 / 0  # noqa: B018
    assert "colorsys" not in sys.modules
