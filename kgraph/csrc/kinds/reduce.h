/*
 * Reductions over any set of axes. A unit of work is one element of the output.
 *
 * ints: inner_kept, n_kept, n_reduced, kept sizes, kept strides, reduced sizes, reduced strides. Axes that lie side by
 * side and are alike are one; the last axis of the input is contiguous, and either kept (inner_kept: vectors run along the
 * outputs) or reduced (vectors run along the input, in LANES partial results). Both n are at least 1.
 *
 * Floats are summed in blocks: each partial sum takes at most BLOCK terms in the element type before it goes to a wide
 * total. The error is then that of BLOCK terms, however long the input, and does not depend on the instruction set.
 */
#ifndef KG_KINDS_REDUCE_H
#define KG_KINDS_REDUCE_H

#include "elementwise.h"

#define REDUCE_LANES 64
#define REDUCE_BLOCK 16

typedef struct reduce_axes {
    int64_t count;
    const int64_t *sizes, *strides;
} reduce_axes;

typedef struct reduce_geometry {
    int inner_kept;
    reduce_axes kept, reduced;
    int64_t rows; /* positions of the reduced axes but the last */
    int64_t last_size, last_stride;
} reduce_geometry;

KG_INLINE reduce_geometry reduce_read(const int64_t *ints) {
    int64_t n_kept = ints[1], n_reduced = ints[2];
    const int64_t *kept = ints + 3, *reduced = kept + 2 * n_kept;
    reduce_geometry g = {
        .inner_kept = (int)ints[0],
        .kept = {n_kept, kept, kept + n_kept},
        .reduced = {n_reduced, reduced, reduced + n_reduced},
        .rows = 1,
    };
    for (int64_t axis = 0; axis + 1 < n_reduced; axis++) g.rows *= reduced[axis];
    g.last_size = reduced[n_reduced - 1];
    g.last_stride = reduced[2 * n_reduced - 1];
    return g;
}

/* Where the element at flat `index` over the first `count` axes lies. */
KG_INLINE int64_t reduce_offset(const reduce_axes *axes, int64_t count, int64_t index) {
    int64_t offset = 0;
    for (int64_t axis = count - 1; axis >= 0; axis--) {
        offset += index % axes->sizes[axis] * axes->strides[axis];
        index /= axes->sizes[axis];
    }
    return offset;
}

KG_INLINE int64_t reduce_row(const reduce_geometry *g, int64_t row) {
    return reduce_offset(&g->reduced, g->reduced.count - 1, row);
}

/*
 * REDUCE(name, dtype, dtype of totals, start, a partial result `lane` joined with x, a `total` joined with `lane`,
 * result): `result` is of `total` and the number `count` of elements reduced.
 */
#define REDUCE(name, T, WIDE, start, step, join, result)                                                        \
    /* the total of the contiguous x[0 .. n) and what came before */                                            \
    KG_INLINE k_##WIDE name##_segment_##T(const k_##T *xs, int64_t n, k_##WIDE total) {                         \
        int64_t i = 0;                                                                                          \
        while (n - i >= REDUCE_LANES) {                                                                         \
            k_##T lanes[REDUCE_LANES];                                                                          \
            for (int64_t j = 0; j < REDUCE_LANES; j++) lanes[j] = start;                                        \
            for (int64_t b = 0; b < REDUCE_BLOCK && n - i >= REDUCE_LANES; b++, i += REDUCE_LANES)              \
                KG_SIMD for (int64_t j = 0; j < REDUCE_LANES; j++) {                                            \
                    const k_##T lane = lanes[j], x = xs[i + j];                                                 \
                    lanes[j] = (k_##T)(step);                                                                   \
                }                                                                                               \
            for (int64_t j = 0; j < REDUCE_LANES; j++) {                                                        \
                const k_##T lane = lanes[j];                                                                    \
                total = (k_##WIDE)(join);                                                                       \
            }                                                                                                   \
        }                                                                                                       \
        for (; i < n; i++) {                                                                                    \
            const k_##T lane = xs[i];                                                                           \
            total = (k_##WIDE)(join);                                                                           \
        }                                                                                                       \
        return total;                                                                                           \
    }                                                                                                           \
                                                                                                                \
    /* totals[j] for the contiguous outputs j in [0, n), n <= REDUCE_LANES */                                   \
    KG_INLINE void name##_columns_##T(const reduce_geometry *g, const k_##T *xs, int64_t n, k_##WIDE *totals) { \
        for (int64_t j = 0; j < n; j++) totals[j] = start;                                                      \
        for (int64_t row = 0; row < g->rows; row++) {                                                           \
            const k_##T *at = xs + reduce_row(g, row);                                                          \
            for (int64_t r = 0; r < g->last_size;) {                                                            \
                k_##T lanes[REDUCE_LANES];                                                                      \
                for (int64_t j = 0; j < n; j++) lanes[j] = start;                                               \
                for (int64_t b = 0; b < REDUCE_BLOCK && r < g->last_size; b++, r++, at += g->last_stride)       \
                    KG_SIMD for (int64_t j = 0; j < n; j++) {                                                   \
                        const k_##T lane = lanes[j], x = at[j];                                                 \
                        lanes[j] = (k_##T)(step);                                                               \
                    }                                                                                           \
                KG_SIMD for (int64_t j = 0; j < n; j++) {                                                       \
                    const k_##WIDE total = totals[j];                                                           \
                    const k_##T lane = lanes[j];                                                                \
                    totals[j] = (k_##WIDE)(join);                                                               \
                }                                                                                               \
            }                                                                                                   \
        }                                                                                                       \
    }                                                                                                           \
                                                                                                                \
    KG_KERNEL(name##_##T) {                                                                                     \
        const reduce_geometry g = reduce_read(call->ints);                                                      \
        const k_##T *xs = KG_IN(T, 0);                                                                          \
        k_##T *out = KG_OUT(T, 1);                                                                              \
        const double count = (double)g.rows * (double)g.last_size;                                              \
        (void)count;                                                                                            \
        if (!g.inner_kept) {                                                                                    \
            for (int64_t i = begin; i < end; i++) {                                                             \
                const k_##T *at = xs + reduce_offset(&g.kept, g.kept.count, i);                                 \
                k_##WIDE total = start;                                                                         \
                for (int64_t row = 0; row < g.rows; row++)                                                      \
                    total = name##_segment_##T(at + reduce_row(&g, row), g.last_size, total);                   \
                out[i] = (k_##T)(result);                                                                       \
            }                                                                                                   \
            return 0;                                                                                           \
        }                                                                                                       \
        const int64_t width = g.kept.sizes[g.kept.count - 1];                                                   \
        for (int64_t i = begin; i < end;) {                                                                     \
            const int64_t room = KG_MIN(width - i % width, end - i), n = KG_MIN(room, REDUCE_LANES);            \
            k_##WIDE totals[REDUCE_LANES];                                                                      \
            name##_columns_##T(&g, xs + reduce_offset(&g.kept, g.kept.count, i), n, totals);                    \
            for (int64_t j = 0; j < n; j++) {                                                                   \
                const k_##WIDE total = totals[j];                                                               \
                out[i + j] = (k_##T)(result);                                                                   \
            }                                                                                                   \
            i += n;                                                                                             \
        }                                                                                                       \
        return 0;                                                                                               \
    }

/* The extremes of a dtype, which are what the maximum and minimum of nothing are. */
#define LEAST_f32 -INFINITY
#define LEAST_f64 -INFINITY
#define LEAST_i32 INT32_MIN
#define LEAST_i64 INT64_MIN
#define MOST_f32 INFINITY
#define MOST_f64 INFINITY
#define MOST_i32 INT32_MAX
#define MOST_i64 INT64_MAX

/* Ints wrap around, in i64 for all: its low bits are the i32 result. */
#define REDUCE_FLOAT(T)                                                                                         \
    REDUCE(sum, T, f64, 0, lane + x, total + lane, total)                                                       \
    REDUCE(mean, T, f64, 0, lane + x, total + lane, total / count)                                              \
    REDUCE(prod, T, f64, 1, lane * x, total * lane, total)

#define REDUCE_INT(T)                                                                                           \
    REDUCE(sum, T, i64, 0, (k_wrap_##T)lane + (k_wrap_##T)x, (uint64_t)total + (uint64_t)lane, total)           \
    REDUCE(prod, T, i64, 1, (k_wrap_##T)lane * (k_wrap_##T)x, (uint64_t)total * (uint64_t)lane, total)

/* the better of two, or a NaN */
#define REDUCE_BETTER(a, order, b) ((a)order(b)) | ((a) != (a)) ? (a) : (b)

#define REDUCE_ORDER(T)                                                                                         \
    REDUCE(max, T, T, LEAST_##T, REDUCE_BETTER(x, >, lane), REDUCE_BETTER(lane, >, total), total)               \
    REDUCE(min, T, T, MOST_##T, REDUCE_BETTER(x, <, lane), REDUCE_BETTER(lane, <, total), total)

REDUCE_FLOAT(f32)
REDUCE_FLOAT(f64)
REDUCE_INT(i32)
REDUCE_INT(i64)
REDUCE_ORDER(f32)
REDUCE_ORDER(f64)
REDUCE_ORDER(i32)
REDUCE_ORDER(i64)
REDUCE(any, bool, bool, 0, lane | x, total | lane, total)
REDUCE(all, bool, bool, 1, lane & x, total & lane, total)

#define REDUCE_ENTRIES(T) KG_ENTRY(sum_##T) KG_ENTRY(prod_##T) KG_ENTRY(max_##T) KG_ENTRY(min_##T)
#define REDUCE_KERNELS                                                                  \
    REDUCE_ENTRIES(f32) REDUCE_ENTRIES(f64) REDUCE_ENTRIES(i32) REDUCE_ENTRIES(i64)     \
    KG_ENTRY(mean_f32) KG_ENTRY(mean_f64) KG_ENTRY(any_bool) KG_ENTRY(all_bool)

#endif
