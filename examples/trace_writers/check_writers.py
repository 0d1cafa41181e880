#!/usr/bin/env python3
"""Runs a trace writer of this folder and what the program says about its traces.

    check_writers.py SYLVESTER numpy|torch MODELS

With and without an error in the writer. Exit status 77: a package that the writer needs is missing.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent


def expect(condition, what):
    if not condition:
        sys.exit(f"check_writers: {what}")


class Check:
    def __init__(self, program, models, script, config, folder):
        self.command = [program, "verify", config, "--models", models, "--json", "--trace"]
        self.script = FOLDER / script
        self.file = str(pathlib.Path(folder) / "trace.npz")

    def report(self, status, *options):
        subprocess.run([sys.executable, self.script, self.file, *options], check=True)
        found = subprocess.run([*self.command, self.file], stdout=subprocess.PIPE, check=False)
        expect(found.returncode == status,
               f"{options}: status {found.returncode}, expected {status}: {found.stdout.decode()}")
        return json.loads(found.stdout)

    def holds(self, jobs, *options):
        report = self.report(0, *options)
        expect(report["jobs"] == jobs, f"{report['jobs']} jobs, expected {jobs}")
        expect(report["mismatches"] == 0, f"{report['mismatches']} mismatches")
        expect(report["models"]["jobs"] == jobs or "none" in self.command,
               f"{report['models']} of {jobs} jobs on the models")
        return report

    def differs(self, expected, *options):
        report = self.report(1, *options)
        first = report["first_divergence"]
        for key, value in expected.items():
            expect(first.get(key) == value, f"{options}: {key} is {first.get(key)}: {first}")
        return first


def check_numpy(check):
    report = check.holds(2)
    expect(report["levels"]["floats"]["compared"] == 2 * (20 + 13) * 75, report["levels"])
    check.holds(1, "--plain")
    first = check.differs({"job": "second", "level": "values", "m": 7, "n": 11, "k": 40,
                           "k_known": "recorded"}, "--error", "7,11,40")
    expect(first["found_register"] == first["register_after"] ^ 1, first)
    # Only the results are left: the element is certain, the MAC is not.
    check.differs({"job": "plain", "m": 7, "n": 11, "k": 74, "k_known": "last"},
                  "--error", "7,11,40", "--plain")


def check_torch(check):
    report = check.holds(12)
    expect(report["models"]["prepared"] in (0, 4), report["models"])
    first = check.differs({"level": "values", "rule": "ACC-2", "k_known": "explained"},
                          "--error", "wrap")
    expect("policy wrap instead of saturate" in first["explanation"], first)
    first = check.differs({"level": "codes", "rule": "PRE-4", "operand": "a"},
                          "--error", "truncate")
    expect("cutting off instead of rounding" in first["explanation"], first)


def main():
    program, writer, models = sys.argv[1:]
    packages = {"numpy": ["numpy"], "torch": ["numpy", "torch"]}[writer]
    for package in packages:
        if importlib.util.find_spec(package) is None:
            print(f"check_writers: skipped, python3-{package} is not installed")
            sys.exit(77)
    script, config, check = {"numpy": ("numpy_writer.py", "hdqt", check_numpy),
                             "torch": ("torch_hooks.py", "fqt", check_torch)}[writer]
    with tempfile.TemporaryDirectory() as folder:
        check(Check(program, models, script, config, folder))
    print(f"check_writers: {script} holds, its errors are found")


if __name__ == "__main__":
    main()
