/* Steps of the optimizers, each one sweep over the weights or over an optimizer's slot. */
#ifndef KG_KINDS_UPDATE_H
#define KG_KINDS_UPDATE_H

#include "elementwise.h"

/* The op's one number, e.g. beta. */
#define UPDATE_NUMBER(T, name) const k_##T name = (k_##T)call->floats[0];
/* How much of a moving average is new at each step. The difference is taken in double: 1 - 0.999f is off by 1e-5. */
#define UPDATE_NEW_SHARE(T) const k_##T share = (k_##T)(1 - call->floats[0]);

/* As MAP_2 and MAP_3, with one more input: the rate, of rank 0, an input because it changes from step to step. */
#define UPDATE_2(kernel, T, setup, value)                               \
    KG_KERNEL(kernel##_##T) {                                           \
        const k_##T *xs = KG_IN(T, 0);                                  \
        const k_##T *ys = KG_IN(T, 1);                                  \
        const k_##T rate = *KG_IN(T, 2);                                \
        k_##T *out = KG_OUT(T, 3);                                      \
        setup                                                           \
        KG_SIMD for (int64_t i = begin; i < end; i++) {                 \
            const k_##T x = xs[i];                                      \
            const k_##T y = ys[i];                                      \
            out[i] = value;                                             \
        }                                                               \
        return 0;                                                       \
    }

#define UPDATE_3(kernel, T, setup, value)                               \
    KG_KERNEL(kernel##_##T) {                                           \
        const k_##T *xs = KG_IN(T, 0);                                  \
        const k_##T *ys = KG_IN(T, 1);                                  \
        const k_##T *zs = KG_IN(T, 2);                                  \
        const k_##T rate = *KG_IN(T, 3);                                \
        k_##T *out = KG_OUT(T, 4);                                      \
        setup                                                           \
        KG_SIMD for (int64_t i = begin; i < end; i++) {                 \
            const k_##T x = xs[i];                                      \
            const k_##T y = ys[i];                                      \
            const k_##T z = zs[i];                                      \
            out[i] = value;                                             \
        }                                                               \
        return 0;                                                       \
    }

#define UPDATE_FUNCTIONS(T)                                                                               \
    MAP_2(moment_##T, T, T, T, UPDATE_NEW_SHARE(T), x + (y - x) * share)                                  \
    MAP_2(second_moment_##T, T, T, T, UPDATE_NEW_SHARE(T), x + (y * y - x) * share)                       \
    UPDATE_2(sgd_step, T, , x - rate * y)                                                                 \
    UPDATE_2(momentum, T, UPDATE_NUMBER(T, kept), kept * x - rate * y)                                    \
    UPDATE_3(adam_step, T, UPDATE_NUMBER(T, epsilon), x - rate * y / (s_sqrt_##T(z) + epsilon))           \
    UPDATE_3(nesterov_step, T, UPDATE_NUMBER(T, kept), x + (kept * y - rate * z))                         \
    UPDATE_3(rmsprop_step, T, UPDATE_NUMBER(T, epsilon), x - rate * y / s_sqrt_##T(z + epsilon))

UPDATE_FUNCTIONS(f32)
UPDATE_FUNCTIONS(f64)

#define UPDATE_ENTRIES(T)                                                                                 \
    KG_ENTRY(moment_##T) KG_ENTRY(second_moment_##T) KG_ENTRY(sgd_step_##T) KG_ENTRY(momentum_##T)        \
    KG_ENTRY(adam_step_##T) KG_ENTRY(nesterov_step_##T) KG_ENTRY(rmsprop_step_##T)
#define UPDATE_KERNELS UPDATE_ENTRIES(f32) UPDATE_ENTRIES(f64)

#endif
