"""Salt: copy to _grains/linuxready.py of the file server, then `salt '*' saltutil.sync_grains`; the grain `linuxready`."""

import json
import subprocess


def linuxready():
    """What linuxready has cached; no grain on a machine without the hook."""
    try:
        printed = subprocess.check_output(["/etc/ansible/facts.d/linuxready.fact"])
        return {"linuxready": json.loads(printed.decode("utf-8"))}
    except (OSError, ValueError):
        return {}
