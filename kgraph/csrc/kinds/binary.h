/* out[i] = f(x[i], y[i]) */
#ifndef KG_KINDS_BINARY_H
#define KG_KINDS_BINARY_H

#include "elementwise.h"

/* X(name, dtype of x and y, output dtype, value of x and y). A maximum or minimum with a NaN is NaN. */
#define BINARY_NUMBER(X, T)                                     \
    X(add, T, T, (k_wrap_##T)x + (k_wrap_##T)y)                 \
    X(sub, T, T, (k_wrap_##T)x - (k_wrap_##T)y)                 \
    X(mul, T, T, (k_wrap_##T)x * (k_wrap_##T)y)                 \
    X(maximum, T, T, (x >= y) | (x != x) ? x : y)               \
    X(minimum, T, T, (x <= y) | (x != x) ? x : y)               \
    X(mod, T, T, s_mod_##T(x, y))                               \
    X(floor_divide, T, T, s_floor_divide_##T(x, y))

#define BINARY_FLOAT(X, T)                                      \
    X(div, T, T, x / y)                                         \
    X(div_no_nan, T, T, y == 0 ? 0 : x / y)                     \
    X(pow, T, T, LIBM_##T(pow)(x, y))                           \
    X(atan2, T, T, LIBM_##T(atan2)(x, y))

/* The adjoint of a function's operand: y is the adjoint of its result, x the result or, for square, the operand. */
#define BINARY_GRADIENT(X, T)                                   \
    X(relu_grad, T, T, x > 0 ? y : 0)                           \
    X(sigmoid_grad, T, T, y * x * (1 - x))                      \
    X(tanh_grad, T, T, y * (1 - x * x))                         \
    X(sqrt_grad, T, T, y / (x + x))                             \
    X(rsqrt_grad, T, T, y * x * x * x * (k_##T) - 0.5)          \
    X(reciprocal_grad, T, T, -y * x * x)                        \
    X(square_grad, T, T, y * (x + x))

#define BINARY_COMPARE(X, T)                                    \
    X(equal, T, bool, x == y)                                   \
    X(not_equal, T, bool, x != y)                               \
    X(less, T, bool, x < y)                                     \
    X(less_equal, T, bool, x <= y)                              \
    X(greater, T, bool, x > y)                                  \
    X(greater_equal, T, bool, x >= y)

#define BINARY_LOGICAL(X)                                       \
    X(logical_and, bool, bool, x & y)                           \
    X(logical_or, bool, bool, x | y)                            \
    X(logical_xor, bool, bool, x ^ y)

#define BINARY(X)           \
    BINARY_NUMBER(X, f32)   \
    BINARY_NUMBER(X, f64)   \
    BINARY_NUMBER(X, i32)   \
    BINARY_NUMBER(X, i64)   \
    BINARY_FLOAT(X, f32)    \
    BINARY_FLOAT(X, f64)    \
    BINARY_GRADIENT(X, f32) \
    BINARY_GRADIENT(X, f64) \
    BINARY_COMPARE(X, f32)  \
    BINARY_COMPARE(X, f64)  \
    BINARY_COMPARE(X, i32)  \
    BINARY_COMPARE(X, i64)  \
    BINARY_COMPARE(X, bool) \
    BINARY_LOGICAL(X)

#define BINARY_FUNCTION(name, FROM, TO, value) MAP_2(name##_##FROM, FROM, FROM, TO, , value)
#define BINARY_ENTRY(name, FROM, TO, value) {#name "_" #FROM, kernel_##name##_##FROM},

BINARY(BINARY_FUNCTION)
#define BINARY_KERNELS BINARY(BINARY_ENTRY)

#endif
