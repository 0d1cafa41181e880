// What the project asks of Highway (version 1.0.3 or later). Every file with kernels includes this
// first, so that all of them are compiled for the same list of targets.
#pragma once

// AVX-512 with VNNI (Ice Lake, Zen 4 and later) is a target of its own.
#define HWY_WANT_AVX3_DL
// SSSE3 without SSE4.1 is as old as machines get; vectors of unknown length (SVE, RVV) cannot be
// elements of the arrays in which the kernels keep their registers, NEON stands in for SVE.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
// Highway avoids its portable target EMU128 with GCC before 12.3, which has a bug in the upper half
// of products (GCC bug 106322). No kernel needs that operation and the tests run every kernel on
// every target; the alternative, vectors of one lane, has no byte shuffles.
#define HWY_BROKEN_EMU128 0

#if defined(__GNUC__) && !defined(__clang__)
// Highway's vectors are wrapped in classes: attributes of the raw type do not matter.
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif
