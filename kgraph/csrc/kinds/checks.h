/* Kernels that refuse values which no result may hold. ints: elements of x, whether infinity may stand. */
#ifndef KG_KINDS_CHECKS_H
#define KG_KINDS_CHECKS_H

#include "template.h"

/* Elements that are looked at before anything is decided of them. */
#define CHECK_BLOCK 1024

/* A float without its sign, as an int, is at least INFINITE where it is infinite or NaN, and more where it is NaN. */
#define CHECK_FINITE(T, BITS, SIZE, INFINITE)                                                       \
    KG_KERNEL(check_finite_##T) {                                                                   \
        const k_##BITS *xs = (const k_##BITS *)call->args[0];                                       \
        const int64_t end_of_x = KG_MIN(end, call->ints[0]);                                        \
        const k_##BITS limit = call->ints[1] ? INFINITE : INFINITE - 1;                             \
        if (begin == 0) *KG_OUT(bool, 1) = 1;                                                       \
        for (int64_t from = begin; from < end_of_x; from += CHECK_BLOCK) {                          \
            const int64_t to = KG_MIN(from + CHECK_BLOCK, end_of_x);                                \
            k_##BITS refused = 0;                                                                   \
            _Pragma("omp simd reduction(|:refused)")                                                \
            for (int64_t i = from; i < to; i++) refused |= (xs[i] & SIZE) > limit;                  \
            for (int64_t i = from; refused && i < to; i++)                                          \
                if ((xs[i] & SIZE) > limit) return kg_refuse(call, i, (double)KG_IN(T, 0)[i]);      \
        }                                                                                           \
        return 0;                                                                                   \
    }

CHECK_FINITE(f32, i32, INT32_MAX, 0x7F800000)
CHECK_FINITE(f64, i64, INT64_MAX, 0x7FF0000000000000)

#define CHECKS_KERNELS KG_ENTRY(check_finite_f32) KG_ENTRY(check_finite_f64)

#endif
