"""/etc/hosts as glibc reads it."""

from __future__ import annotations

import pytest

from linuxready.facts import HostsEntry, RejectedLine
from linuxready.host import Unreadable
from linuxready.readers import hosts
from linuxready.readers.hosts import parse_hosts

from ..machines import FakeHost


def entries(content: bytes) -> list[tuple[str, tuple[str, ...]]]:
    return [(entry.address, entry.names) for entry in parse_hosts(content)[0]]


def test_lines_are_numbered_as_in_an_editor() -> None:
    found, rejected = parse_hosts(b"# comment\n\n10.1.2.3 web1 # web2\nnonsense here\n::1 localhost\n")
    assert found == (HostsEntry("10.1.2.3", ("web1",), 3), HostsEntry("::1", ("localhost",), 5))
    assert rejected == (RejectedLine(4, "nonsense here"),)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (b"10.1.2.3 web1\r", ("web1",)),
        (b"10.1.2.3\tweb1\v\fweb2", ("web1", "web2")),
        (b"   10.1.2.3 web1   ", ("web1",)),
        (b"10.1.2.3 web1#web2", ("web1",)),
        (b"10.1.2.3 web1\0web2", ("web1",)),
        (b"10.1.2.3 web1\xa0web2", ("web1\udca0web2",)),
        ("10.1.2.3 w\u00e9b".encode(), ("wéb",)),
        (b"10.1.2.3", ()),
    ],
)
def test_fields(line: bytes, names: tuple[str, ...]) -> None:
    assert entries(line) == [("10.1.2.3", names)]


@pytest.mark.parametrize(
    "address",
    [
        b"127.1", b"10.1.2", b"10.1.2.03", b"010.1.2.3", b"10.1.2.256", b"10.1.2.3/24", b"fe80::1%eth0", b"::12345",
        b"0x7f.0.0.1", b"10.1.2.3.4", b"\xef\xbb\xbf10.1.2.3", b"\xff", b"web1", b"1.2.3.4:80", b"[::1]", b"2130706433",
    ],
)  # fmt: skip
def test_addresses_that_glibc_rejects(address: bytes) -> None:
    found, rejected = parse_hosts(address + b" web1\n")
    assert found == ()
    assert rejected == (RejectedLine(1, (address + b" web1").decode("utf-8", "surrogateescape")),)


@pytest.mark.parametrize("address", [b"10.1.2.3", b"::1", b"2001:DB8::1", b"::ffff:10.1.2.3", b"0.0.0.0"])
def test_addresses_that_glibc_takes(address: bytes) -> None:
    assert entries(address + b" web1") == [(address.decode(), ("web1",))]


def test_a_byte_order_mark_loses_the_first_line_only() -> None:
    found, rejected = parse_hosts(b"\xef\xbb\xbf10.1.2.3 web1\r\n10.1.2.4 web1\r\n")
    assert found == (HostsEntry("10.1.2.4", ("web1",), 2),)
    assert [line.line for line in rejected] == [1]


def test_a_line_of_20_mb_is_read_whole() -> None:
    names = [b"n%07d" % number for number in range(2_200_000)]
    found, _ = parse_hosts(b"10.1.2.3 " + b" ".join(names) + b" web1\n")
    assert len(found[0].names) == 2_200_001
    assert found[0].names[-1] == "web1"


def test_a_rejected_line_of_20_mb_is_shown_shortened() -> None:
    _, rejected = parse_hosts(b"x" * 20_000_000)
    assert len(rejected[0].text) == 200


def test_50_000_lines_are_50_000_entries() -> None:
    content = b"".join(b"10.%d.%d.1 host%d\n" % (n >> 8 & 255, n & 255, n) for n in range(50_000))
    found, rejected = parse_hosts(content)
    assert (len(found), found[-1].line, rejected) == (50_000, 50_000, ())


def test_rejected_lines_are_bounded() -> None:
    found, rejected = parse_hosts(b"garbage\n" * 50_000 + b"10.1.2.3 web1\n")
    assert len(rejected) == hosts.MAX_REJECTED
    assert found == (HostsEntry("10.1.2.3", ("web1",), 50_001),)


def test_a_missing_file_maps_nothing() -> None:
    assert hosts.read(FakeHost()) == ((), ())


def test_a_file_that_may_not_be_read_is_unreadable() -> None:
    with pytest.raises(Unreadable, match=r"^/etc/hosts: permission denied \(run as root\)$"):
        hosts.read(FakeHost({"/etc/hosts": ""}, denied=("/etc/hosts",)))


def test_a_link_is_followed() -> None:
    host = FakeHost({"/data/hosts": "10.1.2.3 web1"}, links={"/etc/hosts": "../data/hosts"})
    assert hosts.read(host)[0] == (HostsEntry("10.1.2.3", ("web1",), 1),)
