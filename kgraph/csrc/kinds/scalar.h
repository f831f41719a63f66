/*
 * One element at a time: the functions that elementwise kernels apply, as s_<name>_<dtype>. What is often met in models
 * is made of exp_log.h, and vectorises; the rest is libm's.
 */
#ifndef KG_KINDS_SCALAR_H
#define KG_KINDS_SCALAR_H

#include "exp_log.h"

#define LIBM_f32(name) name##f
#define LIBM_f64(name) name

/* s_<name>_<dtype>(x) is libm's. */
#define SCALAR_LIBM(T, name) \
    KG_INLINE k_##T s_##name##_##T(k_##T x) { return LIBM_##T(name)(x); }

/* Beyond this tanh is 1. */
#define TANH_MOST_f32 10.0f
#define TANH_MOST_f64 20.0

#define SCALAR_FLOAT(T)                                                                              \
    SCALAR_LIBM(T, sin)                                                                              \
    SCALAR_LIBM(T, cos)                                                                              \
    SCALAR_LIBM(T, tan)                                                                              \
    SCALAR_LIBM(T, asin)                                                                             \
    SCALAR_LIBM(T, acos)                                                                             \
    SCALAR_LIBM(T, atan)                                                                             \
    SCALAR_LIBM(T, sinh)                                                                             \
    SCALAR_LIBM(T, cosh)                                                                             \
    SCALAR_LIBM(T, asinh)                                                                            \
    SCALAR_LIBM(T, acosh)                                                                            \
    SCALAR_LIBM(T, atanh)                                                                            \
    SCALAR_LIBM(T, sqrt)                                                                             \
    SCALAR_LIBM(T, floor)                                                                            \
    SCALAR_LIBM(T, ceil)                                                                             \
    SCALAR_LIBM(T, rint)                                                                             \
    SCALAR_LIBM(T, fabs)                                                                             \
    /* log(u) with u = 1 + x rounded, and what the rounding lost */                                  \
    KG_INLINE k_##T s_log1p_##T(k_##T x) {                                                           \
        k_##T u = 1 + x, lost = (x - (u - 1)) / u;                                                   \
        k_##T value = s_log_##T(u);                                                                  \
        return u == 1 ? x : u > 0 && u < (k_##T)INFINITY ? value + lost : value;                     \
    }                                                                                                \
    KG_INLINE k_##T s_tanh_##T(k_##T x) {                                                            \
        k_##T size = s_fabs_##T(x);                                                                  \
        k_##T e = s_expm1_##T(2 * (size > TANH_MOST_##T ? TANH_MOST_##T : size));                    \
        return LIBM_##T(copysign)(e / (e + 2), x);                                                   \
    }                                                                                                \
    /* of exp(-|x|), which cannot overflow */                                                        \
    KG_INLINE k_##T s_sigmoid_##T(k_##T x) {                                                         \
        k_##T e = s_exp_##T(-s_fabs_##T(x));                                                         \
        return (x < 0 ? e : 1) / (1 + e);                                                            \
    }                                                                                                \
    KG_INLINE k_##T s_softplus_##T(k_##T x) {                                                        \
        return (x < 0 ? 0 : x) + s_log1p_##T(s_exp_##T(-s_fabs_##T(x)));                             \
    }                                                                                                \
    /* x mod y with the sign of y; NaN for y == 0 */                                                 \
    KG_INLINE k_##T s_mod_##T(k_##T x, k_##T y) {                                                    \
        k_##T rest = LIBM_##T(fmod)(x, y);                                                           \
        if (rest != 0) return (y < 0) != (rest < 0) ? rest + y : rest;                               \
        return LIBM_##T(copysign)(rest, y);                                                          \
    }                                                                                                \
    KG_INLINE k_##T s_floor_divide_##T(k_##T x, k_##T y) {                                           \
        if (y == 0) return x / y;                                                                    \
        k_##T rest = LIBM_##T(fmod)(x, y);                                                           \
        k_##T whole = LIBM_##T(rint)((x - rest) / y);                                                \
        return rest != 0 && (rest < 0) != (y < 0) ? whole - 1 : whole;                               \
    }

/* Integer division rounds down; by 0 it gives 0, as its remainder does, and nothing overflows. */
#define SCALAR_INT(T)                                                                                \
    KG_INLINE k_##T s_mod_##T(k_##T x, k_##T y) {                                                    \
        if (y == 0 || y == -1) return 0;                                                             \
        k_##T rest = x % y;                                                                          \
        return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;                                 \
    }                                                                                                \
    KG_INLINE k_##T s_floor_divide_##T(k_##T x, k_##T y) {                                           \
        if (y == 0) return 0;                                                                        \
        if (y == -1) return (k_##T)(0 - (k_wrap_##T)x);                                              \
        return x / y - (x % y != 0 && (x < 0) != (y < 0));                                           \
    }

SCALAR_FLOAT(f32)
SCALAR_FLOAT(f64)
SCALAR_INT(i32)
SCALAR_INT(i64)

/* erf(x) / x as a polynomial in x^2 below 1, and -log(1 - erf(x)) as one in x above: least-squares fits at Chebyshev
 * nodes, with relative errors of the result of 1.4e-9 and 4.2e-8. */
KG_INLINE k_f32 s_erf_f32(k_f32 x) {
    k_f32 size = fabsf(x), square = x * x;
    k_f32 t = size > 4.0f ? 4.0f : size;
    k_f32 near = 7.882497448e-05f;
    near = near * square - 8.018855006e-04f;
    near = near * square + 5.189312156e-03f;
    near = near * square - 2.685432881e-02f;
    near = near * square + 1.128359735e-01f;
    near = near * square - 3.761262596e-01f;
    near = near * square + 1.128379107e+00f;
    k_f32 far = -1.614061603e-06f;
    far = far * t + 4.559062290e-05f;
    far = far * t - 5.927695311e-04f;
    far = far * t + 4.740222357e-03f;
    far = far * t - 2.636471763e-02f;
    far = far * t + 1.099782437e-01f;
    far = far * t + 6.319370866e-01f;
    far = far * t + 1.130166650e+00f;
    far = far * t - 3.032029607e-04f;
    return size < 1 ? x * near : copysignf(1 - s_exp_f32(-far), x);
}

KG_INLINE k_f64 s_erf_f64(k_f64 x) { return erf(x); }

#endif
