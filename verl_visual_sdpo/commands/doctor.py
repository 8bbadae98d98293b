"""``visual-sdpo doctor``: what is installed, which sandbox layers hold, and how to mend what does not."""

from __future__ import annotations

import argparse

SIGNS = {"ok": "ok     ", "absent": "absent ", "bad": "BAD    "}


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    return subparsers.add_parser(
        "doctor",
        help="check packages, fonts, sandbox and the verl plug-in",
        description="Check packages, fonts, sandbox and the verl plug-in. Exit status: 0 all needed parts hold, 1 not.",
    )


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.doctor import checks

    group, bad = "", 0
    for check in checks():
        if check.group != group:
            group = check.group
            print(f"\n{group}")
        print(f"  {SIGNS[check.state]}{check.name:<24} {check.detail}", flush=True)
        if check.state != "ok" and check.mend:
            print(f"         {'':<24} -> {check.mend}")
        bad += check.state == "bad"
    print(f"\n{'everything that is needed holds' if not bad else f'{bad} needed part(s) do not hold'}")
    return 1 if bad else 0
