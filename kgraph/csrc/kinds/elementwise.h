/*
 * Elementwise kernels: element i of the output is an expression of element i of the inputs, called x, y and z. Because it
 * is read before it is written, the output may be one of the inputs where their elements are of one size.
 *
 * MAP_<n>(kernel, dtypes of the n inputs, dtype of the output, setup, value) makes one; `setup` is statements that run
 * once, before the loop.
 */
#ifndef KG_KINDS_ELEMENTWISE_H
#define KG_KINDS_ELEMENTWISE_H

#include "scalar.h"

#define MAP_1(kernel, X, TO, setup, value)                              \
    KG_KERNEL(kernel) {                                                 \
        const k_##X *xs = KG_IN(X, 0);                                  \
        k_##TO *out = KG_OUT(TO, 1);                                    \
        setup                                                           \
        KG_SIMD for (int64_t i = begin; i < end; i++) {                 \
            const k_##X x = xs[i];                                      \
            out[i] = (k_##TO)(value);                                   \
        }                                                               \
        return 0;                                                       \
    }

#define MAP_2(kernel, X, Y, TO, setup, value)                           \
    KG_KERNEL(kernel) {                                                 \
        const k_##X *xs = KG_IN(X, 0);                                  \
        const k_##Y *ys = KG_IN(Y, 1);                                  \
        k_##TO *out = KG_OUT(TO, 2);                                    \
        setup                                                           \
        KG_SIMD for (int64_t i = begin; i < end; i++) {                 \
            const k_##X x = xs[i];                                      \
            const k_##Y y = ys[i];                                      \
            out[i] = (k_##TO)(value);                                   \
        }                                                               \
        return 0;                                                       \
    }

#define MAP_3(kernel, X, Y, Z, TO, setup, value)                        \
    KG_KERNEL(kernel) {                                                 \
        const k_##X *xs = KG_IN(X, 0);                                  \
        const k_##Y *ys = KG_IN(Y, 1);                                  \
        const k_##Z *zs = KG_IN(Z, 2);                                  \
        k_##TO *out = KG_OUT(TO, 3);                                    \
        setup                                                           \
        KG_SIMD for (int64_t i = begin; i < end; i++) {                 \
            const k_##X x = xs[i];                                      \
            const k_##Y y = ys[i];                                      \
            const k_##Z z = zs[i];                                      \
            out[i] = (k_##TO)(value);                                   \
        }                                                               \
        return 0;                                                       \
    }

#endif
