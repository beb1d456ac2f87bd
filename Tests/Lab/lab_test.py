#!/usr/bin/env python3
"""Plays the playbooks in the lab: the good path, each way to fail that the lab can make, and the way back.

    lab_test.py BELAY                 all scenarios
    lab_test.py BELAY --only backup   those with this in their names
    lab_test.py BELAY --few           some of each group, for a quick look
    lab_test.py --list

Each scenario says in its first line what it proves. The lab is brought up first and ended at the end; between scenarios
every fault is switched off, and a scenario that needs a fresh world says so.
"""

import argparse
import importlib
import sys
import time

from stage import Lab, Trouble, say

MODULES = ("watching", "causes", "workers", "database", "releases", "changes", "people")


def scenarios():
    """In the order of the files, then as written."""
    for module in MODULES:
        loaded = importlib.import_module(module)
        for name, function in vars(loaded).items():
            if getattr(function, "is_scenario", False):
                yield f"{module}.{name}", function


def play(lab, name, function):
    begun = time.monotonic()
    try:
        if function.needs_fresh_world:
            lab.up()
        function(lab)
        trouble = None
    except Trouble as error:
        trouble = str(error)
    for run in lab.runs:
        run.give_up()
    lab.runs.clear()
    try:
        lab.up() if trouble else lab.calm()
    except Trouble as error:
        trouble = f"{trouble or ''}\nafterwards: {error}"
        lab.up()
    say(f"{'FAIL' if trouble else 'ok  '}  {time.monotonic() - begun:6.1f} s  {name}")
    if trouble:
        say("    " + trouble.replace("\n", "\n    "))
    return trouble is None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("belay", nargs="?")
    parser.add_argument("--only", default="", metavar="NAME")
    parser.add_argument("--few", action="store_true", help="only some of each group")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", action="store_true", help="use the lab that is up, and leave it up")
    asked = parser.parse_args()
    chosen = [
        (name, one) for name, one in scenarios()
        if asked.only in name and (one.is_of_the_few or not asked.few)
    ]
    if asked.list:
        for name, one in chosen:
            say(f"{name:40} {one.__doc__.splitlines()[0]}")
        return 0
    if not asked.belay or not chosen:
        parser.error("give the belay to test, and a name that there is")
    lab = Lab(asked.belay)
    if asked.keep:
        lab.read_environment()
    else:
        lab.up()
    try:
        good = [play(lab, name, one) for name, one in chosen]
    finally:
        if not asked.keep:
            lab.down()
    say(f"{sum(good)} of {len(good)} scenarios went as they should")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
