#!/usr/bin/env python3
"""Recomputes vector files with the NumPy reference and compares every expected field.

    check_vectors.py FOLDER_OR_FILE...

A folder stands for its *.json files, subfolders included. Of each case that differs the first
difference is printed: file, case, field, element, the file's value, the reference's value. The
exit status is 1 if a case differs, has no expected fields, or is refused by the contract.
"""

import argparse
import sys
from pathlib import Path

import reference as ref
import vector_file

MOST_REPORTS = 20  # further failures are only counted


def first_difference(found, wanted, where=""):
    """(field, value found, value wanted) of the first difference, or None."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted(set(found) | set(wanted)):
            field = f"{where}.{key}" if where else key
            if key not in found or key not in wanted:
                return field, found.get(key, "absent"), wanted.get(key, "absent")
            difference = first_difference(found[key], wanted[key], field)
            if difference:
                return difference
        return None
    if isinstance(found, list) and isinstance(wanted, list):
        for i, (one, other) in enumerate(zip(found, wanted)):
            difference = first_difference(one, other, f"{where}[{i}]")
            if difference:
                return difference
        if len(found) != len(wanted):
            return where, f"{len(found)} elements", f"{len(wanted)} elements"
        return None
    return None if found == wanted else (where, found, wanted)


def fault_of(case):
    """What is wrong with a case, as text, or None."""
    if "expected" not in case:
        return "has no expected fields"
    try:
        wanted = vector_file.expected(case)
    except ref.Refused as refusal:
        return f"is refused by the reference: {refusal}"
    except KeyError as missing:
        return f"has no field {missing}"
    except (ValueError, TypeError) as error:
        return f"has inputs of the wrong shape or type: {error}"
    difference = first_difference(case["expected"], wanted)
    if difference is None:
        return None
    field, found, reference_value = difference
    return f"field {field}: file has {found}, reference has {reference_value}"


def files_of(paths):
    for path in map(Path, paths):
        found = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        if not found:
            sys.exit(f"{path}: no vector files (*.json) in this folder.")
        yield from found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", metavar="FOLDER_OR_FILE")
    cases = failed = 0
    for path in files_of(parser.parse_args().paths):
        try:
            found = vector_file.read_cases(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            sys.exit(f"{path}: not a vector file: {error}")
        for number, case in enumerate(found):
            fault = fault_of(case)
            cases += 1
            failed += fault is not None
            if fault is not None and failed <= MOST_REPORTS:
                print(f"{path}: case {number} ({case.get('kind')}): {fault}")
    print(f"{cases} cases, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
