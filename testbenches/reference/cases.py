"""Inputs of test cases (docs/numerics.md, section 10), random and adversarial.

Every function takes a `random.Random` and returns cases without `expected` that the contract
accepts. Random sizes are ragged and small: a difference of arithmetic shows in few elements, and a
small case is one that a person can recompute.
"""

import random

import reference as ref
import vector_file

EDGE_BITS = (4, 5, 8, 12, 16, 23, 24)
EDGE_TILES = (0, 1, 2, 3, 7, 13, 31, 32, 37)  # whole, single, primes, powers of two
PAPER_BLOCKS = (0, 1, 2, 8, 32, 1024)
PAD_BLOCKS = (1, 2, 4, 8, 32, 1024)
SIGNED = tuple(name for name, fmt in ref.FORMATS.items() if fmt.signed)


def random_context(rng):
    """The five context fields and the draw's width; every seventh field at its limit."""
    widths = {"seed": 32, "step": 32, "layer": 16, "role": 8, "repetition": 8}
    fields = {}
    for name, bits in widths.items():
        fields[name] = 2**bits - 1 if rng.random() < 1 / 7 else rng.randrange(2**bits)
    fields["role"] %= 7  # [ROLE-1]
    return {**fields, "random_bits": rng.randint(1, ref.MAX_RANDOM_BITS)}


def random_scale(rng, bits=None):
    """A scale in form; parts of up to `bits` bits."""
    bits = bits or rng.choice((1, 4, 10, 20))
    scale = ref.make_scale(rng.randrange(1, 2**bits), rng.randrange(1, 2**bits), 0)
    return {"num": scale.num, "den": scale.den, "exponent": rng.randint(-40, 10)}


def random_block_rule(rng, fmt):
    """(block_rule, block); unsigned formats are not transformed."""
    if not ref.FORMATS[fmt].signed:
        return "none", 0
    rule = rng.choice(ref.BLOCK_RULES)
    blocks = {"none": (0,), "paper": PAPER_BLOCKS, "pad": PAD_BLOCKS}[rule]
    return rule, rng.choice(blocks)


def recipe(rng, k, **fields):
    """A recipe for lines of k elements; `fields` replace random choices."""
    fmt = fields.get("format") or rng.choice(tuple(ref.FORMATS))
    rule, block = random_block_rule(rng, fmt)
    result = {
        "format": fmt,
        "block_rule": rule,
        "block": block,
        "scale": rng.choice(ref.SCALE_RULES),
        "rounding": rng.choice(ref.ROUNDINGS),
        **random_context(rng),
        "index0": rng.choice((0, rng.randrange(2**32))),
        "stride_line": k,
        "stride_k": 1,
    }
    result.update(fields)
    return result


def random_mantissas(rng, count, signed):
    """Mantissas of one of several shapes: full range, small, heavy-tailed, sparse."""
    shape = rng.choice(("full", "small", "tailed", "sparse"))
    top = rng.choice((1, 3, 7, 20, 500)) if shape == "small" else ref.MANTISSA_MAX
    result = []
    for _ in range(count):
        m = rng.randint(0, top)
        if shape == "tailed":
            m = int(min(ref.MANTISSA_MAX, rng.expovariate(1 / 2000)))
        if shape == "sparse" and rng.random() < 0.8:
            m = 0
        result.append(-m if signed and rng.random() < 0.5 else m)
    return result


def operand(rng, lines, k, mantissas=None, input_scale=None, max_given=None, **fields):
    """The inputs of one preparation; `fields` are the recipe's, `scale` its scale rule."""
    chosen = recipe(rng, k, **fields)
    signed = ref.FORMATS[chosen["format"]].signed
    if mantissas is None:
        mantissas = random_mantissas(rng, lines * k, signed)
    case = {
        "recipe": chosen,
        "lines": lines,
        "k": k,
        "mantissas": mantissas,
        "scale": input_scale or random_scale(rng),
    }
    if chosen["scale"] == "hindsight":
        given = rng.randint(1, 2 * max(map(abs, mantissas)) + 1)
        case["max_given"] = given if max_given is None else max_given
    return case


def random_accumulator(rng, **fields):
    bits = fields.get("bits") or rng.randint(ref.MIN_BITS, ref.MAX_BITS)
    result = {
        "policy": rng.choice(ref.POLICIES),
        "bits": bits,
        "tile": rng.choice(EDGE_TILES),
        "outer_bits": rng.choice((bits, min(bits + 1, 32), rng.randint(bits, 32), 32)),
    }
    result.update(fields)
    return result


def job(rng, k=None, a_fields=None, b_fields=None, block_rule=None, **accumulator):
    """A whole job: two preparations that agree on the block, and a GEMM."""
    k = k or rng.choice((1, 2, 5, 6, 8, 12, 13, 16, 24, 31, 33, 40, 64))
    a_format = rng.choice(tuple(ref.FORMATS))
    # [FMT-3]: a transform needs both formats signed.
    if block_rule in ("paper", "pad"):
        a_format = rng.choice(SIGNED)
    rule, block = random_block_rule(rng, a_format)
    if block_rule is not None:
        rule = block_rule
        block = rng.choice({"none": (0,), "paper": PAPER_BLOCKS, "pad": PAD_BLOCKS}[rule])
    b_format = rng.choice(tuple(ref.FORMATS) if rule == "none" else SIGNED)
    operands = {}
    for side, fmt, fields in (("a", a_format, a_fields), ("b", b_format, b_fields)):
        chosen = {"format": fmt, "block_rule": rule, "block": block, **(fields or {})}
        operands[side] = operand(
            rng, rng.randint(1, 5), k, input_scale=random_scale(rng, rng.choice((1, 1, 4, 8))),
            **chosen,
        )
    return {"kind": "job", **operands, **random_accumulator(rng, **accumulator)}


def accepted(make_case):
    """The first case of make_case() that the contract accepts: the product of two long scales may
    need 64 bits. [SCL-2]"""
    for _ in range(1000):
        case = make_case()
        try:
            vector_file.expected(case)
        except ref.Refused:
            continue
        return case
    raise AssertionError("1000 cases in a row were refused.")


def gemm(rng, m=None, n=None, k=None, a_codes=None, b_codes=None, **fields):
    """A GEMM of codes; `a_codes` and `b_codes` choose one code of a format."""
    m, n = m or rng.randint(1, 5), n or rng.randint(1, 5)
    k = k or rng.choice((1, 2, 3, 7, 16, 29, 32, 33, 48, 65))
    formats = {side: fields.pop(side, None) or rng.choice(tuple(ref.FORMATS))
               for side in ("a_format", "b_format")}

    def any_code(fmt):
        last = len(fmt.magnitudes) - 1
        return rng.randint(-last if fmt.signed else 0, last)

    a_format, b_format = (ref.FORMATS[name] for name in formats.values())
    block = rng.choice([b for b in (1, 2, 4, 8, 16, 32) if k % b == 0])
    if not (a_format.signed and b_format.signed):
        block = 1
    return {
        "kind": "gemm",
        **formats,
        "m": m,
        "n": n,
        "k": k,
        "block": block,
        "a": [(a_codes or any_code)(a_format) for _ in range(m * k)],
        "b": [(b_codes or any_code)(b_format) for _ in range(n * k)],
        "a_scale": random_scale(rng),
        "b_scale": random_scale(rng),
        **random_accumulator(rng, **fields),
    }


def largest_code(fmt):
    return len(fmt.magnitudes) - 1


def smallest_code(fmt):
    """The most negative code, of an unsigned format the largest."""
    return -largest_code(fmt) if fmt.signed else largest_code(fmt)


# --- Adversarial preparations ---------------------------------------------------------------------


def tie_operand(rng, fmt_name, rule, rounding):
    """Coefficients exactly half way between neighbouring magnitudes, and one beside each."""
    fmt = ref.FORMATS[fmt_name]
    q = fmt.largest
    # `unit` coefficients are half a step: x = v / (2 * unit).
    if rule == "clip":
        unit = 39
        top = 80 * q  # n / d = 40 Q / (39 * 80 Q) = 1 / (2 * 39)
    else:
        unit = rng.choice((1, 2, 4))
        top = 2 * q * unit
    middles = [g + h for g, h in zip(fmt.magnitudes, fmt.magnitudes[1:])]
    if len(middles) > 12:
        middles = middles[:4] + rng.sample(middles[4:-4], 4) + middles[-4:]
    mantissas = [top]
    for middle in middles:
        for v in (middle * unit - 1, middle * unit, middle * unit + 1):
            mantissas.append(min(v, top))
    if fmt.signed:
        mantissas = [rng.choice((-1, 1)) * v for v in mantissas]
    return operand(
        rng,
        1,
        len(mantissas),
        mantissas,
        format=fmt_name,
        block_rule="none",
        block=0,
        scale=rule,
        rounding=rounding,
    )


def threshold_operand(rng, fmt_name, random_bits):
    """Each coefficient's threshold equals its own draw (stays) or one more (goes up). [PRE-4]"""
    fmt = ref.FORMATS[fmt_name]
    k = 24
    fields = recipe(
        rng, k, format=fmt_name, block_rule="none", block=0, scale="max", rounding="stochastic",
        random_bits=random_bits,
    )
    keys = ref.round_keys(*(fields[name] for name in ref.CONTEXT_FIELDS))
    draws = ref.draw(ref.mix(keys, ref.element_indices(fields, 1, k)), random_bits)[0]
    step = 2**random_bits  # M = Q * 2^r makes x = v / 2^r
    mantissas = [fmt.largest * step]
    for i in range(1, k):
        v = rng.randrange(fmt.largest) * step + int(draws[i]) + i % 2
        mantissas.append(-v if fmt.signed and rng.random() < 0.5 else v)
    return {"recipe": fields, "lines": 1, "k": k, "mantissas": mantissas,
            "scale": random_scale(rng)}


def prepare_case(inputs):
    return {"kind": "prepare", **inputs}


def seeded(seed, topic):
    """One generator per topic: a new topic leaves the others' cases as they are."""
    return random.Random(f"{seed}/{topic}")
