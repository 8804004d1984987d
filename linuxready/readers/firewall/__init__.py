"""Packet filters: the rules they have in force, and those that their files will load at boot."""

from __future__ import annotations

from linuxready.facts import Fact, Firewall
from linuxready.host import Host, Unreadable
from linuxready.readers.firewall import boot, now


def read(host: Host) -> Firewall:
    """Both halves, each with its own reason where it was not seen."""
    halves = []
    for half in (now.read, boot.read):
        try:
            halves.append(Fact(value=half(host)))
        except Unreadable as error:
            halves.append(Fact(unknown=str(error)))
    return Firewall(*halves)
