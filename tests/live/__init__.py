"""Tests on this very machine, mostly as root: the installed command over loop devices in private mount namespaces."""
