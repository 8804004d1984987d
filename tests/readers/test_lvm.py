"""What logical volumes lie on, by /etc/lvm/backup."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linuxready.readers import lvm

from ..lvmtext import KINDS, PV0, UUIDS, group, striped, volume

DEVICES = ("/dev/sda2", "/dev/sdb1")


def below(text: str) -> dict[str, str | None]:
    """Each visible volume, and the devices below it."""
    return {v.name: None if v.volumes is None else " ".join(p.device for p in v.volumes) for v in lvm.parse(text)}


@pytest.mark.parametrize("kind", KINDS)
def test_volumes_of_every_kind(kind: str) -> None:
    volumes, expected = KINDS[kind]
    devices = dict(zip(("pv0", "pv1"), DEVICES, strict=True))
    text = group("vg", DEVICES, *volumes)
    assert below(text) == {name: " ".join(devices[p] for p in places.split()) for name, places in expected.items()}


def test_names_as_device_mapper_has_them() -> None:
    (found,) = lvm.parse(group("my-vg", DEVICES, volume("lv-root", PV0)))
    assert found.dm_name == "my--vg-lv--root"
    assert found.volumes == ((UUIDS[0], "/dev/sda2"),)


@pytest.mark.parametrize(
    "segments",
    [
        (),
        ('type = "error"',),
        (PV0, 'type = "zero"'),
        ('type = "striped"\nstripe_count = 1\nstripes = [ "pv9", 0 ]',),
        ('type = "writecache"\norigin = "root_wcorig"\nwritecache = "fast"',),
        ('type = "new"\nplace = "somewhere"\nstripes = [ "pv0", 0 ]',),
        ('type = "thin"\nthin_pool = "root"\nelsewhere = "pool"',),
    ],
    ids=["none", "error", "one of two", "no such pv", "no such lv", "an unknown word", "a part unknown"],
)
def test_a_volume_of_which_a_part_is_not_known(segments: tuple[str, ...]) -> None:
    assert below(group("vg", DEVICES, volume("root", *segments))) == {"root": None}


def test_a_segment_that_is_missing() -> None:
    text = group("vg", DEVICES, volume("root", PV0, striped(("pv1", 0)))).replace("segment2 {", "lost2 {")
    assert below(text) == {"root": None}


def test_a_physical_volume_that_was_missing_then() -> None:
    text = group("vg", DEVICES, volume("root", PV0), volume("data", striped(("pv1", 0))), lost="/dev/sdb1")
    assert below(text) == {"root": "/dev/sda2", "data": None}


def test_a_volume_with_a_physical_volumes_name() -> None:
    assert below(group("vg", DEVICES, volume("pv1", PV0))) == {"pv1": None}


def test_volumes_that_lie_on_each_other() -> None:
    text = group("vg", DEVICES, volume("a", 'type = "thin"\nthin_pool = "b"'), volume("b", 'type = "x"\npool = "a"'))
    assert below(text) == {"a": None, "b": None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vg {",
        "vg { } }",
        "vg { } other { }",
        "vg = { }",
        'vg { id = "x }',
        "vg { = 1 }",
        "vg { x = [ 1, 2 }",
        "a b { }",
        "vg { x = 1.5.2 }",
        "vg { x = " + "9" * 5000 + " }",
        "a{" * 20 + "}" * 20,
        "\0",
    ],
)
def test_what_is_no_volume_group(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        lvm.parse(text)


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(st.text(st.sampled_from('ab1 "{}[]=,#\n\\'), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        lvm.parse(text)


WHOLE = group("vg", DEVICES, *KINDS["thin"][0])


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(st.integers(0, len(WHOLE)))
def test_a_file_that_was_cut_tells_nothing_wrong(length: int) -> None:
    try:
        found = below(WHOLE[:length])
    except ValueError:
        return
    assert set(found.values()) <= {"/dev/sda2 /dev/sdb1", None}
