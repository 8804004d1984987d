"""The real consumers: Debian's in a root of their own, Ansible and Salt in environments; kept in CACHE.

Nothing is installed on this machine and no service is started: in the root policy-rc.d forbids it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.packaging.roots import ENVIRONMENT, bootstrap

CACHE = Path(os.environ.get("LINUXREADY_CONSUMERS", "/var/cache/linuxready-consumers"))

RELEASE = "bookworm"
FAST = (
    *("facter", "puppet-agent", "ohai", "prometheus", "prometheus-node-exporter"),
    *("openssh-server", "iproute2", "systemd", "python3", "python3-apt"),
)
SLOW = ("cfengine3", "nagios4-core", "monitoring-plugins-basic", "python3")

OLDEST_ANSIBLE = "ansible-core==2.16.19"
OLDEST_PYTHONS = ("3.12", "3.11", "3.10")
NEWEST_ANSIBLE = ("ansible-core", "ansible-lint")
NEWEST_PYTHONS = ("3.14", "3.13", "3.12", "3.11")
SALT = ("salt==3008.3",)

INSTALL = """
    mount -t proc proc {root}/proc
    mount --rbind /dev {root}/dev
    apt="chroot {root} apt-get -qq --option Dpkg::Options::=--force-unsafe-io"
    $apt update
    $apt install --yes --no-install-recommends {packages}
    $apt clean
"""


def debian(packages: tuple[str, ...]) -> Path:
    """A root with these packages, made where it is not there yet."""
    name = f"{RELEASE}-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"
    if not (CACHE / name).is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="new-", dir=CACHE) as new:
            root = Path(new) / "root"
            bootstrap(RELEASE, root)
            forbidden = root / "usr/sbin/policy-rc.d"
            forbidden.write_text("#!/bin/sh\nexit 101\n")
            forbidden.chmod(0o755)
            script = INSTALL.format(root=root, packages=" ".join(packages))
            words = ("unshare", "--mount", "--propagation", "private", "sh", "-euc", script)
            result = subprocess.run(words, capture_output=True, text=True, timeout=1200, env=ENVIRONMENT)
            assert result.returncode == 0, result.stdout + result.stderr
            root.rename(CACHE / name)
    return CACHE / name


def environment(name: str, pythons: tuple[str, ...], *requirements: str) -> Path:
    """The bin folder of an environment with these requirements out of PyPI, made where it is not there yet."""
    made = CACHE / name
    if not (made / "complete").exists():
        shutil.rmtree(made, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        run(python(pythons), "-m", "venv", made)
        pip = (made / "bin/python", "-m", "pip", "--quiet", "--no-cache-dir", "--disable-pip-version-check")
        run(*pip, "install", *requirements)
        (made / "complete").touch()
    return made / "bin"


def oldest_ansible() -> Path:
    return environment("ansible-2.16.19", OLDEST_PYTHONS, OLDEST_ANSIBLE)


def newest_ansible() -> Path:
    """The newest ansible-core that this machine's newest Python takes, and ansible-lint."""
    return environment("ansible-newest", NEWEST_PYTHONS, *NEWEST_ANSIBLE)


def salt() -> Path:
    return environment("salt", NEWEST_PYTHONS[1:], *SALT)


def python(versions: tuple[str, ...]) -> Path:
    """The first of these Pythons that is here, on the PATH or in pyenv's folder."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for version in versions:
        on_path = shutil.which(f"python{version}")
        for found in (*((on_path,) if on_path else ()), *sorted(pyenv.glob(f"{version}.*/bin/python"))):
            # pyenv's shims are on the PATH for Pythons, too, that are not switched on.
            if subprocess.run((found, "-c", "import ensurepip"), capture_output=True).returncode == 0:
                return Path(found)
    raise AssertionError(f"no Python of {', '.join(versions)} is here")


def run(*argv: str | Path) -> None:
    result = subprocess.run(argv, capture_output=True, text=True, timeout=1200)
    assert result.returncode == 0, f"{argv}: {result.stdout}{result.stderr}"


if __name__ == "__main__":
    for made in (debian(FAST), oldest_ansible(), newest_ansible()):
        print(made, file=sys.stderr)
