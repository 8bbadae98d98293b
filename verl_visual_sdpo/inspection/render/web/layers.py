"""What stands between a page and the machine, by name: what each layer stops, and what to do where it does not hold."""

from __future__ import annotations

from collections.abc import Mapping

from verl_visual_sdpo.inspection.sandbox.layers import OWN_UID, Layer

CATALOGUE = (
    Layer(
        "environment",
        "the browser is started with a scrubbed environment and a folder of its own",
        "please report this as a bug",
    ),
    Layer(
        "interception",
        "every request is answered by us or not at all; no name is resolved, no proxy stands behind it",
        "please report this as a bug",
    ),
    Layer(
        "deadline",
        "a page that runs on is ended from outside, with its browser where it does not obey",
        "mount /proc",
    ),
    Layer(
        "memory",
        "a page that takes too much memory or too many processes is ended with its browser",
        "mount /proc",
    ),
    Layer(
        "privileges",
        "no capability that changes anything, no way to get one (no_new_privs)",
        "allow prctl and capset (they are in docker's default profile)",
    ),
    Layer(
        "landlock",
        "libraries and fonts are read-only, the browser's folder is writable, no other file can be opened",
        "use Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK and 'landlock' in the lsm= boot list; in a container, "
        "also a runtime whose own filter lets the landlock calls pass",
    ),
    Layer(
        "seccomp",
        "no socket but Unix ones, no namespaces, no reaching into other processes",
        "use Linux on x86_64 or aarch64 with CONFIG_SECCOMP_FILTER",
    ),
)
"""Outermost first. The policy "strict" asks for all of them."""

NAMES = tuple(layer.name for layer in CATALOGUE)
KERNEL = ("privileges", "landlock", "seccomp")
"""Those that the launcher puts on and attacks."""
BONUS = OWN_UID.name


def explain(missing: Mapping[str, str]) -> str:
    """Why the policy refuses."""
    mends = {layer.name: layer.mend for layer in CATALOGUE}
    parts = [f"{name} ({why}; mend: {mends[name]})" for name, why in missing.items()]
    return (
        f"isolation of the browser does not hold on this machine: {'; '.join(parts)}. Pages written by a model would "
        'run with less isolation than asked for; policy="permissive" accepts that.'
    )
