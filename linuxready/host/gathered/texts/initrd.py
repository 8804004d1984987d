"""The names in an initial file system, from dracut's `lsinitrd` or `cpio -itv`.

Image: /boot/initrd-4.12.14-122.231-default: 12M
-rw-r--r--   1 root     root        12345 Mar  1  2026 lib/modules/4.12.14-122.231-default/kernel/fs/btrfs/btrfs.ko
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable

IMAGE = re.compile(r"^(?:Image: (\S+?):? |(/\S+): +[\d.]+[KMG]?$)", re.M)
"""The file's name above the list; EL 6 has it without the word."""
INIT = re.compile(r"(^|[ /])init( -> \S+)?$", re.M)
END = re.compile(r"^(={10,}|\d+ blocks)\s*\Z", re.M)
"""What dracut and cpio print last."""
MODULE = re.compile(r"/[^/\s]+\.ko(\.\w+)?$", re.M)


def parse_names(text: str, path: str, drivers: tuple[str, ...]) -> dict[str, bool]:
    """Which drivers are among the names; raises Unreadable for another file's, or where not all may be there.

    What cannot be unpacked has neither `init` nor a module; what is not there is told by a whole listing only.
    """
    image = IMAGE.search(text)
    if image and (listed := image[1] or image[2]) != path:
        raise Unreadable(f"{path}: the names in {listed} were gathered, not those in it")
    if not INIT.search(text) or not MODULE.search(text):
        raise Unreadable(f"{path}: the names in it were not gathered whole")
    # One `-` is as good as one `_` in a module's name.
    found = {
        driver: re.search(rf"/{driver.replace('_', '[-_]')}\.ko(\.\w+)?$", text, re.M) is not None for driver in drivers
    }
    if not all(found.values()) and not END.search(text):
        raise Unreadable(f"{path}: the list of the names in it was cut")
    return found
