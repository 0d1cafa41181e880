#!/usr/bin/env python3
"""Writes a trace of two GEMMs that plain NumPy has computed: docs/traces.md in ten lines.

    numpy_writer.py trace.npz [--error M,N,K] [--plain]
    sylvester verify hdqt --trace trace.npz

--error flips the lowest bit of the register of element (M, N) of the second job after its MAC K;
--plain writes only the arrays a, b and c of that job.
"""

import argparse
import json

import numpy as np

POLICY = {"policy": "saturate", "bits": 8, "tile": 32, "outer_bits": 24}
RECIPE = {"format": "i4", "block_rule": "none", "scale": "max", "rounding": "nearest"}


def to_wide(x):
    """float32 -> 16-bit mantissas and an exponent (rule WIDE-2)."""
    exponent = int(np.frexp(np.abs(x).max())[1]) - 15
    mantissas = np.clip(np.rint(np.ldexp(x.astype(np.float64), -exponent)), -32767, 32767)
    return mantissas.astype(np.int16), exponent


def to_codes(mantissas, largest=7):
    """Mantissas -> i4 codes, scale rule max, rounding to nearest (rules PRE-3 and PRE-4)."""
    magnitudes = np.abs(mantissas.astype(np.int64))
    maximum = magnitudes.max()
    q, rest = np.divmod(magnitudes * largest, maximum)
    up = (2 * rest > maximum) | ((2 * rest == maximum) & (q % 2 == 1))
    return (np.sign(mantissas) * np.minimum(q + up, largest)).astype(np.int8)


def gemm(a, b, error=None, bits=8, tile=32, outer_bits=24, **_):
    """C = A B^T with saturating registers (rules ACC-1, ACC-2 and ACC-6), and every register."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    registers = np.zeros((len(a), len(b), a.shape[1]), np.int32)
    acc = outer = np.zeros((len(a), len(b)), np.int64)
    for k in range(a.shape[1]):
        product = np.outer(a[:, k].astype(int), b[:, k].astype(int))
        acc = np.clip((acc if k % tile else 0) + product, low, high)
        if error and error[2] == k:
            acc[error[0], error[1]] ^= 1
        registers[:, :, k] = acc
        if (k + 1) % tile == 0 or k + 1 == a.shape[1]:
            outer = np.clip(outer + acc, -(1 << (outer_bits - 1)), (1 << (outer_bits - 1)) - 1)
    return outer.astype(np.int32), registers


def add_job(jobs, arrays, name, x, w, error=None):
    """The ten lines: one job of a trace."""
    job = {"name": name, **POLICY}
    codes = {}
    for operand, tensor in (("a", x), ("b", w)):
        mantissas, exponent = to_wide(tensor)
        codes[operand] = to_codes(mantissas)
        job[operand] = {"recipe": RECIPE, "scale": {"num": 1, "den": 1, "exponent": exponent}}
        arrays[f"{name}/{operand}/x"] = tensor
        arrays[f"{name}/{operand}/mantissas"] = mantissas
        arrays[f"{name}/{operand}/codes"] = codes[operand]
    arrays[f"{name}/values"], arrays[f"{name}/registers"] = gemm(**codes, error=error, **POLICY)
    jobs.append(job)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--error", help="M,N,K", type=lambda t: tuple(map(int, t.split(","))))
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()

    random = np.random.default_rng(1)
    jobs, arrays = [], {}
    for name, error in (("first", None), ("second", arguments.error)):
        x = random.standard_normal((20, 75)).astype(np.float32)
        w = random.standard_normal((13, 75)).astype(np.float32) + np.float32(0.5)
        add_job(jobs, arrays, name, x, w, error)
    if arguments.plain:
        np.savez(arguments.file, a=arrays["second/a/codes"], b=arrays["second/b/codes"],
                 c=arrays["second/values"])
    else:
        head = {"format": "sylvester-trace", "version": 1, "jobs": jobs}
        np.savez_compressed(arguments.file, trace=json.dumps(head), **arrays)


if __name__ == "__main__":
    main()
