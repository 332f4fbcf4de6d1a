# SPDX-License-Identifier: GPL-2.0-only
"""Breaks the hypervisor in each way of breaks.list, and lets the hostile guest find it: what the fuzzer and its watcher are worth.

The broken one is a release build, which does not check itself.
"""
import os
import runpy
import shutil
import subprocess

import boot
from campaign import Campaign

LIST = os.path.join(boot.TOP, "tests", "fuzz", "guest", "breaks.list")
WORK = os.path.join(boot.BUILD, "tests", "fuzz", "guest", "breaks")
JOBS = [(3000, 1, 1), (3000, 1, 1), (300, 2, 2)]     # rounds, processors, vCPUs, in turn


def break_and_build(tree, file, old, new):
    """The image, or None: the list does not fit the code any more."""
    path = os.path.join(tree, "hypervisor", file)
    with open(path, encoding="utf-8") as source:
        sound = source.read()
    if sound.count(old.rstrip("\n")) != 1:
        return None
    try:
        with open(path, "w", encoding="utf-8") as source:
            source.write(sound.replace(old.rstrip("\n"), new.rstrip("\n")))
        made = subprocess.run(["make", "-s", "-C", os.path.join(tree, "hypervisor"), f"BUILD={tree}/build", "release"], stdout=subprocess.DEVNULL, check=False)
        return None if made.returncode else os.path.join(tree, "build", "release", "ringbolt.elf")
    finally:
        with open(path, "w", encoding="utf-8") as source:
            source.write(sound)


def hunt(machine, image, seconds, keep):
    """(runs, what was found or None, processor time): until something is found or the time is over."""
    campaign = Campaign(machine, {"given": image}, keep)
    runs = 0
    while campaign.totals.cpu_seconds < seconds:
        rounds, cpus, vcpus = JOBS[runs % len(JOBS)]
        runs += 1
        outcome = campaign.trial(campaign.job("given", runs, rounds, cpus=cpus, vcpus=vcpus))
        if outcome.findings:
            return runs, outcome.findings[0], campaign.totals.cpu_seconds
    return runs, None, campaign.totals.cpu_seconds


def run(machine, seconds, words, keep):
    """Prints a line for each; (passed, failed)."""
    passed = failed = 0
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in ("hypervisor", os.path.join("abi", "generated")):
        shutil.copytree(os.path.join(boot.TOP, folder), os.path.join(WORK, folder))
    for name, file, old, new in runpy.run_path(os.path.join(boot.TOP, "tests", "unit", "run-mutants"))["mutants"](LIST):
        if words and not any(word in name for word in words):
            continue
        image = break_and_build(WORK, file, old, new)
        if image is None:
            failed += 1
            print(f"not ok - {name}: STALE, {file} is another one now", flush=True)
            continue
        runs, found, took = hunt(machine, image, seconds, keep)
        good = bool(found) != name.startswith("unseen")
        passed, failed = passed + good, failed + (not good)
        print(f"{'ok' if good else 'not ok'} - {name}: {found or 'nothing'} # run {runs}, {took:.1f} s of processor time", flush=True)
    return passed, failed
