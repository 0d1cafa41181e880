#!/usr/bin/env python3
"""Writes the NumPy reference's vector files, one per kind and topic.

    make_vectors.py FOLDER [--seed S] [--scale N]

The same seed gives the same bytes. `--scale N` repeats the random cases N times as often; the
committed files in testbenches/vectors/numpy/ are seed 1, scale 1.
"""

import argparse
import itertools
from pathlib import Path

import cases
import reference as ref
import vector_file

ALL_SCALE_RULES = ref.SCALE_RULES + ref.AHEAD_SCALE_RULES


def float_bits(sign, exponent_field, fraction):
    return sign << 31 | exponent_field << 23 | fraction


def accepted_job(rng, *arguments, **fields):
    return cases.accepted(lambda: cases.job(rng, *arguments, **fields))


# --- Topics: each yields the inputs of its cases --------------------------------------------------


def draw(rng, scale):
    """Contexts at zero, at their limits, one field set; every width; indices at word edges."""
    zero = dict.fromkeys(ref.CONTEXT_FIELDS, 0)
    limits = {"seed": 2**32 - 1, "step": 2**32 - 1, "layer": 65535, "role": 255, "repetition": 255}
    contexts = [zero, limits] + [{**zero, name: most} for name, most in limits.items()]
    contexts += [{**zero, name: 1} for name in limits]
    while len(contexts) < 32 * scale:
        context = cases.random_context(rng)
        contexts.append({name: context[name] for name in ref.CONTEXT_FIELDS})
    edges = [0, 1, 65535, 65536, 2**31, 2**32 - 1]
    for i, context in enumerate(contexts):
        yield {
            "kind": "draw",
            **context,
            "random_bits": i % ref.MAX_RANDOM_BITS + 1,
            "index": edges + [rng.randrange(2**32) for _ in range(10)],
        }


def wht(rng, scale):
    """Every rule and block for lengths around powers of two; largest sums; unit vectors."""
    lengths = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 33, 40, 405)
    blocks = {"none": (0,), "paper": (0, 1, 2, 8, 32), "pad": (1, 2, 8, 32)}
    for rule, k in itertools.product(ref.BLOCK_RULES, lengths):
        for block in blocks[rule] if k < 400 else (32,) if rule != "none" else ():
            line = cases.random_mantissas(rng, k, True)
            yield {"kind": "wht", "rule": rule, "block": block, "k": k, "line": line}
    for sign in (1, -1):
        line = [sign * ref.MANTISSA_MAX] * 1024
        yield {"kind": "wht", "rule": "paper", "block": 1024, "k": 1024, "line": line}
    for one in range(16):
        line = [int(i == one) for i in range(16)]
        yield {"kind": "wht", "rule": "paper", "block": 0, "k": 16, "line": line}
    for _ in range(4 * scale):
        k = rng.randint(1, 130)
        line = cases.random_mantissas(rng, k, True)
        yield {"kind": "wht", "rule": "pad", "block": rng.choice((16, 64)), "k": k, "line": line}


def wide(rng, scale):
    """Zeros of both signs, subnormals, the largest number, ties, mantissas that need the limit."""
    one = float_bits(0, 127, 0)
    yield {"kind": "wide", "x_bits": [one, 0xBF400000, float_bits(0, 112, 0)]}
    yield {"kind": "wide", "x_bits": [float_bits(0, 127, 0x7FFFFF), one | 1 << 31]}
    yield {"kind": "wide", "x_bits": [0, 0x80000000, 0]}
    yield {"kind": "wide", "x_bits": [1, 0x80000001, 2, 3]}
    yield {"kind": "wide", "x_bits": [float_bits(1, 0, 0x7FFFFF), 1, float_bits(0, 1, 0)]}
    yield {"kind": "wide", "x_bits": [float_bits(0, 254, 0x7FFFFF), float_bits(1, 239, 0), 1]}
    # (m + 1/2) * 2^-14 beside 1.0, and one unit of the last place beside each tie.
    ties = [one]
    for m in (0, 1, 2, 3, 100, 8191):
        halves = 2 * m + 1  # halves * 2^-15
        high = halves.bit_length() - 1
        bits = float_bits(0, 127 - 15 + high, (halves << (23 - high)) & 0x7FFFFF)
        ties += [bits - 1, bits, bits + 1, bits | 1 << 31]
    yield {"kind": "wide", "x_bits": ties}
    for _ in range(30 * scale):
        top = rng.randint(1, 254)
        x_bits = [
            float_bits(rng.randrange(2), max(0, top - rng.randrange(18)), rng.randrange(2**23))
            for _ in range(rng.randint(1, 12))
        ]
        yield {"kind": "wide", "x_bits": x_bits}


def to_float(rng, scale):
    """Underflow, subnormals, ties, overflow; 0 times infinity; both signs."""
    values = [0, 1, -1, 2**24 + 1, -(2**24 + 3), ref.INT32_MAX, ref.INT32_MIN]
    fixed = [(1, 1, e) for e in (-300, -150, -149, -148, -127, -126, -31, 0, 96, 127, 128, 300)]
    fixed += [(3, 1, -151), (3, 1, -150), (2**24 - 1, 1, 104), (2**25 - 1, 1, 103)]
    fixed += [(2**24 + 1, 1, -24), (2**24 + 3, 1, -24), (2**25 + 1, 1, -175), (1, 3, 0)]
    fixed += [(2**63 - 1, 1, 0), (1, 2**63 - 1, 0), (2**63 - 1, 2**61 - 1, -149)]
    fixed += [(2**62 + 1, 2**63 - 1, -126), (2**40 + 1, 1, -200), (2**24 - 1, 1, -150)]
    for num, den, exponent in fixed:
        parts = ref.make_scale(num, den, exponent)._asdict()
        yield {"kind": "to_float", **parts, "value": values}
    for _ in range(60 * scale):
        parts = cases.random_scale(rng, rng.choice((1, 8, 24, 25, 40, 63)))
        parts["exponent"] = rng.randint(-190, 140)
        some = [rng.randint(ref.INT32_MIN, ref.INT32_MAX) >> rng.randrange(31) for _ in range(5)]
        yield {"kind": "to_float", **parts, "value": some}


def prepare_formats(rng, scale):
    """Every format with every scale rule and both roundings."""
    for fmt, rule, rounding in itertools.product(ref.FORMATS, ref.SCALE_RULES, ref.ROUNDINGS):
        for _ in range(2 * scale):
            lines, k = rng.randint(1, 4), rng.randint(1, 11)
            yield cases.prepare_case(
                cases.operand(rng, lines, k, format=fmt, scale=rule, rounding=rounding)
            )


def prepare_ties(rng, scale):
    """Coefficients on and beside the middle between neighbouring magnitudes."""
    for fmt, rule in itertools.product(ref.FORMATS, ref.SCALE_RULES):
        yield cases.prepare_case(cases.tie_operand(rng, fmt, rule, "nearest"))
        if fmt in ("i4", "u4", "e3"):
            yield cases.prepare_case(cases.tie_operand(rng, fmt, rule, "stochastic"))


def prepare_thresholds(rng, scale):
    """Stochastic thresholds equal to the element's own draw, and one above it."""
    for fmt in ("i2", "i4", "u4", "i5"):
        most = (ref.MANTISSA_MAX // ref.FORMATS[fmt].largest).bit_length() - 1
        for random_bits in range(1, most + 1):
            yield cases.prepare_case(cases.threshold_operand(rng, fmt, random_bits))


def prepare_limits(rng, scale):
    """M = 0, M = 1, all elements at the mantissas' limits, one element, saturation by `clip`."""
    lines_of = {
        "zero": lambda n: [0] * n,
        "one": lambda n: [0] * (n - 1) + [1],
        "largest": lambda n: [ref.MANTISSA_MAX] * n,
        "near": lambda n: [ref.MANTISSA_MAX - i for i in range(n)],
    }
    for make, rule, rounding in itertools.product(
        lines_of.values(), ref.SCALE_RULES, ref.ROUNDINGS
    ):
        for fmt, block_rule in (("i4", "none"), ("i4", "pad"), ("u4", "none"), ("e3", "paper")):
            lines, k = rng.choice(((1, 1), (2, 6), (3, 5)))
            yield cases.prepare_case(
                cases.operand(
                    rng, lines, k, make(lines * k), format=fmt, scale=rule, rounding=rounding,
                    block_rule=block_rule, block=8,
                )
            )


def prepare_transform(rng, scale):
    """Block rules with lengths that divide, do not divide, and are shorter than the block."""
    blocks = {"none": (0,), "paper": cases.PAPER_BLOCKS, "pad": cases.PAD_BLOCKS}
    for block_rule in ref.BLOCK_RULES:
        for block, k in itertools.product(blocks[block_rule], (1, 3, 8, 12, 20)):
            yield cases.prepare_case(
                cases.operand(
                    rng, rng.randint(1, 3), k, format=rng.choice(cases.SIGNED),
                    block_rule=block_rule, block=block,
                )
            )
    yield cases.prepare_case(
        cases.operand(
            rng, 1, 1024, [-ref.MANTISSA_MAX] * 1024, format="i4", block_rule="paper", block=1024,
            scale="clip", rounding="stochastic",
        )
    )


def prepare_index(rng, scale):
    """Indices of transposed and strided tensors, negative strides, and the wrap at 2^32."""
    lines, k = 3, 5
    strides = [(k, 1), (1, lines), (100, 7), (2**31, 2**16), (2**32 - k, 1), (k, 2**32 - 1)]
    for (stride_line, stride_k), index0 in itertools.product(
        strides, (0, 65530, 2**32 - 4, 2**32 - 1)
    ):
        yield cases.prepare_case(
            cases.operand(
                rng, lines, k, format="i4", rounding="stochastic", index0=index0,
                stride_line=stride_line, stride_k=stride_k,
            )
        )


def prepare_scales(rng, scale):
    """Input scales with long parts, with factors that cancel against the quantiser's."""
    for rule, bits in itertools.product(ref.SCALE_RULES, (30, 40, 46)):
        for _ in range(2 * scale):
            yield cases.prepare_case(
                cases.operand(
                    rng, 1, 4, format="i4", scale=rule, input_scale=cases.random_scale(rng, bits)
                )
            )
    for num, den in ((7, 1), (1, 7), (7, 39), (35, 13), (1, 3)):
        for rule in ref.SCALE_RULES:
            yield cases.prepare_case(
                cases.operand(
                    rng, 1, 3, [1400, -39, 91], format="i4", scale=rule, block_rule="none",
                    block=0, input_scale={"num": num, "den": den, "exponent": -5},
                )
            )


def prepare_hindsight(rng, scale):
    """M_given below, at and above M, zero, and M = 0."""
    for fmt, rounding in itertools.product(("i4", "u4", "e3", "i8"), ref.ROUNDINGS):
        for given in (0, 1, 999, 1000, 1001, 32767, None):
            k = rng.randint(2, 9)
            mantissas = [1000] + [rng.randrange(1000) for _ in range(k - 1)]
            yield cases.prepare_case(
                cases.operand(
                    rng, 1, k, mantissas, format=fmt, scale="hindsight", rounding=rounding,
                    max_given=given, block_rule="none", block=0,
                )
            )
        for given in (0, 5):
            yield cases.prepare_case(
                cases.operand(
                    rng, 2, 3, [0] * 6, format=fmt, scale="hindsight", rounding=rounding,
                    max_given=given,
                )
            )


def prepare_sawb(rng, scale):
    """Clips of spread and of flat tensors (U <= 0), M = 0, transformed and padded tensors."""
    for fmt, rounding in itertools.product(("i4", "u4", "e3", "i8"), ref.ROUNDINGS):
        signed = ref.FORMATS[fmt].signed
        for mantissas in ([0] * 6, [5] * 6, [ref.MANTISSA_MAX] * 6, [1, 0, 0, 0, 0, 0]):
            yield cases.prepare_case(
                cases.operand(rng, 2, 3, mantissas, format=fmt, scale="sawb", rounding=rounding)
            )
        for _ in range(5 * scale):
            lines, k = rng.randint(1, 3), rng.randint(3, 20)
            mantissas = [int(rng.gauss(0, 5000)) for _ in range(lines * k)]
            mantissas = [max(-32767, min(32767, m if signed else abs(m))) for m in mantissas]
            yield cases.prepare_case(
                cases.operand(
                    rng, lines, k, mantissas, format=fmt, scale="sawb", rounding=rounding
                )
            )


def prepare_luq(rng, scale):
    """M half a unit below the largest level, every format, with and without a transform."""
    for fmt, rounding in itertools.product(("e3", "i4", "u4", "u8"), ref.ROUNDINGS):
        for _ in range(4 * scale):
            yield cases.prepare_case(
                cases.operand(
                    rng, rng.randint(1, 3), rng.randint(1, 20), format=fmt, scale="luq",
                    rounding=rounding,
                )
            )


def prepare_signs(rng, scale):
    """Random signs with every block rule: the draws' roles of the three GEMMs, and others."""
    for rule, role in itertools.product(ref.BLOCK_RULES, (8, 9, 10, 255)):
        for _ in range(3 * scale):
            yield cases.prepare_case(
                cases.operand(
                    rng, rng.randint(1, 3), rng.randint(1, 40), format=rng.choice(cases.SIGNED),
                    block_rule=rule, block=0 if rule == "none" else rng.choice((1, 4, 32)),
                    sign_role=role,
                )
            )
    # More elements than a chunk of the kernel has.
    yield cases.prepare_case(
        cases.operand(
            rng, 2, 1100, format="i4", block_rule="pad", block=32, sign_role=8,
            rounding="stochastic",
        )
    )


def gemm_policy(policy):
    def topic(rng, scale):
        for bits in range(ref.MIN_BITS, ref.MAX_BITS + 1):
            for _ in range(2 * scale):
                yield cases.gemm(rng, policy=policy, bits=bits)
        for tile in cases.EDGE_TILES:
            yield cases.gemm(rng, policy=policy, tile=tile, k=33, m=2, n=2)
        # Sums that run into each limit, from both sides, on narrow and on wide registers.
        for bits, tile in itertools.product((4, 7, 8, 12, 15), (0, 7)):
            for a_codes, b_codes in (
                (cases.largest_code, cases.largest_code),
                (cases.largest_code, cases.smallest_code),
            ):
                yield cases.gemm(
                    rng, m=1, n=2, k=29, a_codes=a_codes, b_codes=b_codes, policy=policy, bits=bits,
                    tile=tile, a_format=rng.choice(("i4", "u4", "e3", "i8")), b_format="i4",
                )

    topic.__doc__ = f"Policy `{policy}`: every P, edge tiles, sums that run into the limits."
    return topic


def gemm_edges(rng, scale):
    """Sums that reach a register's largest and smallest number exactly, pass it by one, return."""
    half = 2**7
    products = (
        [half - 1],
        [half],
        [-half],
        [-half - 1],
        [half - 1, 1, -1],
        [-half, -1, 1],
        [half - 1, 1, 1 - half, -half],
        [100, 100, -100],
        [half - 1, half - 1, 1, 1, 1, -1],
        [-half, -half, -1, 1, -half],
    )
    for policy, steps, tile in itertools.product(ref.POLICIES, products, (0, 1, 2)):
        yield {
            "kind": "gemm",
            "a_format": "u8",
            "b_format": "i2",
            "m": 1,
            "n": 1,
            "k": len(steps),
            "block": 1,
            "a": [abs(step) for step in steps],
            "b": [(step > 0) - (step < 0) for step in steps],
            "a_scale": ref.ONE._asdict(),
            "b_scale": ref.ONE._asdict(),
            "policy": policy,
            "bits": 8,
            "tile": tile,
            "outer_bits": 9,
        }


def gemm_outer(rng, scale):
    """Outer accumulators that are limited, up to 32 bits, and leave the limit again."""
    for policy, outer_bits in itertools.product(ref.POLICIES, (8, 9, 10, 12)):
        for a_codes, b_codes in itertools.product(
            (cases.largest_code, cases.smallest_code, None), (cases.largest_code, None)
        ):
            yield cases.gemm(
                rng, m=2, n=1, k=33, a_codes=a_codes, b_codes=b_codes, policy=policy, bits=8,
                tile=rng.choice((1, 3, 8)), outer_bits=outer_bits, a_format="i4", b_format="i4",
            )
    # 24 bits: tiles of 256 largest products almost fill the register, the second limits the outer.
    for sign, tile in itertools.product((cases.largest_code, cases.smallest_code), (256, 0)):
        yield cases.gemm(
            rng, m=1, n=1, k=700, a_codes=cases.largest_code, b_codes=sign, policy="saturate",
            bits=24, tile=tile, outer_bits=24, a_format="u8", b_format="i8",
        )


def job_combinations(rng, scale):
    """Every rounding, scale rule, policy and block rule together; P and tile go round."""
    bits = itertools.cycle(range(ref.MIN_BITS, ref.MAX_BITS + 1))
    tiles = itertools.cycle(cases.EDGE_TILES)
    for rounding, rule, policy, block_rule in itertools.product(
        ref.ROUNDINGS, ref.SCALE_RULES, ref.POLICIES, ref.BLOCK_RULES
    ):
        fields = {"rounding": rounding, "scale": rule}
        sums = {"policy": policy, "bits": next(bits), "tile": next(tiles)}
        yield accepted_job(rng, None, fields, fields, block_rule, **sums)


def job_shapes(rng, scale):
    """Ragged sizes, single elements, M = 0, K' > K with tiles that end inside the padding."""
    for k, tile in itertools.product((1, 5, 13, 33), (0, 1, 7, 32)):
        yield accepted_job(rng, k, block_rule="pad", tile=tile)
    for _ in range(12 * scale):
        case = accepted_job(rng)
        side = case[rng.choice("ab")]
        side["mantissas"] = [0] * len(side["mantissas"])
        yield case
    for _ in range(30 * scale):
        yield accepted_job(rng)


def job_ahead(rng, scale):
    """Jobs with one operand by a scale rule of section 9."""
    for rule, policy, rounding in itertools.product(
        ref.AHEAD_SCALE_RULES, ref.POLICIES, ref.ROUNDINGS
    ):
        yield accepted_job(rng, None, {"scale": rule, "rounding": rounding}, policy=policy)


def job_luq(rng, scale):
    """The three GEMMs of LUQ: `sawb` times `sawb` forward, `e3` times forward codes backward."""
    def side(fmt, rule, rounding, k):
        signed = ref.FORMATS[fmt].signed
        lines = rng.randint(2, 5)
        mantissas = [int(rng.gauss(0, 6000)) for _ in range(lines * k)]
        mantissas = [max(-32767, min(32767, m if signed else abs(m))) for m in mantissas]
        return cases.operand(
            rng, lines, k, mantissas, format=fmt, scale=rule, rounding=rounding,
            block_rule="none", block=0, input_scale=ref.Scale(1, 1, -20)._asdict(),
        )

    for _ in range(6 * scale):
        for a_format, b_format in (("i4", "i4"), ("u4", "i4"), ("e3", "i4"), ("e3", "u4")):
            k = rng.randint(2, 40)
            a_rule = rng.choice(("max", "luq", "pow2")) if a_format == "e3" else "sawb"
            rounding = "stochastic" if a_format == "e3" else "nearest"
            yield {
                "kind": "job",
                "a": side(a_format, a_rule, rounding, k),
                "b": side(b_format, "sawb", "nearest", k),
                **cases.random_accumulator(rng, bits=rng.choice((12, 16))),
            }


def rescale(rng, scale):
    """Ties, both limits of int32, zeros, the carry into a 16th bit."""
    for values in (
        [70000, -1],
        [0, 0],
        [ref.INT32_MIN, ref.INT32_MAX, 1],
        [ref.INT32_MAX],
        [32767, -32767],
        [32768, 1, 2, 3, -1, -3],
        [65535, -65535, 65533],
        [65536, 2, 6, -2, -6, 10],
    ):
        yield {"kind": "rescale", "values": values, "scale": cases.random_scale(rng)}
    for _ in range(40 * scale):
        top = 2 ** rng.randint(1, 31) - 1
        values = [rng.randint(-top, top) for _ in range(rng.randint(1, 9))]
        yield {"kind": "rescale", "values": values, "scale": cases.random_scale(rng)}


def nibble(rng, scale):
    """i8 products at their limits, ragged tiles, every P."""
    for bits in range(ref.MIN_BITS, ref.MAX_BITS + 1):
        for top in (3, 15, 127):
            k = rng.choice((1, 7, 16, 33))
            a, b = ([rng.randint(-top, top) for _ in range(k)] for _ in "ab")
            tile = rng.choice(cases.EDGE_TILES)
            yield {"kind": "nibble", "bits": bits, "tile": tile, "a": a, "b": b}
    for a, b in itertools.product((127, -127, -16, -1, 16, 15), repeat=2):
        yield {"kind": "nibble", "bits": 24, "tile": 3, "a": [a] * 5, "b": [b] * 5}


TOPICS = {
    "draw": ("RND-5", draw),
    "wht": ("WHT-3", wht),
    "wide": ("WIDE-2", wide),
    "to_float": ("SCL-4", to_float),
    "prepare_formats": ("PRE-3", prepare_formats),
    "prepare_ties": ("PRE-4", prepare_ties),
    "prepare_thresholds": ("PRE-4", prepare_thresholds),
    "prepare_limits": ("PRE-2", prepare_limits),
    "prepare_transform": ("PRE-1", prepare_transform),
    "prepare_index": ("RND-6", prepare_index),
    "prepare_scales": ("SCL-2", prepare_scales),
    "prepare_hindsight": ("HND-1", prepare_hindsight),
    "prepare_sawb": ("SAWB-1", prepare_sawb),
    "prepare_luq": ("PRE-3", prepare_luq),
    "prepare_signs": ("WHT-5", prepare_signs),
    "gemm_saturate": ("ACC-2", gemm_policy("saturate")),
    "gemm_wrap": ("ACC-3", gemm_policy("wrap")),
    "gemm_clamp": ("ACC-4", gemm_policy("clamp")),
    "gemm_edges": ("ACC-5", gemm_edges),
    "gemm_outer": ("ACC-6", gemm_outer),
    "job_combinations": ("GEMM-1", job_combinations),
    "job_shapes": ("GEMM-2", job_shapes),
    "job_ahead": ("HND-1", job_ahead),
    "job_luq": ("SAWB-1", job_luq),
    "rescale": ("RSC-1", rescale),
    "nibble": ("I8-1", nibble),
}


def make(topic, seed, scale):
    """(rule id, complete cases) of a topic."""
    rule, inputs_of = TOPICS[topic]
    inputs = inputs_of(cases.seeded(seed, topic), scale)
    return rule, [{**case, "expected": vector_file.expected(case)} for case in inputs]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=int, default=1, help="repeats of the random cases")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for topic in TOPICS:
        rule, complete = make(topic, arguments.seed, arguments.scale)
        vector_file.write(arguments.folder / f"{topic}.json", rule, complete)
        total += len(complete)
    print(f"seed {arguments.seed}: {total} cases in {len(TOPICS)} files")


if __name__ == "__main__":
    main()
