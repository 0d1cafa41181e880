"""Reference of the numeric contract, docs/numerics.md, sections 1 to 9.

Written from that text alone: it shares no code, no table and no derivation with the C++ cells or
with the Verilog cells, so an agreement between them means something. Every function names the
rules it states; where the text gives one way to compute, this file follows it literally and
leaves speed to others.

Exactness: arrays of int64 where every intermediate has a bound below 2^63 (stated at the place),
Python integers (alone or in arrays of dtype object) everywhere else. No floating point is used:
float32 numbers come and go as bit patterns.

NumPy 1.24 or later, Python 3.9 or later.
"""

from math import gcd, isqrt
from typing import NamedTuple, Tuple

import numpy as np

# The contract's limits.
MANTISSA_MAX = 32767  # [WIDE-1]
SCALE_BITS = 63  # [SCL-1]
MIN_BITS, MAX_BITS = 4, 24  # P, [ACC-1]
MAX_OUTER_BITS = 32  # o, [ACC-6]
MAX_BLOCK = 1024  # of a prepared operand, [WHT-2]
MAX_RANDOM_BITS = 16  # r, [RND-5]
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

BLOCK_RULES = ("none", "paper", "pad")  # [WHT-3]
SCALE_RULES = ("max", "clip", "pow2")  # [PRE-3]
AHEAD_SCALE_RULES = ("hindsight", "sawb", "luq")  # [PRE-3] with section 9
ROUNDINGS = ("nearest", "stochastic")  # [PRE-4]
POLICIES = ("saturate", "wrap", "clamp")  # [ACC-2..4]
COUNTER_MODES = ("full", "sticky", "none")  # [CNT-2]


class Refused(ValueError):
    """The contract refuses these arguments; the text is a sentence that says why."""


def require(condition, sentence):
    if not condition:
        raise Refused(sentence)


def require_one_of(what, name, allowed):
    require(name in allowed, f"{what} is '{name}'; allowed: {', '.join(allowed)}.")


def require_range(what, value, low, high):
    require(low <= value <= high, f"{what} is {value}; allowed: {low} to {high}.")


def limit(x, low, high):
    """limit(x, lo, hi) = min(max(x, lo), hi); a number or an array."""
    if isinstance(x, np.ndarray):
        return np.minimum(np.maximum(x, low), high)
    return min(max(x, low), high)


def is_power_of_two(x):
    return x > 0 and x & (x - 1) == 0


def round_half_even(num, den):
    """RNE(num / den) of integers, den > 0: nearest, ties to even. [WIDE-2], [RSC-1]"""
    quotient, rest = divmod(abs(num), den)
    if 2 * rest > den or (2 * rest == den and quotient % 2 == 1):
        quotient += 1
    return -quotient if num < 0 else quotient


def floor_log2(num, den):
    """floor(log2(num / den)) of positive integers."""
    e = num.bit_length() - den.bit_length()  # the answer or one too many
    return e if num << max(0, -e) >= den << max(0, e) else e - 1


# --- 1. Formats ---------------------------------------------------------------------------------


class Format(NamedTuple):
    """One row of the table. [FMT-2]"""

    name: str
    bits: int
    signed: bool
    magnitudes: Tuple[int, ...]
    exponent: int

    @property
    def largest(self):
        """Q of [FMT-2]."""
        return self.magnitudes[-1]

    @property
    def uniform(self):
        """[FMT-2]"""
        return all(i == magnitude for i, magnitude in enumerate(self.magnitudes))


def _format_table():
    rows = [Format(f"i{b}", b, True, tuple(range(2 ** (b - 1))), 0) for b in range(2, 9)]
    rows += [Format(f"u{b}", b, False, tuple(range(2**b)), 0) for b in range(2, 9)]
    rows += [Format("e3", 4, True, (0, 1, 2, 4, 8, 16, 32, 64), 0)]
    return {row.name: row for row in rows}


FORMATS = _format_table()  # in the order of the row numbers


def format_named(name):
    require_one_of("The format", name, tuple(FORMATS))
    return FORMATS[name]


def check_codes(fmt, codes):
    """Codes of a format: the magnitude is an index into the list, unsigned are >= 0. [FMT-1]"""
    codes = np.asarray(codes, dtype=np.int64)
    last = len(fmt.magnitudes) - 1
    low = -last if fmt.signed else 0
    require(
        bool(np.all((codes >= low) & (codes <= last))),
        f"A code of format {fmt.name} is outside {low} to {last}.",
    )
    return codes


def value_of(fmt, codes):
    """value(code) = sign * magnitudes[|code|]. [FMT-1]"""
    codes = check_codes(fmt, codes)
    return np.sign(codes) * np.array(fmt.magnitudes, dtype=np.int64)[np.abs(codes)]


# --- 2. Scales ----------------------------------------------------------------------------------


class Scale(NamedTuple):
    """num / den * 2^exponent in the form of [SCL-1]."""

    num: int
    den: int
    exponent: int


ONE = Scale(1, 1, 0)


def make_scale(num, den, exponent):
    """Brings num / den * 2^exponent into form. [SCL-1]; refusal of [SCL-2]"""
    require(num > 0 and den > 0, f"A scale has positive parts; got {num}/{den}.")
    common = gcd(num, den)
    num, den = num // common, den // common
    while num % 2 == 0:
        num, exponent = num // 2, exponent + 1
    while den % 2 == 0:
        den, exponent = den // 2, exponent - 1
    require(
        max(num, den).bit_length() <= SCALE_BITS,
        f"The scale {num}/{den}*2^{exponent} has a part of 64 bits or more.",
    )
    return Scale(num, den, exponent)


def multiply(a, b):
    """Exact product, then into form. [SCL-2]"""
    return make_scale(a.num * b.num, a.den * b.den, a.exponent + b.exponent)


FLOAT32_INFINITY = 0x7F800000
FLOAT32_NAN = 0x7FC00000


def float32_from_ratio(num, den):
    """Bits of float32(num / den), num >= 0, den > 0: one rounding, nearest, ties to even, with
    subnormals and infinity. [SCL-3]"""
    if num == 0:
        return 0
    # The result is m * 2^unit with m of 24 bits, or fewer at the smallest unit.
    unit = max(floor_log2(num, den) - 23, -149)
    m = round_half_even(num << max(0, -unit), den << max(0, unit))
    # A normal m has its leading one at bit 23, where it adds one to the exponent field.
    return min(((unit + 149) << 23) + m, FLOAT32_INFINITY)


def float32_to_ratio(bits):
    """(numerator, power): |x| = numerator * 2^power of finite float32 bits, sign bit ignored."""
    field, fraction = (bits >> 23) & 0xFF, bits & 0x7FFFFF
    require(field != 0xFF, "The element is NaN or infinity.")
    return (fraction, -149) if field == 0 else (fraction + 2**23, field - 150)


def scale_to_float32(scale):
    """Bits of float32(num * 2^exponent / den). [SCL-3]"""
    return float32_from_ratio(
        scale.num << max(0, scale.exponent), scale.den << max(0, -scale.exponent)
    )


def element_to_float32(c, scale):
    """Bits of fl(fl(c) * s). A product that is zero keeps the sign of c; 0 * infinity is the
    quiet NaN 0x7FC00000. [SCL-4]"""
    require_range("The result element", c, INT32_MIN, INT32_MAX)
    s = scale_to_float32(scale)
    if s == FLOAT32_INFINITY:
        magnitude = FLOAT32_INFINITY if c != 0 else FLOAT32_NAN
    else:
        c_num, c_power = float32_to_ratio(float32_from_ratio(abs(c), 1))
        s_num, s_power = float32_to_ratio(s)
        power = c_power + s_power
        magnitude = float32_from_ratio(c_num * s_num << max(0, power), 1 << max(0, -power))
    return magnitude | (0x80000000 if c < 0 else 0)


# --- 3. Wide tensors ----------------------------------------------------------------------------


def wide_from_float32(x_bits):
    """(mantissas, scale) of float32 bit patterns. [WIDE-1], [WIDE-2]"""
    elements = [(bits >> 31, *float32_to_ratio(bits)) for bits in x_bits]
    nonzero = [(num, power) for _, num, power in elements if num != 0]
    if not nonzero:
        return [0] * len(elements), ONE
    e = max(num.bit_length() - 1 + power for num, power in nonzero) - 14
    mantissas = []
    for negative, num, power in elements:
        shift = power - e
        magnitude = round_half_even(num << max(0, shift), 1 << max(0, -shift))
        mantissas.append(limit(-magnitude if negative else magnitude, -MANTISSA_MAX, MANTISSA_MAX))
    return mantissas, Scale(1, 1, e)


# --- 4. Walsh-Hadamard transform ----------------------------------------------------------------


def hadamard(size):
    """S(size) in natural order, entries +1 and -1. [WHT-1]"""
    matrix = np.ones((1, 1), dtype=np.int64)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def transform_block(rule, block, k):
    """(B, K') for lines of K elements. [WHT-3]"""
    require_one_of("The block rule", rule, BLOCK_RULES)
    require(k >= 1, f"K is {k}; allowed: 1 or more.")
    if rule == "none":
        return 1, k
    require(
        is_power_of_two(block) or (rule == "paper" and block == 0),
        f"The block is {block}; allowed: powers of two, and 0 (no bound) with the rule paper.",
    )
    if rule == "paper":
        divisor = k & -k
        return (divisor if block == 0 else min(block, divisor)), k
    covering = 1 << (k - 1).bit_length()  # smallest power of two >= K
    size = min(block, covering)
    return size, -(-k // size) * size


def transform(lines, size):
    """Each block of `size` coefficients of each line times S(size), as butterflies. [WHT-2]"""
    v = np.array(lines, dtype=np.int64)
    rows, k = v.shape
    d = 1
    while d < size:
        v = v.reshape(rows, k // (2 * d), 2, d)
        a, b = v[:, :, 0, :], v[:, :, 1, :]
        v = np.stack([a + b, a - b], axis=2)
        d *= 2
    return v.reshape(rows, k)


# --- 5. Preparation -----------------------------------------------------------------------------


class Prepared(NamedTuple):
    """A prepared operand. [PRE-1]"""

    block: int  # B
    k_padded: int  # K'
    codes: np.ndarray  # int64, lines x K'
    scale: Scale
    max_magnitude: int  # M
    counters: dict  # [CNT-1]


def pow2_exponent(m, q):
    """The least integer e with M <= Q * 2^e, M >= 1. [PRE-3]"""
    e = -q.bit_length()  # too small for every M >= 1
    while m << max(0, -e) > q << max(0, e):
        e += 1
    return e


def quantiser(rule, fmt, v, m, max_given):
    """(n, d) of x = N / D, N = |v| * n, D = d; None when all codes are 0. [PRE-2], [PRE-3]"""
    q = fmt.largest
    if m == 0 or (rule == "hindsight" and max_given == 0):
        return None
    if rule == "clip":
        return 40 * q, 39 * m
    if rule == "pow2":
        e = pow2_exponent(m, q)
        return 2 ** max(0, -e), 2 ** max(0, e)
    if rule == "hindsight":  # [HND-1]
        return q, max_given
    if rule == "sawb":
        t = sawb_clip(v)
        if t > 0:
            h = max(0, t.bit_length() - 16)
            e = h - 8 if fmt.signed else h - 7
            return q * 2 ** max(0, -e), (t >> h) * 2 ** max(0, e)
    if rule == "luq":
        return 2 * q - 1, 2 * m
    return q, m  # `max`, and `sawb` without a positive clip


def sawb_clip(v):
    """T of [SAWB-1]: the clip of the coefficients v in units of 2^-8, cut off; 0 or less: none."""
    magnitudes = [abs(int(x)) for x in v.ravel()]
    n = len(magnitudes)
    s1, s2 = sum(magnitudes), sum(x * x for x in magnitudes)
    a = isqrt(s2 * n * 2**16)
    return (121 * a - 122 * s1 * 2**8) // (10 * n)


def rounds_up(rounding, random_bits, num, den, odd, draw):
    """Whether num / den, 0 <= num < den, rounds up to 1; `odd`: the lower neighbour is odd.
    [PRE-4]: num = rem. [PRE-5]: num / den = (x - g) / (h - g)."""
    if rounding == "nearest":
        return 2 * num > den or (2 * num == den and odd)
    return draw < 2**random_bits * num // den


def quantise(fmt, rounding, random_bits, num, den, draw):
    """(index, up) of one magnitude x = num / den. [PRE-4] for uniform formats, else [PRE-5]"""
    if num >= fmt.largest * den:
        return len(fmt.magnitudes) - 1, False
    if fmt.uniform:
        q, rest = divmod(num, den)
        up = rounds_up(rounding, random_bits, rest, den, q % 2 == 1, draw)
        return q + up, up
    i = max(j for j, magnitude in enumerate(fmt.magnitudes) if magnitude * den <= num)
    g, h = fmt.magnitudes[i], fmt.magnitudes[i + 1]
    up = rounds_up(rounding, random_bits, num - g * den, (h - g) * den, i % 2 == 1, draw)
    return i + up, up


def prepare(mantissas, scale, recipe, max_given=None):
    """Transform, quantise and round a wide matrix (lines x K). [PRE-1..6], [CNT-1]

    `recipe` has the names of section 10: format, block_rule, block, scale, rounding, random_bits,
    seed, step, layer, role, repetition, index0, stride_line, stride_k, sign_role (0 if it is not
    there). `max_given` is M_given of
    the rule `hindsight`.
    """
    mantissas = np.asarray(mantissas, dtype=np.int64)
    require(mantissas.ndim == 2 and mantissas.size > 0, "A wide matrix has lines >= 1, K >= 1.")
    require(
        bool(np.all(np.abs(mantissas) <= MANTISSA_MAX)),
        f"A mantissa is outside {-MANTISSA_MAX} to {MANTISSA_MAX}.",
    )
    scale = make_scale(*scale)
    fmt = format_named(recipe["format"])
    rule, rounding = recipe["scale"], recipe["rounding"]
    require_one_of("The scale rule", rule, SCALE_RULES + AHEAD_SCALE_RULES)
    require_one_of("The rounding", rounding, ROUNDINGS)
    require_range("random_bits", recipe["random_bits"], 1, MAX_RANDOM_BITS)
    require(
        (max_given is not None) == (rule == "hindsight") and (max_given or 0) >= 0,
        "max_given is given with the rule hindsight and only with it; it is 0 or more.",
    )

    lines, k = mantissas.shape
    size, k_padded = transform_block(recipe["block_rule"], recipe["block"], k)
    require(size <= MAX_BLOCK, f"The transform's block {size} exceeds {MAX_BLOCK}.")  # [WHT-2]
    if not fmt.signed:  # [FMT-3]
        require(size == 1, f"The unsigned format {fmt.name} cannot hold transformed values.")
        require(
            recipe.get("sign_role", 0) == 0,
            f"The unsigned format {fmt.name} cannot hold values with random signs.",
        )
        require(bool(np.all(mantissas >= 0)), f"A negative mantissa in format {fmt.name}.")
    mantissas = mantissas * random_signs(recipe, k)
    v = transform(np.pad(mantissas, ((0, 0), (0, k_padded - k))), size)
    m = int(np.max(np.abs(v)))

    step = quantiser(rule, fmt, v, m, max_given)
    codes = np.zeros((lines, k_padded), dtype=np.int64)
    rounded_up = 0
    if step is not None:
        n, d = step
        scale = multiply(scale, make_scale(d, n, -fmt.exponent))
        draws = np.zeros((lines, k_padded), dtype=np.int64)
        if rounding == "stochastic":
            draws = draw(
                mix(
                    round_keys(*(recipe[f] for f in CONTEXT_FIELDS)),
                    element_indices(recipe, lines, k_padded),
                ),
                recipe["random_bits"],
            )
        for at in np.ndindex(lines, k_padded):
            x = int(v[at])
            index, up = quantise(
                fmt, rounding, recipe["random_bits"], abs(x) * n, d, int(draws[at])
            )
            codes[at] = -index if x < 0 else index
            rounded_up += up and rounding == "stochastic"
    counters = {
        "codes_at_limit": int(np.sum(np.abs(codes) == len(fmt.magnitudes) - 1)),
        "rounded_up": int(rounded_up),
        "zero_codes": int(np.sum(codes == 0)),
    }
    return Prepared(size, k_padded, codes, scale, m, counters)


# --- 6. Random numbers --------------------------------------------------------------------------

CONTEXT_FIELDS = ("seed", "step", "layer", "role", "repetition")


def rotate_left(x, places, w):
    """rol of w-bit words; ror by n is rol by w - n."""
    return ((x << places) | (x >> (w - places))) & (2**w - 1)


def mixing_round(x, y, key, w):
    """One round on two w-bit words, integers or int64 arrays (below 2^41). [RND-2]"""
    alpha, beta = {32: (8, 3), 16: (7, 2)}[w]
    x = ((rotate_left(x, w - alpha, w) + y) & (2**w - 1)) ^ key
    y = rotate_left(y, beta, w) ^ x
    return x, y


def round_keys(seed, step, layer, role, repetition):
    """The ten round keys of 16 bits of a context. [RND-1], [RND-3]"""
    for name, value, bits in (
        ("seed", seed, 32),
        ("step", step, 32),
        ("layer", layer, 16),
        ("role", role, 8),
        ("repetition", repetition, 8),
    ):
        require_range(name, value, 0, 2**bits - 1)
    words = (seed, step, layer * 2**16 + role * 2**8 + repetition)
    x, y = 0x53594C56, 0x45535445
    keys = []
    for j in range(34):
        if j in (0, 8, 16):
            x ^= words[j // 8]
        x, y = mixing_round(x, y, j, 32)
        if j >= 24:
            keys.append(x >> 16)
    return keys


def mix(keys, indices):
    """f of 32-bit element indices, an int64 array of the same shape. [RND-4]"""
    indices = np.asarray(indices, dtype=np.int64)
    require(bool(np.all((indices >= 0) & (indices < 2**32))), "An index has more than 32 bits.")
    x, y = indices >> 16, indices & 0xFFFF
    for key in keys:
        x, y = mixing_round(x, y, key, 16)
    return (x << 16) + y


def draw(f, random_bits):
    """R = f >> (32 - r). [RND-5]"""
    require_range("random_bits", random_bits, 1, MAX_RANDOM_BITS)
    return f >> (32 - random_bits)


def random_signs(recipe, k):
    """s(0 ... k-1), all 1 without a sign_role. [WHT-5]"""
    role = recipe.get("sign_role", 0)
    if role == 0:
        return np.ones(k, dtype=np.int64)
    keys = round_keys(recipe["seed"], recipe["step"], recipe["layer"], role, 0)
    return 1 - 2 * draw(mix(keys, np.arange(k)), 1)


def element_indices(recipe, lines, k_padded):
    """(lines x K') indices, modulo 2^32. [RND-6]"""
    for name in ("index0", "stride_line", "stride_k"):
        require_range(name, recipe[name], 0, 2**32 - 1)
    rows = [
        [
            (recipe["index0"] + line * recipe["stride_line"] + k * recipe["stride_k"]) % 2**32
            for k in range(k_padded)
        ]
        for line in range(lines)
    ]
    return np.array(rows, dtype=np.int64)


# --- 7. Accumulation ----------------------------------------------------------------------------


def tiles_of(k, tile):
    """The ranges of k of one output element's tiles, T = 0: one of K'. [ACC-1]"""
    require(tile >= 0, f"The tile is {tile}; allowed: 0 or more.")
    length = tile or k
    return [range(start, min(start + length, k)) for start in range(0, k, length)]


def register_after(policy, bits, exact):
    """The register after a MAC whose exact sum is given. [ACC-2], [ACC-3], [ACC-4]"""
    half = 2 ** (bits - 1)
    if policy == "saturate":
        return limit(exact, -half, half - 1)
    if policy == "wrap":
        return (exact + half) % (2 * half) - half
    return exact


def leave_tile(policy, bits, register):
    """The partial sum that leaves a tile. [ACC-5]"""
    largest = 2 ** (bits - 1) - 1
    return limit(register, -largest, largest) if policy == "clamp" else register


def add_outer(outer_bits, outer, partial):
    """(new outer, whether limited). [ACC-6]"""
    exact = outer + partial
    result = limit(exact, -(2 ** (outer_bits - 1)), 2 ** (outer_bits - 1) - 1)
    return result, result != exact


def accumulate(a_values, b_values, policy, bits, tile, outer_bits):
    """(C, counters) of values A (m x K') and B (n x K'). [GEMM-1], [ACC-1..6], [CNT-1]

    int64 holds everything: a product has at most 16 bits (u8 by u8) plus sign, K' below 2^40.
    """
    require_one_of("The policy", policy, POLICIES)
    require_range("The accumulator's P", bits, MIN_BITS, MAX_BITS)
    require_range("The outer accumulator's o", outer_bits, bits, MAX_OUTER_BITS)
    a, b = np.asarray(a_values, dtype=np.int64), np.asarray(b_values, dtype=np.int64)
    require(a.shape[1] == b.shape[1], "The operands have different K'.")  # [GEMM-3]
    outer = np.zeros((len(a), len(b)), dtype=np.int64)
    macs = tiles = outers = 0
    for ks in tiles_of(a.shape[1], tile):
        register = np.zeros_like(outer)
        tile_limited = np.zeros(outer.shape, dtype=bool)
        for k in ks:
            exact = register + np.outer(a[:, k], b[:, k])
            register = register_after(policy, bits, exact)
            mac_limited = register != exact
            macs += int(np.sum(mac_limited))
            tile_limited |= mac_limited
        partial = leave_tile(policy, bits, register)
        tile_limited |= partial != register
        tiles += int(np.sum(tile_limited))
        outer, outer_limited = add_outer(outer_bits, outer, partial)
        outers += int(np.sum(outer_limited))
    return outer, {"mac_limited": macs, "tile_limited": tiles, "outer_limited": outers}


# --- 8. GEMM jobs -------------------------------------------------------------------------------


def gemm_scale(a_scale, b_scale, block):
    """scale(A) * scale(B) / block. [GEMM-4], [WHT-4]"""
    require(
        is_power_of_two(block) and block <= MAX_BLOCK,
        f"The block is {block}; allowed: powers of two up to {MAX_BLOCK}.",
    )
    product = multiply(make_scale(*a_scale), make_scale(*b_scale))
    return product._replace(exponent=product.exponent - (block.bit_length() - 1))


def gemm(a_format, a_codes, b_format, b_codes, policy, bits, tile, outer_bits):
    """(C, counters) of codes A (m x K') and B (n x K'). [GEMM-1]"""
    return accumulate(
        value_of(format_named(a_format), a_codes),
        value_of(format_named(b_format), b_codes),
        policy,
        bits,
        tile,
        outer_bits,
    )


def counters_in_mode(counters, mode):
    """[CNT-2]"""
    require_one_of("The counter mode", mode, COUNTER_MODES)
    most = {"full": None, "sticky": 1, "none": 0}[mode]
    return {k: n if most is None else min(n, most) for k, n in counters.items()}


# --- 9. Rules written ahead of their use --------------------------------------------------------


def e3_product(value_a, code_b):
    """value(a) * value(b), b in `e3`, as a shift. [LOG-1]"""
    if value_a == 0 or code_b == 0:
        return 0
    shifted = value_a << (abs(code_b) - 1)
    return -shifted if code_b < 0 else shifted


def nibbles(a):
    """(ah, al) of i8 codes: a = 16 * ah + al. [I8-1]"""
    return a >> 4, a % 16


def nibble_partials(a_codes, b_codes, bits, tile, policy="clamp"):
    """The partial sums of one output element's tiles, i8 by i8 in four passes. [I8-1]"""
    require_one_of("The policy", policy, POLICIES)
    require_range("The accumulator's P", bits, MIN_BITS, MAX_BITS)
    a, b = (check_codes(FORMATS["i8"], codes) for codes in (a_codes, b_codes))
    require(a.shape == b.shape and a.ndim == 1 and a.size > 0, "The operands differ in length.")
    require(
        policy == "clamp" or (tile or a.size) * 127 * 127 < 2 ** (bits - 1),
        f"{policy} on {bits} bits could be limited inside a tile of {tile or a.size}.",
    )
    partials = []
    for ks in tiles_of(a.size, tile):
        ah, al = nibbles(a[ks.start : ks.stop])
        bh, bl = nibbles(b[ks.start : ks.stop])
        high, low = np.dot(ah, bh), np.dot(al, bl)
        middle = np.dot(ah, bl) + np.dot(al, bh)
        partials.append(leave_tile("clamp", bits, int(256 * high + 16 * middle + low)))
    return partials


def rescale(values, scale):
    """(mantissas, scale) of integer results. [RSC-1]"""
    values = [int(c) for c in values]
    for c in values:
        require_range("The result element", c, INT32_MIN, INT32_MAX)
    h = max(0, max(abs(c) for c in values).bit_length() - 15)
    mantissas = [limit(round_half_even(c, 2**h), -MANTISSA_MAX, MANTISSA_MAX) for c in values]
    scale = make_scale(*scale)
    return mantissas, scale._replace(exponent=scale.exponent + h)
