/*
 * Running sums and products, and the position of the extremum, along one axis.
 * ints: size, inner, reverse. The input is [outer, size, inner]; a unit of work is a line, at (outer, inner).
 */
#ifndef KG_KINDS_SCAN_H
#define KG_KINDS_SCAN_H

#include "reduce.h"

/* Lines side by side that are walked together. */
#define SCAN_LANES 64

/*
 * Walks lines [begin, end) in groups of n neighbours, the first of which begins at `at`. A group of one is a case of its
 * own, which the compiler then makes without inner loops.
 */
#define WALK_LINES(walk, ...)                                                                               \
    for (int64_t line = begin, n; line < end; line += n) {                                                  \
        const int64_t at = line / inner * size * inner + line % inner;                                      \
        n = KG_MIN(KG_MIN(inner - line % inner, end - line), SCAN_LANES);                                   \
        if (n == 1)                                                                                         \
            walk(1, at, size, inner, __VA_ARGS__);                                                          \
        else                                                                                                \
            walk(n, at, size, inner, __VA_ARGS__);                                                          \
    }                                                                                                       \
    return 0;

#define SCAN(name, T, WIDE, start, next)                                                                    \
    KG_INLINE void name##_lines_##T(int64_t n, int64_t at, int64_t size, int64_t inner,                     \
                                    int reverse, const k_##T *in, k_##T *out) {                             \
        const int64_t step = reverse ? -inner : inner;                                                      \
        k_##WIDE totals[SCAN_LANES];                                                                        \
        for (int64_t j = 0; j < n; j++) totals[j] = start;                                                  \
        if (reverse) at += (size - 1) * inner;                                                              \
        for (int64_t k = 0; k < size; k++, at += step)                                                      \
            KG_SIMD for (int64_t j = 0; j < n; j++) {                                                       \
                const k_##WIDE total = totals[j];                                                           \
                const k_##T x = in[at + j];                                                                 \
                totals[j] = (k_##WIDE)(next);                                                               \
                out[at + j] = (k_##T)totals[j];                                                             \
            }                                                                                               \
    }                                                                                                       \
    KG_KERNEL(name##_##T) {                                                                                 \
        const int64_t size = call->ints[0], inner = call->ints[1];                                          \
        WALK_LINES(name##_lines_##T, call->ints[2] != 0, KG_IN(T, 0), KG_OUT(T, 1))                         \
    }

/*
 * The adjoint of a running product y: dx[k] is what came before, y[k - 1], times s[k] = dy[k] + x[k + 1] s[k + 1], which
 * never divides by x. `reverse` is of the product; the adjoint is walked the other way.
 */
#define SCAN_GRAD(T)                                                                                        \
    KG_INLINE void cumprod_grad_lines_##T(int64_t n, int64_t at, int64_t size, int64_t inner,               \
                                          int reverse, const k_##T *x, const k_##T *y, const k_##T *dy,     \
                                          k_##T *out) {                                                     \
        const int64_t step = reverse ? inner : -inner;                                                      \
        k_##T sums[SCAN_LANES];                                                                             \
        for (int64_t j = 0; j < n; j++) sums[j] = 0;                                                        \
        if (!reverse) at += (size - 1) * inner;                                                             \
        for (int64_t k = 0; k < size; k++, at += step)                                                      \
            for (int64_t j = 0; j < n; j++) {                                                               \
                sums[j] = dy[at + j] + (k ? x[at - step + j] : 0) * sums[j];                                \
                out[at + j] = sums[j] * (k + 1 < size ? y[at + step + j] : 1);                              \
            }                                                                                               \
    }                                                                                                       \
    KG_KERNEL(cumprod_grad_##T) {                                                                           \
        const int64_t size = call->ints[0], inner = call->ints[1];                                          \
        WALK_LINES(cumprod_grad_lines_##T, call->ints[2] != 0, KG_IN(T, 0), KG_IN(T, 1), KG_IN(T, 2), KG_OUT(T, 3))\
    }

/* The first position of the extremum, or of a NaN where there is one. */
#define EXTREMUM(name, T, better)                                                                           \
    KG_INLINE void name##_lines_##T(int64_t n, int64_t at, int64_t size, int64_t inner,                     \
                                    const k_##T *in, k_i32 *out) {                                          \
        k_##T bests[SCAN_LANES];                                                                            \
        k_i32 places[SCAN_LANES];                                                                           \
        for (int64_t j = 0; j < n; j++) {                                                                   \
            bests[j] = in[at + j];                                                                          \
            places[j] = 0;                                                                                  \
        }                                                                                                   \
        for (int64_t k = 1; k < size; k++)                                                                  \
            KG_SIMD for (int64_t j = 0; j < n; j++) {                                                       \
                const k_##T best = bests[j], x = in[at + k * inner + j];                                    \
                const int found = (better) | ((x != x) & (best == best));                                   \
                bests[j] = found ? x : best;                                                                \
                places[j] = found ? (k_i32)k : places[j];                                                   \
            }                                                                                               \
        for (int64_t j = 0; j < n; j++) out[j] = places[j];                                                 \
    }                                                                                                       \
    KG_KERNEL(name##_##T) {                                                                                 \
        const int64_t size = call->ints[0], inner = call->ints[1];                                          \
        WALK_LINES(name##_lines_##T, KG_IN(T, 0), KG_OUT(i32, 1) + line)                                    \
    }

#define SCAN_INT(T)                                                                                         \
    SCAN(cumsum, T, i64, 0, (uint64_t)total + (uint64_t)x)                                                  \
    SCAN(cumprod, T, i64, 1, (uint64_t)total * (uint64_t)x)

#define SCAN_FLOAT(T)                                                                                       \
    SCAN(cumsum, T, f64, 0, total + x)                                                                      \
    SCAN(cumprod, T, f64, 1, total * x)                                                                     \
    SCAN_GRAD(T)

#define SCAN_EXTREMA(T)                                                                                     \
    EXTREMUM(argmax, T, x > best)                                                                           \
    EXTREMUM(argmin, T, x < best)

SCAN_FLOAT(f32)
SCAN_FLOAT(f64)
SCAN_INT(i32)
SCAN_INT(i64)
SCAN_EXTREMA(f32)
SCAN_EXTREMA(f64)
SCAN_EXTREMA(i32)
SCAN_EXTREMA(i64)

#define SCAN_ENTRIES(T) KG_ENTRY(cumsum_##T) KG_ENTRY(cumprod_##T) KG_ENTRY(argmax_##T) KG_ENTRY(argmin_##T)
#define SCAN_KERNELS                                                                                        \
    SCAN_ENTRIES(f32) SCAN_ENTRIES(f64) SCAN_ENTRIES(i32) SCAN_ENTRIES(i64)                                 \
    KG_ENTRY(cumprod_grad_f32) KG_ENTRY(cumprod_grad_f64)

#endif
