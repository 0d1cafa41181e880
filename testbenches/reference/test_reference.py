#!/usr/bin/env python3
"""The worked examples and the refusals of docs/numerics.md, and properties of the reference.

Each test is named after the rules whose text it repeats.
"""

import tempfile
import unittest
from pathlib import Path

import numpy as np

import cases
import check_vectors
import make_vectors
import reference as ref
import vector_file


def recipe(**fields):
    result = {
        "format": "i4",
        "block_rule": "none",
        "block": 0,
        "scale": "max",
        "rounding": "nearest",
        "random_bits": 8,
        "seed": 1,
        "step": 2,
        "layer": 3,
        "role": 4,
        "repetition": 5,
        "index0": 0,
        "stride_line": 0,
        "stride_k": 1,
    }
    result.update(fields)
    return result


def prepare_line(line, **fields):
    return ref.prepare([line], ref.ONE, recipe(**fields))


def bits_of(x):
    return int(np.float32(x).view(np.uint32))


class Formats(unittest.TestCase):
    def test_fmt_1_values_of_codes(self):
        self.assertEqual(ref.value_of(ref.FORMATS["i4"], [-5, 0]).tolist(), [-5, 0])
        self.assertEqual(ref.value_of(ref.FORMATS["e3"], [-5]).tolist(), [-16])
        with self.assertRaises(ref.Refused):
            ref.value_of(ref.FORMATS["i4"], [-8])

    def test_fmt_2_rows(self):
        names = list(ref.FORMATS)
        self.assertEqual((names[0], names[6], names[7], names[13], names[14]),
                         ("i2", "i8", "u2", "u8", "e3"))
        self.assertEqual([ref.FORMATS[n].largest for n in ("i4", "u4", "e3")], [7, 15, 64])
        self.assertEqual([f.name for f in ref.FORMATS.values() if not f.uniform], ["e3"])

    def test_fmt_3_signedness(self):
        with self.assertRaisesRegex(ref.Refused, "negative mantissa"):
            prepare_line([1, -1], format="u4")
        with self.assertRaisesRegex(ref.Refused, "transformed"):
            prepare_line([1, 1], format="u4", block_rule="paper")
        prepare_line([1, 1, 1], format="u4", block_rule="paper")  # B = 1


class Scales(unittest.TestCase):
    def test_scl_2_example(self):
        product = ref.multiply(ref.make_scale(7, 15, -3), ref.make_scale(10, 21, 0))
        self.assertEqual(product, (1, 9, -2))
        with self.assertRaisesRegex(ref.Refused, "64 bits"):
            ref.multiply(ref.make_scale(2**63 - 1, 1, 0), ref.make_scale(5, 1, 0))

    def test_scl_3_scl_4_agree_with_float64_and_float32_hardware(self):
        rng = cases.seeded(1, "floats")
        for _ in range(300):
            # A quotient of 24-bit integers rounds to float64 and then to float32 as to float32.
            num, den = rng.randrange(1, 2**24), rng.randrange(1, 2**24)
            scale = ref.make_scale(num, den, rng.randint(-40, 40))
            s = np.float32(np.ldexp(np.float64(scale.num) / scale.den, scale.exponent))
            self.assertEqual(ref.scale_to_float32(scale), bits_of(s))
            c = rng.randint(ref.INT32_MIN, ref.INT32_MAX)
            self.assertEqual(ref.element_to_float32(c, scale), bits_of(np.float32(c) * s))

    def test_scl_4_zeros_and_infinity(self):
        tiny, huge = ref.Scale(1, 1, -300), ref.Scale(1, 1, 128)
        bits = [ref.element_to_float32(c, tiny) for c in (-1, 0, 1)]
        self.assertEqual(bits, [0x80000000, 0, 0])
        bits = [ref.element_to_float32(c, huge) for c in (-1, 0, 1)]
        self.assertEqual(bits, [0xFF800000, 0x7FC00000, 0x7F800000])
        self.assertEqual(ref.scale_to_float32(ref.Scale(1, 1, -149)), 1)
        self.assertEqual(ref.scale_to_float32(ref.Scale(1, 1, -150)), 0)  # tie
        self.assertEqual(ref.scale_to_float32(ref.Scale(3, 1, -151)), 1)


class WideTensors(unittest.TestCase):
    def test_wide_2_examples(self):
        mantissas, scale = ref.wide_from_float32([bits_of(x) for x in (1.0, -0.75, 2.0**-15)])
        self.assertEqual((mantissas, scale), ([16384, -12288, 0], (1, 1, -14)))
        mantissas, _ = ref.wide_from_float32([bits_of(1.99999)])
        self.assertEqual(mantissas, [32767])
        self.assertEqual(ref.wide_from_float32([0, 0x80000000]), ([0, 0], ref.ONE))
        for bits in (0x7F800000, 0x7FC00000):
            with self.assertRaises(ref.Refused):
                ref.wide_from_float32([bits])


class Transform(unittest.TestCase):
    def test_wht_1_example(self):
        self.assertEqual((ref.hadamard(4) @ [1, 2, 3, 4]).tolist(), [10, -2, -4, 0])

    def test_wht_2_butterflies_are_the_matrix(self):
        lines = np.arange(-48, 48).reshape(2, 48) ** 3
        for size in (1, 2, 4, 8, 16):
            blocks = lines.reshape(2, -1, size) @ ref.hadamard(size)
            self.assertEqual(ref.transform(lines, size).tolist(), blocks.reshape(2, 48).tolist())

    def test_wht_3_examples(self):
        self.assertEqual(ref.transform_block("paper", 0, 405), (1, 405))
        self.assertEqual(ref.transform_block("pad", 32, 405), (32, 416))
        self.assertEqual(ref.transform_block("pad", 32, 5), (8, 8))
        for rule, block in (("none", 0), ("paper", 0), ("pad", 32)):
            self.assertEqual(ref.transform_block(rule, block, 1), (1, 1))
        self.assertEqual(ref.transform_block("paper", 0, 6), (2, 6))
        self.assertEqual(ref.transform_block("none", 3, 6), (1, 6))
        for rule, block in (("paper", 3), ("pad", 0), ("pad", 12)):
            with self.assertRaises(ref.Refused):
                ref.transform_block(rule, block, 8)
        with self.assertRaisesRegex(ref.Refused, "1024"):
            prepare_line([1] * 2048, block_rule="paper")


class Preparation(unittest.TestCase):
    def step(self, rule, m, q_format="i4"):
        return ref.quantiser(rule, ref.FORMATS[q_format], np.array([[m]]), m, None)

    def test_pre_2_zero_tensor(self):
        scale = ref.Scale(3, 5, -2)
        for rule in ref.SCALE_RULES + ref.AHEAD_SCALE_RULES:
            given = 9 if rule == "hindsight" else None
            zero = ref.prepare([[0, 0]], scale, recipe(scale=rule), given)
            self.assertEqual((zero.codes.tolist(), zero.scale), ([[0, 0]], scale))
            self.assertEqual(zero.counters["zero_codes"], 2)
        given_zero = ref.prepare([[5, -5]], scale, recipe(scale="hindsight"), 0)
        self.assertEqual((given_zero.codes.tolist(), given_zero.scale), ([[0, 0]], scale))
        self.assertEqual(given_zero.max_magnitude, 5)

    def test_pre_3_examples(self):
        self.assertEqual(self.step("max", 100), (7, 100))
        self.assertEqual(self.step("clip", 100), (280, 3900))
        self.assertEqual(self.step("pow2", 100), (1, 16))
        self.assertEqual(self.step("pow2", 3), (2, 1))

    def test_pre_3_pow2_is_least(self):
        for q in (1, 7, 15, 64, 255):
            for m in (1, 2, q, q + 1, 2 * q, 2 * q + 1, 32767):
                e = ref.pow2_exponent(m, q)
                self.assertLessEqual(m, q * 2.0**e)
                self.assertGreater(m, q * 2.0 ** (e - 1))

    def test_pre_4_examples(self):
        i4 = ref.FORMATS["i4"]
        self.assertEqual(ref.quantise(i4, "nearest", 8, 350, 100, 0), (4, True))
        ups = [ref.quantise(i4, "stochastic", 8, 350, 100, r)[1] for r in range(256)]
        self.assertEqual(ups, [r < 128 for r in range(256)])
        clipped = [ref.quantise(i4, "stochastic", 8, 28000, 3900, r) for r in range(256)]
        self.assertEqual(clipped, [(7, False)] * 256)
        below = [ref.quantise(i4, "stochastic", 8, 27160, 3900, r) for r in range(256)]
        self.assertEqual(below, [(7, True) if r < 246 else (6, False) for r in range(256)])

    def test_pre_5_example(self):
        e3 = ref.FORMATS["e3"]
        self.assertEqual(ref.quantise(e3, "nearest", 8, 5, 1, 0), (3, False))
        ups = [ref.quantise(e3, "stochastic", 8, 5, 1, r)[1] for r in range(256)]
        self.assertEqual(ups, [r < 64 for r in range(256)])
        self.assertEqual(ref.quantise(e3, "stochastic", 8, 129, 2, 0), (7, False))

    def test_pre_5_contains_pre_4(self):
        i4 = ref.FORMATS["i4"]
        listed = type("Listed", (ref.Format,), {"uniform": False})(*i4)
        for num in range(7 * 12):
            for rounding in ref.ROUNDINGS:
                for r in range(8):
                    self.assertEqual(
                        ref.quantise(i4, rounding, 3, num, 12, r),
                        ref.quantise(listed, rounding, 3, num, 12, r),
                    )

    def test_cnt_1_prepare(self):
        result = prepare_line([100, -100, 50, 0])
        self.assertEqual(result.codes.tolist(), [[7, -7, 4, 0]])
        self.assertEqual(
            result.counters, {"codes_at_limit": 2, "rounded_up": 0, "zero_codes": 1}
        )


class RandomNumbers(unittest.TestCase):
    KEYS = [0xE705, 0xF01F, 0x6DCB, 0x1A8A, 0x3D84, 0x1F08, 0xA271, 0xF986, 0xE795, 0xDA32]

    def test_rnd_3_to_5_example(self):
        first = ref.mixing_round(0x53594C56 ^ 1, 0x45535445, 0, 32)
        self.assertEqual(first, (0x9CA6AD91, 0xB63C0FBB))
        self.assertEqual(ref.round_keys(1, 2, 3, 4, 5), self.KEYS)
        words = ref.mix(self.KEYS, [0, 65535, 65536])
        self.assertEqual(words.tolist(), [0xB5019426, 0x70FCA2FD, 0x516BA055])
        self.assertEqual(ref.draw(words, 8).tolist(), [181, 112, 81])

    def test_rnd_1_refusals(self):
        for context in ((1, 2, 65536, 0, 0), (1, 2, 0, 256, 0), (1, 2, 0, 0, 256), (2**32,) * 5):
            with self.assertRaises(ref.Refused):
                ref.round_keys(*context)

    def test_rnd_4_is_a_permutation_of_the_indices(self):
        words = ref.mix(self.KEYS, np.arange(2**16) * 65537 % 2**32)
        self.assertEqual(len(np.unique(words)), 2**16)

    def test_rnd_6_wraps(self):
        fields = recipe(index0=2**32 - 1, stride_line=10, stride_k=2**32 - 1)
        indices = ref.element_indices(fields, 2, 2).tolist()
        self.assertEqual(indices, [[2**32 - 1, 2**32 - 2], [9, 8]])


class Accumulation(unittest.TestCase):
    def test_acc_2_to_4_example(self):
        wanted = {
            "saturate": [(100, False), (127, True), (27, False)],
            "wrap": [(100, False), (-56, True), (100, True)],
            "clamp": [(100, False), (200, False), (100, False)],
        }
        for policy, steps in wanted.items():
            register, found = 0, []
            for product in (100, 100, -100):
                exact = register + product
                register = ref.register_after(policy, 8, exact)
                found.append((register, register != exact))
            self.assertEqual(found, steps)

    def test_acc_6_example(self):
        ones = np.full((1, 33), 105)
        values, counters = ref.accumulate(ones, np.ones((1, 33)), "clamp", 8, 32, 16)
        self.assertEqual(values.tolist(), [[232]])
        self.assertEqual(counters, {"mac_limited": 0, "tile_limited": 1, "outer_limited": 0})
        values, counters = ref.accumulate(ones, np.ones((1, 33)), "clamp", 8, 32, 8)
        self.assertEqual((values.tolist(), counters["outer_limited"]), ([[127]], 1))

    def test_acc_1_tile_0_is_one_tile(self):
        rng = cases.seeded(1, "tiles")
        a, b = ([[rng.randint(-7, 7) for _ in range(19)]] for _ in "ab")
        for policy in ref.POLICIES:
            whole = ref.accumulate(a, b, policy, 6, 0, 9)
            for tile in (19, 20, 1000):
                self.assertEqual(str(ref.accumulate(a, b, policy, 6, tile, 9)), str(whole))

    def test_gemm_3_refusals(self):
        one = np.ones((1, 2))
        for policy, bits, tile, outer in (
            ("clamp", 3, 0, 8), ("clamp", 25, 0, 32), ("clamp", 8, -1, 8), ("clamp", 8, 0, 7),
            ("clamp", 8, 0, 33), ("stop", 8, 0, 8),
        ):
            with self.assertRaises(ref.Refused):
                ref.accumulate(one, one, policy, bits, tile, outer)
        with self.assertRaises(ref.Refused):
            ref.accumulate(one, np.ones((1, 3)), "clamp", 8, 0, 8)

    def test_gemm_4(self):
        scale = ref.gemm_scale(ref.Scale(7, 15, -3), ref.Scale(5, 21, 0), 32)
        self.assertEqual(scale, (1, 9, -8))

    def test_wht_4_job_recovers_the_product(self):
        # One 8-bit step per mantissa: transformed operands multiply to B times the product.
        lines = [[3, -1, 2, 0], [1, 1, -2, 4]]
        operand = ref.transform(lines, 4)
        values, _ = ref.accumulate(operand, operand, "clamp", 24, 0, 32)
        self.assertEqual((values // 4).tolist(), (np.array(lines) @ np.array(lines).T).tolist())

    def test_cnt_2(self):
        counts = {"a": 0, "b": 1, "c": 9}
        self.assertEqual(ref.counters_in_mode(counts, "full"), counts)
        self.assertEqual(ref.counters_in_mode(counts, "sticky"), {"a": 0, "b": 1, "c": 1})
        self.assertEqual(ref.counters_in_mode(counts, "none"), {"a": 0, "b": 0, "c": 0})


class LaterRules(unittest.TestCase):
    def test_hnd_1(self):
        result = ref.prepare([[100, 200, -300]], ref.ONE, recipe(scale="hindsight"), 200)
        self.assertEqual(result.codes.tolist(), [[4, 7, -7]])
        self.assertEqual((result.max_magnitude, result.counters["codes_at_limit"]), (300, 2))
        self.assertEqual(result.scale, ref.make_scale(200, 7, 0))

    def test_sawb_1_example(self):
        v = np.array([[100, 200, -300]])
        self.assertEqual(ref.sawb_clip(v), 44514)
        self.assertEqual(ref.quantiser("sawb", ref.FORMATS["i4"], v, 300, None), (1792, 44514))
        self.assertEqual(ref.quantiser("sawb", ref.FORMATS["u4"], v, 300, None), (1920, 44514))
        result = ref.prepare(v, ref.ONE, recipe(scale="sawb"))
        self.assertEqual(result.codes.tolist(), [[4, 7, -7]])

    def test_sawb_1_flat_tensor_is_max(self):
        self.assertLessEqual(ref.sawb_clip(np.full((2, 3), 50)), 0)
        self.assertEqual(
            ref.quantiser("sawb", ref.FORMATS["u4"], np.full((2, 3), 50), 50, None), (15, 50)
        )

    def test_wht_5_example(self):
        context = {"seed": 1, "step": 2, "layer": 3, "sign_role": 8}
        self.assertEqual(ref.random_signs(context, 8).tolist(), [-1, -1, 1, -1, -1, 1, 1, 1])

    def test_pre_3_luq(self):
        v = np.array([[100, 200, -300]])
        self.assertEqual(ref.quantiser("luq", ref.FORMATS["e3"], v, 300, None), (127, 600))

    def test_log_1_every_product(self):
        e3 = ref.FORMATS["e3"]
        for code in range(-7, 8):
            factor = int(ref.value_of(e3, code))
            for value in range(-255, 256):
                self.assertEqual(ref.e3_product(value, code), value * factor)

    def test_i8_1(self):
        self.assertEqual((ref.nibbles(-100), ref.nibbles(55)), ((-7, 12), (3, 7)))
        self.assertEqual(ref.nibble_partials([-100], [55], 14, 0), [-5500])
        a, b = np.repeat(np.arange(-127, 128, 4), 64), np.tile(np.arange(-127, 128, 4), 64)
        self.assertEqual(ref.nibble_partials(a, b, 24, 1), (a * b).tolist())
        self.assertEqual(ref.nibble_partials([127] * 3, [127, 127, -127], 8, 2), [127, -127])
        ref.nibble_partials([1, 2], [3, 4], 16, 2, "wrap")  # 2 * 127 * 127 = 32258 < 2^15
        with self.assertRaises(ref.Refused):
            ref.nibble_partials([1, 2, 3], [3, 4, 5], 16, 0, "wrap")

    def test_rsc_1_example(self):
        self.assertEqual(ref.rescale([70000, -1], ref.ONE), ([17500, 0], (1, 1, 2)))
        self.assertEqual(ref.rescale([0], ref.ONE), ([0], ref.ONE))
        self.assertEqual(ref.rescale([65535, 1, 3], ref.ONE), ([32767, 0, 2], (1, 1, 1)))
        self.assertEqual(ref.rescale([ref.INT32_MIN], ref.ONE), ([-16384], (1, 1, 17)))


class VectorFiles(unittest.TestCase):
    def test_same_seed_same_bytes_and_the_check_accepts_them(self):
        with tempfile.TemporaryDirectory() as folder:
            texts = []
            for name in ("one.json", "two.json"):
                path = Path(folder) / name
                vector_file.write(path, *make_vectors.make("to_float", 7, 1))
                texts.append(path.read_bytes())
            self.assertEqual(texts[0], texts[1])
            found = vector_file.read_cases(path)
            self.assertEqual([check_vectors.fault_of(case) for case in found], [None] * len(found))

    def test_a_changed_element_is_named(self):
        _, complete = make_vectors.make("rescale", 7, 1)
        complete[0]["expected"]["mantissas"][1] += 1
        self.assertEqual(
            check_vectors.fault_of(complete[0]),
            "field mantissas[1]: file has 1, reference has 0",
        )

    def test_integers_beyond_2_to_the_53(self):
        for x in (2**53, 2**53 + 1, -(2**63) + 1):
            self.assertEqual(vector_file.from_json(vector_file.to_json([x])), [x])
        self.assertEqual(vector_file.to_json(2**53 + 1), "9007199254740993")

    def test_random_jobs_are_accepted(self):
        rng = cases.seeded(3, "jobs")
        for _ in range(10):
            self.assertIn("values", vector_file.expected(cases.accepted(lambda: cases.job(rng))))


if __name__ == "__main__":
    unittest.main()
