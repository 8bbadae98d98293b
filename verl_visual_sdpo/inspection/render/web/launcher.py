"""Put the isolation on and become the browser. A process of its own, started in the browser's place.

``python launcher.py CONFIGURATION BROWSER_ARGUMENTS...``; the configuration is a JSON file (see ``browser.py``). What
holds is found out by attacking it, after it was put on and before the browser runs, and written to the ``report`` file:
{layer: "" or what got through}. The user's data folder that the arguments name is exchanged for the private one.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    with open(arguments[0], encoding="utf-8") as file:
        configuration = json.load(file)
    sys.path.append(configuration["root"])
    from verl_visual_sdpo.inspection.sandbox import denied, landlock, privileges
    from verl_visual_sdpo.inspection.sandbox.jail import die_with_parent

    home, layers = configuration["home"], set(configuration["layers"])
    report = os.open(configuration["report"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    canary = os.path.join(home, "canary")
    with open(canary, "w", encoding="utf-8") as file:
        file.write("not for the browser")
    os.chmod(canary, 0o644)
    work = os.path.join(home, "work")
    loan = privileges.Loan()
    if "privileges" in layers:
        loan = privileges.lend(Path(home), [])
    if loan.uid is not None:
        os.chmod(home, 0o711)
        os.chown(work, loan.uid, loan.uid)
        loan.hold.pass_on()
    ruleset = None
    if "landlock" in layers and landlock.abi():
        ruleset = landlock.ruleset(configuration["readable"], [work, os.devnull], configuration["executable"])
    parent = os.getppid()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(work)
    missing = {layer: "left out" for layer in ("privileges", "landlock", "seccomp") if layer not in layers}
    attempts = {
        "privileges": lambda: privileges.drop(loan),
        "landlock": lambda: _restrict(ruleset, landlock, privileges),
        "seccomp": lambda: _filter(denied, privileges),
    }
    for layer, put_on in attempts.items():
        if layer in layers:
            try:
                put_on()
            except OSError as error:
                missing[layer] = str(error)
    die_with_parent(parent)
    missing |= {layer: found for layer, found in _attacks(canary).items() if found and layer not in missing}
    if strange := sorted(set(os.environ) - set(configuration["environment"])):
        missing["environment"] = f"the environment holds {', '.join(strange)}"
    told = {"missing": missing, "uid": loan.uid, "why_not": loan.why_not, "pid": os.getpid()}
    os.write(report, json.dumps(told).encode())
    os.close(report)
    browser = configuration["browser"]
    kept = [a for a in arguments[1:] if not a.startswith("--user-data-dir=")]
    profile = f"--user-data-dir={os.path.join(work, 'profile')}"
    os.execv(browser, [browser, profile, *kept])


def _restrict(ruleset: int | None, landlock, privileges) -> None:
    if ruleset is None:
        raise OSError("the kernel has no Landlock")
    privileges.prctl(38, 1)  # PR_SET_NO_NEW_PRIVS
    landlock.restrict_self(ruleset)
    os.close(ruleset)


def _filter(denied, privileges) -> None:
    if not denied.supported():
        raise OSError("there is no filter for this architecture")
    privileges.prctl(38, 1)
    denied.restrict_self()


def _attacks(canary: str) -> dict[str, str]:
    """What each layer must have stopped: "" where it did."""
    found = dict.fromkeys(("privileges", "landlock", "seccomp"), "")
    handle = os.open("/proc/self/status", os.O_RDONLY)  # bytes: no codec can be loaded any more
    status = dict(line.split(b":", 1) for line in os.read(handle, 1 << 16).splitlines() if b":" in line)
    os.close(handle)
    if int(status[b"CapEff"], 16) & ~(1 << 2) or status[b"NoNewPrivs"].strip() != b"1":
        found["privileges"] = "the browser keeps capabilities, or may gain some"
    try:
        os.close(os.open(canary, os.O_RDONLY))
        found["landlock"] = "a file outside of its folder could be opened"
    except OSError:
        pass
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
        found["seccomp"] = "a network socket could be made"
    except OSError:
        pass
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
