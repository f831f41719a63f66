/* out[i] = f(x[i]) */
#ifndef KG_KINDS_UNARY_H
#define KG_KINDS_UNARY_H

#include "elementwise.h"
#include "special.h"

/* X(name, input dtype, output dtype, value of x) */
#define UNARY_FLOAT(X, T)                                       \
    X(exp, T, T, s_exp_##T(x))                                  \
    X(expm1, T, T, s_expm1_##T(x))                              \
    X(log, T, T, s_log_##T(x))                                  \
    X(log1p, T, T, s_log1p_##T(x))                              \
    X(sqrt, T, T, s_sqrt_##T(x))                                \
    X(rsqrt, T, T, 1 / s_sqrt_##T(x))                           \
    X(reciprocal, T, T, 1 / x)                                  \
    X(sin, T, T, s_sin_##T(x))                                  \
    X(cos, T, T, s_cos_##T(x))                                  \
    X(tan, T, T, s_tan_##T(x))                                  \
    X(asin, T, T, s_asin_##T(x))                                \
    X(acos, T, T, s_acos_##T(x))                                \
    X(atan, T, T, s_atan_##T(x))                                \
    X(sinh, T, T, s_sinh_##T(x))                                \
    X(cosh, T, T, s_cosh_##T(x))                                \
    X(tanh, T, T, s_tanh_##T(x))                                \
    X(asinh, T, T, s_asinh_##T(x))                              \
    X(acosh, T, T, s_acosh_##T(x))                              \
    X(atanh, T, T, s_atanh_##T(x))                              \
    X(sigmoid, T, T, s_sigmoid_##T(x))                          \
    X(softplus, T, T, s_softplus_##T(x))                        \
    X(relu, T, T, x < 0 ? 0 : x)                                \
    X(erf, T, T, s_erf_##T(x))                                  \
    X(erfc, T, T, LIBM_##T(erfc)(x))                            \
    X(erfinv, T, T, s_erfinv_##T(x))                            \
    X(i0, T, T, s_i0_##T(x))                                    \
    X(i1, T, T, s_i1_##T(x))                                    \
    X(cbrt, T, T, LIBM_##T(cbrt)(x))                            \
    X(trunc, T, T, LIBM_##T(trunc)(x))                          \
    X(floor, T, T, s_floor_##T(x))                              \
    X(ceil, T, T, s_ceil_##T(x))                                \
    X(round, T, T, s_rint_##T(x))                               \
    X(neg, T, T, -x)                                            \
    X(abs, T, T, s_fabs_##T(x))                                 \
    X(sign, T, T, x != x ? x : (k_##T)((x > 0) - (x < 0)))      \
    X(square, T, T, x * x)                                      \
    X(isnan, T, bool, x != x)                                   \
    X(isinf, T, bool, s_fabs_##T(x) == (k_##T)INFINITY)         \
    X(isfinite, T, bool, s_fabs_##T(x) < (k_##T)INFINITY)

#define UNARY_INT(X, T)                                         \
    X(neg, T, T, 0 - (k_wrap_##T)x)                             \
    X(abs, T, T, x < 0 ? 0 - (k_wrap_##T)x : (k_wrap_##T)x)     \
    X(sign, T, T, (x > 0) - (x < 0))                            \
    X(square, T, T, (k_wrap_##T)x * (k_wrap_##T)x)

#define UNARY(X)        \
    UNARY_FLOAT(X, f32) \
    UNARY_FLOAT(X, f64) \
    UNARY_INT(X, i32)   \
    UNARY_INT(X, i64)   \
    X(logical_not, bool, bool, x ^ 1)

#define UNARY_FUNCTION(name, FROM, TO, value) MAP_1(name##_##FROM, FROM, TO, , value)
#define UNARY_ENTRY(name, FROM, TO, value) {#name "_" #FROM, kernel_##name##_##FROM},

UNARY(UNARY_FUNCTION)
#define UNARY_KERNELS UNARY(UNARY_ENTRY)

#endif
