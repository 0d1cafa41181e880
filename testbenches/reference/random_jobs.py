#!/usr/bin/env python3
"""Writes random `job` cases without expected fields.

    random_jobs.py --seed S --count N --out FILE [--ahead]

For a comparison on fresh inputs: another implementation fills the expected fields in, then
check_vectors.py recomputes them. `--ahead` adds the scale rules of section 9 and random signs.
"""

import argparse

import cases
import reference as ref
import vector_file


def random_job(rng, ahead):
    fields = {}
    if ahead and rng.random() < 0.5:
        fields = {"scale": rng.choice(ref.AHEAD_SCALE_RULES)}
    block_rule = rng.choice((None,) + ref.BLOCK_RULES)
    k = rng.choice((None, None, rng.randint(1, 100)))
    signs = {"sign_role": 8} if ahead and block_rule in ("paper", "pad") else {}
    return cases.job(rng, k, {**fields, **signs}, signs, block_rule)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--out", required=True, metavar="FILE")
    parser.add_argument("--ahead", action="store_true", help="also rules that the accelerator has not")
    arguments = parser.parse_args()
    rng = cases.seeded(arguments.seed, "random_jobs")
    jobs = [
        cases.accepted(lambda: random_job(rng, arguments.ahead)) for _ in range(arguments.count)
    ]
    vector_file.write(arguments.out, "GEMM-1", jobs)
    print(f"seed {arguments.seed}: {len(jobs)} jobs in {arguments.out}")


if __name__ == "__main__":
    main()
