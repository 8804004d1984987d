"""Random and mangled text in every parser: an answer or Unreadable, never another error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linuxready.host import Unreadable
from linuxready.host.gathered.texts import (
    addresses,
    blkid,
    btrfs,
    date,
    dmi,
    dmsetup,
    ethtool,
    listing,
    lsblk,
    mdstat,
    modules,
    partitions,
    processes,
    space,
    udevdb,
    uname,
)

from . import test_addresses, test_blocks, test_others

pytestmark = pytest.mark.thorough

LISTING = "/boot:\ntotal 4\n-rw-r--r-- 1 0 0 12 Nov 21 07:30 config\nbrw-rw---- 1 0 6 8, 1 Nov 21 07:30 sda1\n"

PARSERS: dict[Callable[[str], Any], tuple[str, ...]] = {
    addresses.parse_ip: (test_addresses.IP_O_ADDR, test_addresses.RHEL_6, test_addresses.IP_D),
    addresses.parse_links: (test_addresses.RHEL_6, test_addresses.IP_D),
    addresses.parse_ifconfig: (test_addresses.IFCONFIG_OLD, test_addresses.IFCONFIG_NEW),
    ethtool.parse_driver: ("driver: vmxnet3\n",),
    lsblk.parse_tree: (test_blocks.RHEL_6, test_blocks.RHEL_7, test_blocks.SUSE, test_blocks.DEBIAN_12),
    lsblk.parse_pairs: ('NAME="a" MAJ:MIN="8:0"\n',),
    udevdb.parse_export_db: (test_blocks.UDEV,),
    dmsetup.parse_info: (test_blocks.INFO,),
    dmsetup.parse_table: (test_blocks.TABLE,),
    partitions.parse_partitions: ("major minor  #blocks  name\n\n   8        0   41943040 sda\n",),
    partitions.parse_blockdev: ("rw   256   512  4096          0     42949672960   /dev/sda\n",),
    partitions.parse_fdisk: ("Disk /dev/sda: 1 GB, 9 bytes\nSector size (logical/physical): 512 bytes / 512 bytes\n",),
    partitions.parse_losetup: ("/dev/loop0: [fd00]:131 (/srv/a.img)\n",),
    mdstat.parse_mdstat: ("Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0]\n",),
    blkid.parse_blkid: ('/dev/sda1: UUID="0a1b" TYPE="xfs" \n',),
    btrfs.parse_show: (
        "Label: 'd'  uuid: 7d1e6e3c-0000-4000-8000-000000000001\n\tTotal devices 1 FS\n\tdevid 1 path /dev/a\n",
    ),
    date.parse_date: ("Sun Apr  7 20:23:42 CEST 2019\n",),
    processes.parse_ps: (test_others.AUX, test_others.EF, test_others.SUSE),
    processes.parse_commands: (test_others.AUX, test_others.EF),
    space.parse_df: (test_others.DF,),
    uname.parse_uname: ("Linux a 3.10.0 #1 SMP x86_64 GNU/Linux\n",),
    uname.parse_hostname: ("web1\n",),
    dmi.parse_dmidecode: (test_others.DMIDECODE,),
    modules.parse_lsmod: ("Module                  Size  Used by\nnf_tables 245760  3 nft_ct\n",),
    lambda text: listing.parse_ls(text.splitlines()): (LISTING,),
}

STRANGE = st.text(st.sampled_from("\0\n\t\x1b :<>,@|`-├└│=\"'()[]0129aA\udcff/.…"), max_size=12)


@st.composite
def mangled(draw: st.DrawFn, texts: tuple[str, ...]) -> str:
    """A real text with parts cut out, doubled, swapped or replaced."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 60)))
        put = draw(st.one_of(STRANGE, st.just(""), st.just(text[start:end] * 2)))
        text = text[:start] + put + text[end:]
    return text


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: f"{parse.__module__.rpartition('.')[2]}.{parse.__name__}")
@given(data=st.data())
def test_no_text_breaks_a_parser(parse: Callable[[str], Any], data: st.DataObject) -> None:
    text = data.draw(st.one_of(st.text(max_size=200), STRANGE, mangled(PARSERS[parse])))
    with suppress(Unreadable):
        parse(text)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: f"{parse.__module__.rpartition('.')[2]}.{parse.__name__}")
@pytest.mark.parametrize("unit", [" ", "a", "\n", "- ", "1:", "|-", '="', "(", "inet "])
def test_long_lines_cost_no_more_than_their_length(parse: Callable[[str], Any], unit: str) -> None:
    """A pattern that tries all ways through a line would not come to an end here."""
    with suppress(Unreadable):
        parse(PARSERS[parse][0].split("\n")[0] + "\n" + unit * 20_000)
