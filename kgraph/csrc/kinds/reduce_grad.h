/*
 * Ops that walk the line of elements behind each element of a reduction's output, with the geometry of reduce.h:
 * logsumexp, and the adjoints of reductions that depend on the elements. A unit of work is one line.
 */
#ifndef KG_KINDS_REDUCE_GRAD_H
#define KG_KINDS_REDUCE_GRAD_H

#include "reduce.h"

/*
 * EACH(simd, body) runs `body` for each element of line i, at flat index `at`; EACH_BACK from the last to the first.
 * That neighbours of a contiguous line are one apart is said to the compiler, which would gather them otherwise.
 */
#define EACH(simd, ...)                                                                                 \
    for (int64_t row = 0; row < g.rows; row++) {                                                        \
        const int64_t start = reduce_offset(&g.kept, g.kept.count, i) + reduce_row(&g, row);            \
        if (g.last_stride == 1) {                                                                       \
            simd for (int64_t at = start; at < start + g.last_size; at++) { __VA_ARGS__ }               \
        } else {                                                                                        \
            for (int64_t r = 0; r < g.last_size; r++) {                                                 \
                const int64_t at = start + r * g.last_stride;                                           \
                __VA_ARGS__                                                                             \
            }                                                                                           \
        }                                                                                               \
    }

#define EACH_BACK(...)                                                                                  \
    for (int64_t row = g.rows - 1; row >= 0; row--) {                                                   \
        const int64_t start = reduce_offset(&g.kept, g.kept.count, i) + reduce_row(&g, row);            \
        for (int64_t r = g.last_size - 1; r >= 0; r--) {                                                \
            const int64_t at = start + r * g.last_stride;                                               \
            __VA_ARGS__                                                                                 \
        }                                                                                               \
    }

#define SIMD_SUM(total) _Pragma(KG_TEXT(omp simd reduction(+ : total)))

#define REDUCE_LINES(T)                                                                                 \
    KG_INLINE k_##T line_max_##T(const reduce_geometry *g, const k_##T *x, int64_t i) {                 \
        k_##T most = LEAST_##T;                                                                         \
        for (int64_t row = 0; row < g->rows; row++) {                                                   \
            const k_##T *at = x + reduce_offset(&g->kept, g->kept.count, i) + reduce_row(g, row);       \
            if (g->last_stride == 1)                                                                    \
                most = max_segment_##T(at, g->last_size, most);                                         \
            else                                                                                        \
                for (int64_t r = 0; r < g->last_size; r++, at += g->last_stride)                        \
                    most = (*at > most) | (*at != *at) ? *at : most;                                    \
        }                                                                                               \
        return most;                                                                                    \
    }                                                                                                   \
    /* log(sum(exp(x))), of x less its maximum, which then cannot overflow */                           \
    KG_KERNEL(logsumexp_##T) {                                                                          \
        const reduce_geometry g = reduce_read(call->ints);                                              \
        const k_##T *x = KG_IN(T, 0);                                                                   \
        k_##T *out = KG_OUT(T, 1);                                                                      \
        for (int64_t i = begin; i < end; i++) {                                                         \
            const k_##T most = line_max_##T(&g, x, i);                                                  \
            const k_##T shift = isfinite(most) ? most : 0;                                              \
            double total = 0;                                                                           \
            EACH(SIMD_SUM(total), total += s_exp_##T(x[at] - shift);)                                   \
            out[i] = shift + s_log_##T((k_##T)total);                                                   \
        }                                                                                               \
        return 0;                                                                                       \
    }                                                                                                   \
    /* dy exp(x - y) */                                                                                 \
    KG_KERNEL(logsumexp_grad_##T) {                                                                     \
        const reduce_geometry g = reduce_read(call->ints);                                              \
        const k_##T *x = KG_IN(T, 0), *y = KG_IN(T, 1), *dy = KG_IN(T, 2);                              \
        k_##T *out = KG_OUT(T, 3);                                                                      \
        for (int64_t i = begin; i < end; i++) {                                                         \
            const k_##T shift = y[i] == LEAST_##T ? 0 : y[i];                                           \
            EACH(KG_SIMD, out[at] = dy[i] * s_exp_##T(x[at] - shift);)                                  \
        }                                                                                               \
        return 0;                                                                                       \
    }                                                                                                   \
    /* dy / ties where x is the extremum y, else 0 */                                                   \
    KG_KERNEL(extremum_grad_##T) {                                                                      \
        const reduce_geometry g = reduce_read(call->ints);                                              \
        const k_##T *x = KG_IN(T, 0), *y = KG_IN(T, 1), *dy = KG_IN(T, 2);                              \
        k_##T *out = KG_OUT(T, 3);                                                                      \
        for (int64_t i = begin; i < end; i++) {                                                         \
            int64_t ties = 0;                                                                           \
            EACH(SIMD_SUM(ties), ties += x[at] == y[i];)                                                \
            const k_##T share = dy[i] / (k_##T)ties;                                                    \
            EACH(KG_SIMD, out[at] = x[at] == y[i] ? share : 0;)                                         \
        }                                                                                               \
        return 0;                                                                                       \
    }                                                                                                   \
    /* dy times the product of all other elements: of those before, then of those after; no division by x */\
    KG_KERNEL(prod_grad_##T) {                                                                          \
        const reduce_geometry g = reduce_read(call->ints);                                              \
        const k_##T *x = KG_IN(T, 0), *dy = KG_IN(T, 1);                                                \
        k_##T *out = KG_OUT(T, 2);                                                                      \
        for (int64_t i = begin; i < end; i++) {                                                         \
            k_##T before = 1, after = dy[i];                                                            \
            EACH(, out[at] = before; before *= x[at];)                                                  \
            EACH_BACK(out[at] *= after; after *= x[at];)                                                \
        }                                                                                               \
        return 0;                                                                                       \
    }

REDUCE_LINES(f32)
REDUCE_LINES(f64)

/*
 * expand: each element of the input over the reduced axes of the output, times a number; the adjoint of sum and mean. A
 * unit of work is one element of the output.
 * ints: n, sizes of the output's axes, strides of the input along them (0 where it was reduced, else 1 in the last).
 */
#define EXPAND(T)                                                                                       \
    KG_KERNEL(expand_##T) {                                                                             \
        const int64_t n = call->ints[0], *sizes = call->ints + 1;                                       \
        const reduce_axes axes = {n, sizes, sizes + n};                                                 \
        const int64_t width = sizes[n - 1], stride = sizes[2 * n - 1];                                  \
        const k_##T scale = (k_##T)call->floats[0];                                                     \
        const k_##T *in = KG_IN(T, 0);                                                                  \
        k_##T *out = KG_OUT(T, 1);                                                                      \
        for (int64_t i = begin; i < end;) {                                                             \
            const int64_t run = KG_MIN(width - i % width, end - i);                                     \
            const k_##T *at = in + reduce_offset(&axes, n, i);                                          \
            if (stride == 0) {                                                                          \
                const k_##T value = *at * scale;                                                        \
                KG_SIMD for (int64_t j = 0; j < run; j++) out[i + j] = value;                           \
            } else {                                                                                    \
                KG_SIMD for (int64_t j = 0; j < run; j++) out[i + j] = at[j] * scale;                   \
            }                                                                                           \
            i += run;                                                                                   \
        }                                                                                               \
        return 0;                                                                                       \
    }

EXPAND(f32)
EXPAND(f64)

#define REDUCE_GRAD_ENTRIES(T)                                                                          \
    KG_ENTRY(logsumexp_##T) KG_ENTRY(logsumexp_grad_##T) KG_ENTRY(extremum_grad_##T)                    \
    KG_ENTRY(prod_grad_##T) KG_ENTRY(expand_##T)
#define REDUCE_GRAD_KERNELS REDUCE_GRAD_ENTRIES(f32) REDUCE_GRAD_ENTRIES(f64)

#endif
