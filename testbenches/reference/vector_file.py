"""Vector files of docs/numerics.md, section 10: reading, writing, and what each kind expects."""

import json
from pathlib import Path

import numpy as np

import reference as ref

EXACT_IN_JSON = 2**53  # integers beyond are written as decimal strings


def to_json(x):
    """Plain Python objects, integers beyond 2^53 as decimal strings."""
    if isinstance(x, dict):
        return {key: to_json(item) for key, item in x.items()}
    if isinstance(x, (list, tuple, np.ndarray)):
        return [to_json(item) for item in x]
    if isinstance(x, (int, np.integer)) and not isinstance(x, bool):
        return int(x) if abs(int(x)) <= EXACT_IN_JSON else str(int(x))
    return x


def from_json(x):
    """The inverse of to_json: strings that are decimal integers become integers."""
    if isinstance(x, dict):
        return {key: from_json(item) for key, item in x.items()}
    if isinstance(x, list):
        return [from_json(item) for item in x]
    if isinstance(x, str) and x.lstrip("-").isdigit():
        return int(x)
    return x


def write(path, rule, cases, made_by="numpy"):
    """One case per line, keys sorted: the same cases give the same bytes."""
    head = f'{{\n"made_by": {json.dumps(made_by)},\n"rule": {json.dumps(rule)},\n"cases": [\n'
    lines = (json.dumps(to_json(case), sort_keys=True, separators=(",", ":")) for case in cases)
    Path(path).write_text(head + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def read_cases(path):
    """The list of cases of a file."""
    document = from_json(json.loads(Path(path).read_text(encoding="utf-8")))
    return document["cases"]


def scale_in(fields):
    return ref.Scale(fields["num"], fields["den"], fields["exponent"])


def scale_out(scale):
    return scale._asdict()


def flat(matrix):
    return [int(x) for x in np.asarray(matrix).ravel()]


# --- One function per kind: the expected fields of a case from its inputs -------------------------


def expect_draw(case):
    f = ref.mix(ref.round_keys(*(case[field] for field in ref.CONTEXT_FIELDS)), case["index"])
    return {"word": flat(f), "draw": flat(ref.draw(f, case["random_bits"]))}


def expect_wht(case):
    k = case["k"]
    block, k_padded = ref.transform_block(case["rule"], case["block"], k)
    line = np.array([case["line"]], dtype=np.int64).reshape(1, k)
    out = ref.transform(np.pad(line, ((0, 0), (0, k_padded - k))), block)
    return {"block": block, "k_padded": k_padded, "out": flat(out)}


def expect_wide(case):
    mantissas, scale = ref.wide_from_float32(case["x_bits"])
    return {"mantissas": mantissas, "exponent": scale.exponent}


def prepared(case):
    mantissas = np.array(case["mantissas"], dtype=np.int64).reshape(case["lines"], case["k"])
    return ref.prepare(
        mantissas, scale_in(case["scale"]), case["recipe"], case.get("max_given")
    )


def prepared_fields(operand):
    return {
        "block": operand.block,
        "k_padded": operand.k_padded,
        "codes": flat(operand.codes),
        "scale": scale_out(operand.scale),
        "max_magnitude": operand.max_magnitude,
        "counters": operand.counters,
    }


def expect_prepare(case):
    return prepared_fields(prepared(case))


def gemm_fields(values, scale, counters):
    return {"values": flat(values), "scale": scale_out(scale), "counters": counters}


def accumulator(case):
    return [case[field] for field in ("policy", "bits", "tile", "outer_bits")]


def expect_gemm(case):
    k = case["k"]
    a = np.array(case["a"], dtype=np.int64).reshape(case["m"], k)
    b = np.array(case["b"], dtype=np.int64).reshape(case["n"], k)
    values, counters = ref.gemm(case["a_format"], a, case["b_format"], b, *accumulator(case))
    scale = ref.gemm_scale(scale_in(case["a_scale"]), scale_in(case["b_scale"]), case["block"])
    return gemm_fields(values, scale, counters)


def expect_job(case):
    a, b = prepared(case["a"]), prepared(case["b"])
    ref.require(  # [GEMM-3]
        (case["a"]["k"], a.k_padded, a.block) == (case["b"]["k"], b.k_padded, b.block),
        "The operands have different K, K' or block.",
    )
    values, counters = ref.gemm(
        case["a"]["recipe"]["format"],
        a.codes,
        case["b"]["recipe"]["format"],
        b.codes,
        *accumulator(case),
    )
    result = gemm_fields(values, ref.gemm_scale(a.scale, b.scale, a.block), counters)
    return {"a": prepared_fields(a), "b": prepared_fields(b), **result}


def expect_to_float(case):
    scale = ref.make_scale(*scale_in(case))
    return {
        "scale_bits": ref.scale_to_float32(scale),
        "value_bits": [ref.element_to_float32(c, scale) for c in case["value"]],
    }


def expect_rescale(case):
    mantissas, scale = ref.rescale(case["values"], scale_in(case["scale"]))
    return {"mantissas": mantissas, "scale": scale_out(scale)}


def expect_nibble(case):
    return {"partials": ref.nibble_partials(case["a"], case["b"], case["bits"], case["tile"])}


EXPECT = {
    "draw": expect_draw,
    "wht": expect_wht,
    "wide": expect_wide,
    "prepare": expect_prepare,
    "gemm": expect_gemm,
    "job": expect_job,
    "to_float": expect_to_float,
    "rescale": expect_rescale,
    "nibble": expect_nibble,
}


def expected(case):
    """The expected fields of a case, computed by the reference from its inputs."""
    ref.require_one_of("The kind", case.get("kind"), tuple(EXPECT))
    return EXPECT[case["kind"]](case)
