"""systemd's units: parsing, aliases, masks, drop-ins, and what the next boot starts."""

from __future__ import annotations

import pytest

from linuxready.host import Unreadable
from linuxready.readers.systemd import Setting, Units, parse_unit

from ..machines import FakeHost

LIB, ETC, RUN = "/usr/lib/systemd/system", "/etc/systemd/system", "/run/systemd/system"
Files = dict[str, str | bytes]
TARGETS: Files = {
    f"{LIB}/multi-user.target": "[Unit]\nRequires=basic.target\n",
    f"{LIB}/graphical.target": "[Unit]\nRequires=multi-user.target\nWants=display-manager.service\n",
    f"{LIB}/basic.target": "[Unit]\nRequires=sysinit.target\nWants=sockets.target\n",
    f"{LIB}/sysinit.target": "[Unit]\n",
    f"{LIB}/sockets.target": "[Unit]\n",
}
SERVICE = "[Unit]\nAfter=network.target\n[Service]\nExecStart=/sbin/sshd -D\n[Install]\nWantedBy=multi-user.target\n"


def units(files: Files | None = None, links: dict[str, str] | None = None, **more: tuple[str, ...]) -> Units:
    defaults = {f"{ETC}/default.target": f"{LIB}/multi-user.target"}
    return Units(FakeHost({**TARGETS, **(files or {})}, {**defaults, **(links or {})}, **more))  # type: ignore[arg-type]


def started(found: Units) -> set[str]:
    return set(found.boot_transaction()[1])


# -- parse_unit ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("Wants=a.service b.service\n", [("Wants", "a.service b.service", 1)]),
        ("[Unit]\n\n  Requires =\tb.target  \n", [("Requires", "b.target", 3)]),
        ("Wants=\n", [("Wants", "", 1)]),
        ("# Wants=a\n; Wants=b\n", []),
        ("WantedBy=multi-user.target\nRequiresMountsFor=/x\nWantsX=1\n", []),
        ("ConditionPathExists=!/x\nAssertPathExists=/y\n", [("ConditionPathExists", "!/x", 1),
                                                            ("AssertPathExists", "/y", 2)]),
        ("Accept=yes\nService=x.service\n", [("Accept", "yes", 1), ("Service", "x.service", 2)]),
        ("Wants=a \\\n  b \\\n  c\n", [("Wants", "a b c", 1)]),
        ("Wants=a \\\n# a comment\n; another\n b\n", [("Wants", "a b", 1)]),
        ("ExecReload=x \\\nWants=a\n", []),
        ("Wants=a\\", [("Wants", "a\\", 1)]),
        ("", []),
        ("\udcff\0\n", []),
    ],
)  # fmt: skip
def test_parse_unit(text: str, settings: list[tuple[str, str, int]]) -> None:
    found = [(s.key, " ".join(s.value.split()), s.source) for s in parse_unit(text, "/x")]
    assert found == [(key, value, f"/x:{line}") for key, value, line in settings]


def test_an_assignment_after_a_joined_line_is_its_own() -> None:
    found = parse_unit("Wants=a \\\n b\nRequires=c\n", "/x")
    assert [(s.key, s.value.split()) for s in found] == [("Wants", ["a", "b"]), ("Requires", ["c"])]


def test_line_numbers_are_the_files_own_after_joined_lines() -> None:
    found = parse_unit("ExecReload=a \\\n b \\\n c\nWants=d\n", "/x")
    assert found == (Setting("Wants", "d", "/x:4"),)


# -- loading units ---------------------------------------------------------------------------------------


def test_the_first_folder_wins() -> None:
    found = units({f"{ETC}/a.service": "[Unit]\nWants=etc\n", f"{LIB}/a.service": "[Unit]\nWants=lib\n"})
    unit = found.load("a.service")
    assert unit is not None
    assert (unit.file, unit.values("Wants")) == (f"{ETC}/a.service", ["etc"])


def test_units_under_run_are_lost_at_boot() -> None:
    assert units({f"{RUN}/a.service": SERVICE}).load("a.service") is None


@pytest.mark.parametrize("files", [{}, {f"{LIB}/a.service": SERVICE}])
def test_a_link_to_dev_null_masks(files: Files) -> None:
    unit = units(files, {f"{ETC}/a.service": "/dev/null"}).load("a.service")
    assert unit is not None
    assert (unit.masked, unit.file) == (True, f"{ETC}/a.service")


def test_a_link_that_leads_to_dev_null_masks() -> None:
    unit = units({}, {f"{ETC}/a.service": "b", f"{ETC}/b": "../../../dev/null"}).load("a.service")
    assert unit is not None
    assert unit.masked


def test_an_empty_file_masks() -> None:
    unit = units({f"{ETC}/a.service": "", f"{LIB}/a.service": SERVICE}).load("a.service")
    assert unit is not None
    assert unit.masked


def test_an_alias_is_the_unit_it_leads_to() -> None:
    found = units({f"{LIB}/ssh.service": SERVICE}, {f"{ETC}/sshd.service": f"{LIB}/ssh.service"})
    unit = found.load("sshd.service")
    assert unit is not None
    assert unit.name == "ssh.service"


def test_an_alias_of_a_masked_unit_is_masked() -> None:
    links = {f"{ETC}/sshd.service": f"{LIB}/ssh.service", f"{ETC}/ssh.service": "/dev/null"}
    unit = units({f"{LIB}/ssh.service": SERVICE}, links).load("sshd.service")
    assert unit is not None
    assert unit.masked


def test_aliases_in_a_circle_are_unreadable() -> None:
    found = units({}, {f"{ETC}/a.service": "b.service", f"{ETC}/b.service": "a.service"})
    with pytest.raises(Unreadable, match="too many symbolic links"):
        found.load("a.service")


def test_names_in_a_circle_end() -> None:
    """Each link leads to a file, but to one of the other's name."""
    links = {f"{ETC}/a.service": "/opt/b.service", f"{ETC}/b.service": "/opt/a.service"}
    unit = units({"/opt/a.service": SERVICE, "/opt/b.service": SERVICE}, links).load("a.service")
    assert unit is None or unit.name in ("a.service", "b.service")


def test_an_instance_is_made_of_its_template() -> None:
    found = units({f"{LIB}/getty@.service": "[Unit]\nWants=x.service\n"})
    unit = found.load("getty@tty1.service")
    assert unit is not None
    assert (unit.name, unit.file) == ("getty@tty1.service", f"{LIB}/getty@.service")
    assert found.load("other@tty1.service") is None


@pytest.mark.parametrize(("mode", "known"), [(0o100755, True), (0o100644, False), (0o40755, False)])
def test_an_init_script_is_a_unit_where_it_is_executable(mode: int, known: bool) -> None:
    host = FakeHost(modes={"/etc/init.d/sshd": mode})
    assert (Units(host).load("sshd.service") is not None) == known
    assert Units(host).load("sshd.socket") is None


def test_drop_ins_are_read_by_name_and_the_first_folder_wins() -> None:
    found = units(
        {
            f"{LIB}/a.service": "[Unit]\nWants=main\n",
            f"{LIB}/a.service.d/20.conf": "[Unit]\nWants=lib20\n",
            f"{ETC}/a.service.d/20.conf": "[Unit]\nWants=etc20\n",
            f"{ETC}/a.service.d/10.conf": "[Unit]\nWants=etc10\n",
            f"{ETC}/a.service.d/30.txt": "[Unit]\nWants=none\n",
            f"{RUN}/a.service.d/40.conf": "[Unit]\nWants=run\n",
        }
    )
    unit = found.load("a.service")
    assert unit is not None
    assert unit.values("Wants") == ["main", "etc10", "etc20"]


# -- the boot transaction --------------------------------------------------------------------------------


def test_what_default_target_requires_is_started() -> None:
    target, reached = units().boot_transaction()
    assert target == "multi-user.target"
    assert set(reached) == {"multi-user.target", "basic.target", "sysinit.target", "sockets.target"}
    assert reached["sockets.target"].source == f"{LIB}/basic.target:3"


@pytest.mark.parametrize("target", ["graphical.target", "multi-user.target", "rescue.target"])
@pytest.mark.parametrize("folder", [ETC, LIB])
def test_the_default_target_is_where_its_link_leads(target: str, folder: str) -> None:
    files = {**TARGETS, f"{LIB}/rescue.target": "[Unit]\n"}
    found = Units(FakeHost(files, {f"{folder}/default.target": target}))
    assert found.boot_transaction()[0] == target


def test_without_a_default_target_nothing_is_known() -> None:
    with pytest.raises(Unreadable, match="default target is not known"):
        Units(FakeHost(TARGETS)).boot_transaction()
    masked = Units(FakeHost(TARGETS, {f"{ETC}/default.target": "/dev/null"}))
    with pytest.raises(Unreadable, match="default target is not known"):
        masked.boot_transaction()


@pytest.mark.parametrize("word", ["Wants", "Requires", "BindsTo", "Upholds"])
def test_words_that_pull(word: str) -> None:
    found = units({f"{LIB}/sysinit.target": f"[Unit]\n{word}=a.service\n", f"{LIB}/a.service": SERVICE})
    assert "a.service" in started(found)


@pytest.mark.parametrize("word", ["After", "Before", "PartOf", "Requisite", "Conflicts", "WantedBy"])
def test_words_that_do_not_pull(word: str) -> None:
    found = units({f"{LIB}/sysinit.target": f"[Unit]\n{word}=a.service\n", f"{LIB}/a.service": SERVICE})
    assert "a.service" not in started(found)


@pytest.mark.parametrize("kind", ["wants", "requires", "upholds"])
@pytest.mark.parametrize("folder", [ETC, LIB])
def test_links_that_pull(folder: str, kind: str) -> None:
    link = f"{folder}/multi-user.target.{kind}/a.service"
    found = units({f"{LIB}/a.service": SERVICE}, {link: f"{LIB}/a.service"})
    _, reached = found.boot_transaction()
    assert (reached["a.service"].source, reached["a.service"].text) == (link, f"-> {LIB}/a.service")


def test_links_under_run_do_not_count() -> None:
    link = f"{RUN}/multi-user.target.wants/a.service"
    assert "a.service" not in started(units({f"{LIB}/a.service": SERVICE}, {link: f"{LIB}/a.service"}))


def test_a_file_among_the_links_does_not_count() -> None:
    files: Files = {f"{LIB}/a.service": SERVICE, f"{ETC}/multi-user.target.wants/a.service": SERVICE}
    assert "a.service" not in started(units(files))


def test_a_link_to_dev_null_undoes_the_vendors() -> None:
    links = {
        f"{LIB}/multi-user.target.wants/a.service": f"{LIB}/a.service",
        f"{ETC}/multi-user.target.wants/a.service": "/dev/null",
    }
    assert "a.service" not in started(units({f"{LIB}/a.service": SERVICE}, links))


def test_links_beside_default_target_count_for_what_it_leads_to() -> None:
    """`systemctl add-wants default.target x` writes default.target.wants."""
    link = f"{ETC}/default.target.wants/a.service"
    assert "a.service" in started(units({f"{LIB}/a.service": SERVICE}, {link: f"{LIB}/a.service"}))


def test_what_a_masked_unit_wants_is_not_started() -> None:
    files: Files = {
        f"{LIB}/sysinit.target": "[Unit]\nWants=b.service\n",
        f"{LIB}/b.service": "[Unit]\nWants=a.service\n",
    }
    files[f"{LIB}/a.service"] = SERVICE
    links = {f"{LIB}/b.service.wants/c.service": f"{LIB}/c.service"}
    files[f"{LIB}/c.service"] = SERVICE
    assert {"a.service", "c.service"} <= started(units(files, links))
    assert not {"a.service", "c.service"} & started(units(files, {**links, f"{ETC}/b.service": "/dev/null"}))


def test_a_unit_wanted_by_a_service_that_starts_is_started() -> None:
    links = {
        f"{ETC}/multi-user.target.wants/b.service": f"{LIB}/b.service",
        f"{ETC}/b.service.wants/a.service": f"{LIB}/a.service",
    }
    assert "a.service" in started(units({f"{LIB}/a.service": SERVICE, f"{LIB}/b.service": SERVICE}, links))


def test_a_drop_in_of_a_target_pulls() -> None:
    files: Files = {f"{ETC}/multi-user.target.d/x.conf": "[Unit]\nWants=a.service\n", f"{LIB}/a.service": SERVICE}
    assert "a.service" in started(units(files))


@pytest.mark.parametrize(("runlevel", "is_started"), [("3", True), ("2", True), ("5", False), ("0", False)])
def test_start_links_of_init_scripts_hang_on_their_runlevels_target(runlevel: str, is_started: bool) -> None:
    host = FakeHost(
        TARGETS,
        {f"{ETC}/default.target": f"{LIB}/multi-user.target", f"/etc/rc{runlevel}.d/S55sshd": "../init.d/sshd"},
        {"/etc/init.d/sshd": 0o100755},
    )
    assert ("sshd.service" in started(Units(host))) == is_started


@pytest.mark.parametrize("unit", [{f"{LIB}/sshd.service": SERVICE}, {f"{ETC}/sshd.service": ""}])
def test_a_start_link_is_not_looked_at_where_there_is_a_unit_of_its_name(unit: Files) -> None:
    host = FakeHost(
        {**TARGETS, **unit},
        {f"{ETC}/default.target": f"{LIB}/multi-user.target", "/etc/rc3.d/S55sshd": "../init.d/sshd"},
        {"/etc/init.d/sshd": 0o100755},
    )
    assert "sshd.service" not in started(Units(host))


def test_units_that_want_each_other_end() -> None:
    files: Files = {
        f"{LIB}/sysinit.target": "[Unit]\nWants=a.service\n",
        f"{LIB}/a.service": "[Unit]\nWants=b.service\n",
        f"{LIB}/b.service": "[Unit]\nWants=a.service\n",
    }
    assert {"a.service", "b.service"} <= started(units(files))


# -- what keeps a unit from running ----------------------------------------------------------------------


def obstacle(text: str, *present: str, name: str = "a.service", **files: str) -> str | None:
    more: Files = {f"{LIB}/{name}": text, **dict.fromkeys(present, "")}
    more.update({f"{LIB}/{unit.replace('_', '.')}": content for unit, content in files.items()})
    found = units(more)
    unit = found.load(name)
    assert unit is not None
    word = found.obstacle(unit)
    return word and word[0]


@pytest.mark.parametrize(
    ("condition", "present", "word"),
    [
        ("ConditionPathExists=/x", (), "not-to-be-run"),
        ("ConditionPathExists=/x", ("/x",), None),
        ("ConditionPathExists=!/x", ("/x",), "not-to-be-run"),
        ("ConditionPathExists=!/x", (), None),
        ("AssertPathExists=/x", (), "not-to-be-run"),
        ("ConditionPathIsDirectory=/d", ("/d/f",), None),
        ("ConditionPathIsDirectory=/d", ("/d",), "not-to-be-run"),
        ("ConditionPathExists=/x\nConditionPathExists=/y", ("/x",), "not-to-be-run"),
        ("ConditionPathExists=|/x\nConditionPathExists=|/y", ("/x",), None),
        ("ConditionPathExists=|/x\nConditionPathExists=|/y", (), "not-to-be-run"),
        ("ConditionPathExists=/x\nConditionPathExists=", (), None),
        ("ConditionPathExists=/x\nConditionPathIsDirectory=", (), None),
    ],
)
def test_conditions_that_files_decide(condition: str, present: tuple[str, ...], word: str | None) -> None:
    assert obstacle(f"[Unit]\n{condition}\n[Service]\nExecStart=/x\n", *present) == word


def test_a_drop_in_may_take_a_condition_back() -> None:
    found = units(
        {
            f"{LIB}/a.service": "[Unit]\nConditionPathExists=/x\n[Service]\nExecStart=/x\n",
            f"{ETC}/a.service.d/x.conf": "[Unit]\nConditionPathExists=\n",
        }
    )
    unit = found.load("a.service")
    assert unit is not None
    assert found.obstacle(unit) is None


def test_a_condition_that_files_do_not_decide_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="ConditionVirtualization=vm is not decided by files"):
        obstacle("[Unit]\nConditionVirtualization=vm\n[Service]\nExecStart=/x\n")


@pytest.mark.parametrize(
    ("text", "files", "word"),
    [
        ("ListenStream=22", {"a_service": SERVICE}, None),
        ("ListenStream=22", {}, "no-service"),
        ("ListenStream=22", {"a_service": ""}, "no-service"),
        ("ListenStream=22\nService=b.service", {"b_service": SERVICE}, None),
        ("ListenStream=22\nService=b.service", {"a_service": SERVICE}, "no-service"),
        ("ListenStream=22\nAccept=yes", {"a@_service": SERVICE}, None),
        ("ListenStream=22\nAccept=yes", {"a_service": SERVICE}, "no-service"),
        ("ListenStream=22\nAccept=yes\nAccept=no", {"a_service": SERVICE}, None),
    ],
)
def test_a_socket_needs_its_service(text: str, files: dict[str, str], word: str | None) -> None:
    assert obstacle(f"[Socket]\n{text}\n", name="a.socket", **files) == word


# -- what may not be read --------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [ETC, f"{ETC}/multi-user.target.wants", f"{ETC}/sshd.service.d"])
def test_a_folder_that_may_not_be_listed_is_told(folder: str) -> None:
    """A mask, a link or a condition may be in it: what follows is not known."""
    files: Files = {f"{LIB}/sshd.service": SERVICE, f"{folder}/x.conf": ""}
    host = FakeHost({**TARGETS, **files}, {f"{LIB}/default.target": "multi-user.target"}, denied=(folder,))
    found = Units(host)
    found.load("sshd.service")
    found.boot_transaction()
    assert any("permission denied" in text for text in found.unreadable.values())


def test_a_drop_in_that_may_not_be_read_is_told() -> None:
    files: Files = {f"{LIB}/sshd.service": SERVICE, f"{ETC}/sshd.service.d/x.conf": "[Unit]\nConditionPathExists=/no\n"}
    host = FakeHost({**TARGETS, **files}, denied=(f"{ETC}/sshd.service.d/x.conf",))
    found = Units(host)
    unit = found.load("sshd.service")
    assert unit is not None
    with pytest.raises(Unreadable, match="permission denied"):
        found.obstacle(unit)


# -- what a unit requires ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "required", "word"),
    [
        ("BindsTo", "[Service]\nExecStart=/x\n", None),
        ("BindsTo", "", "bond"),
        ("Requires", "", None),
        ("Wants", "", None),
    ],
)
def test_what_it_is_bound_to_must_not_be_masked(key: str, required: str, word: str | None) -> None:
    """Requires= on a masked unit (an empty file is a mask) keeps nothing from being started by a target."""
    text = f"[Unit]\n{key}=keygen.service\n[Service]\nExecStart=/sbin/sshd\n"
    assert obstacle(text, keygen_service=required) == word


def test_what_it_is_bound_to_must_be_there() -> None:
    assert obstacle("[Unit]\nBindsTo=gone.service\n[Service]\nExecStart=/sbin/sshd\n") == "bond"
    assert obstacle("[Unit]\nRequires=gone.service\n[Service]\nExecStart=/sbin/sshd\n") is None


def test_requirements_in_a_circle_end() -> None:
    circle = "[Unit]\nRequires=a.service\n[Service]\nExecStart=/x\n"
    assert obstacle("[Unit]\nRequires=b.service\n[Service]\nExecStart=/x\n", b_service=circle) is None


def test_an_exec_start_that_is_taken_back_is_none() -> None:
    assert obstacle("[Service]\nExecStart=/sbin/sshd\nExecStart=\n") == "not-loadable"
