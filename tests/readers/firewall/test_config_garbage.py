"""Files of firewalld, ufw and SuSEfirewall2 with a part of them spoilt: rules or a reason, never a traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linuxready.host import Host, Unreadable
from linuxready.packetpath import Connection, walk
from linuxready.readers.firewall import firewalld, susefirewall, ufw
from linuxready.ruleset import Ruleset
from tests.machines import FakeHost

from .test_firewalld import ETC, EXPECTED, SHIPPED
from .test_ufw import ALLOW, LIMIT, files

pytestmark = pytest.mark.thorough

FIREWALLD = [{**SHIPPED, **{f"{ETC}/{p}": t for p, t in made.items()}} for made, *_ in EXPECTED.values()]
UFW = [files(ALLOW), files(LIMIT)]
SUSE = [
    {
        "/etc/sysconfig/SuSEfirewall2": 'FW_DEV_EXT="any"\nFW_SERVICES_EXT_TCP="22 \\\n80"\n\n'
        'FW_TRUSTED_NETS="10/8,tcp,22"\n'
        'FW_CONFIGURATIONS_EXT="sshd"\nFW_SERVICES_ACCEPT_EXT="0/0,tcp,22,,hitcount=3"\n'
        'FW_REDIRECT="0/0,0/0,tcp,22,23"\n',
        "/etc/sysconfig/SuSEfirewall2.d/services/sshd": 'TCP="ssh"\n',
    }
]
FIREWALLS = [(firewalld.read, FIREWALLD), (ufw.read, UFW), (susefirewall.read, SUSE)]
PIECES = st.sampled_from(
    "\" ' \\ \n $ ` # = , : / - ! < > & ; * 22 0/0 65536 ::1 \0 é \udcff <rule> </zone> /> -j -A COMMIT *filter".split(
        " "
    )
)


@pytest.mark.parametrize(("read", "machines"), FIREWALLS, ids=["firewalld", "ufw", "SuSEfirewall2"])
def test_spoilt_files(read: Callable[[Host], Ruleset], machines: list[dict[str, str]]) -> None:
    @settings(derandomize=True, database=None, deadline=None, max_examples=300)
    @given(st.data())
    def spoil(data: st.DataObject) -> None:
        made = dict(data.draw(st.sampled_from(machines)))
        path = data.draw(st.sampled_from(sorted(made)))
        text = made[path]
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        made[path] = text[:start] + "".join(data.draw(st.lists(PIECES, max_size=4))) + text[end:]
        try:
            ruleset = read(FakeHost({**made}))
        except Unreadable:
            return
        for family in ("ip", "ip6"):
            walk(ruleset, Connection(22, family, ("eth0",)))

    spoil()
