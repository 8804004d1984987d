"""/etc/linuxready/config.toml: what an administrator has decided for a machine. An option wins over it."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from linuxready import datafile

PATH = "/etc/linuxready/config.toml"


class ConfigError(Exception):
    """The configuration cannot be used; the text is one line and names the file and the place."""


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of the file, all of which may be left out.

    `profile` is a name or an absolute path; format, output, fail_on are those of `check`. Nagios' format, which has
    exit statuses of its own, is asked for by the plugin's own command line only. `command_seconds` is what a command
    or the read of a disk is given, `patience_seconds` what all that hang are given together.
    """

    profile: str = ""
    format: Literal["table", "short", "json", "yaml", "junit", "tap", "prometheus"] | None = None
    output: str | None = None
    fail_on: tuple[Literal["fail", "unknown", "warn"], ...] = ("fail", "unknown")
    command_seconds: Annotated[float, Meta(ge=1, le=60)] | None = None
    patience_seconds: Annotated[float, Meta(ge=1, le=300)] | None = None

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The time-outs as LiveHost takes them."""
        return self.command_seconds, self.patience_seconds

    def mistakes(self) -> str:
        """What is wrong beyond the types; "" where nothing is."""
        if ("/" in self.profile or self.profile.endswith(".toml")) and not self.profile.startswith("/"):
            return f"`{self.profile}` is no absolute path - at `$.profile`"
        if self.output is not None and not self.output.startswith("/"):
            return f"`{self.output}` is no absolute path - at `$.output`"
        if self.command_seconds:
            from linuxready.host.live import PATIENCE_SECONDS

            if self.command_seconds > (together := self.patience_seconds or PATIENCE_SECONDS):
                return f"more than the {together:g} of `patience_seconds` - at `$.command_seconds`"
        return ""


def read() -> Config:
    """The configuration of this machine; raises ConfigError. Without a file, or with comments only, the defaults."""
    try:
        text = datafile.read(PATH)
        # The file that is shipped has comments only, and the import of tomllib is milliseconds.
        empty = all(line.strip()[:1] in ("", "#") for line in text.split("\n"))
        found = Config() if empty else msgspec.toml.decode(text, type=Config)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not os.path.lexists(PATH):
            return Config()
        raise ConfigError(f"{PATH}: {error.strerror}") from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{PATH}: {error}") from error
    if mistake := found.mistakes():
        raise ConfigError(f"{PATH}: {mistake}")
    return found
