/* out[i] = x[i] as another dtype. A float too large for an int becomes the nearest one, and NaN becomes 0. */
#ifndef KG_KINDS_CAST_H
#define KG_KINDS_CAST_H

#include "elementwise.h"

/* The bounds of an int as floats: `most` is one above the largest, so that what is below it converts. */
#define CAST_TO_INT(FROM, TO, least, most, smallest, largest)                                                     \
    KG_INLINE k_##TO s_cast_##FROM##_##TO(k_##FROM x) {                                                           \
        return x >= (k_##FROM)most ? largest : x < (k_##FROM)least ? smallest : x == x ? (k_##TO)x : 0;           \
    }

CAST_TO_INT(f32, i32, -2147483648.0, 2147483648.0, INT32_MIN, INT32_MAX)
CAST_TO_INT(f64, i32, -2147483648.0, 2147483648.0, INT32_MIN, INT32_MAX)
CAST_TO_INT(f32, i64, -9223372036854775808.0, 9223372036854775808.0, INT64_MIN, INT64_MAX)
CAST_TO_INT(f64, i64, -9223372036854775808.0, 9223372036854775808.0, INT64_MIN, INT64_MAX)

/* X(from, to, value of x) */
#define CAST_FLOAT(X, T)             \
    X(T, f32, (k_f32)x)              \
    X(T, f64, (k_f64)x)              \
    X(T, i32, s_cast_##T##_i32(x))   \
    X(T, i64, s_cast_##T##_i64(x))   \
    X(T, bool, x != 0)

#define CAST_INT(X, T)               \
    X(T, f32, (k_f32)x)              \
    X(T, f64, (k_f64)x)              \
    X(T, i32, (k_i32)x)              \
    X(T, i64, (k_i64)x)              \
    X(T, bool, x != 0)

#define CAST(X)         \
    CAST_FLOAT(X, f32)  \
    CAST_FLOAT(X, f64)  \
    CAST_INT(X, i32)    \
    CAST_INT(X, i64)    \
    CAST_INT(X, bool)

#define CAST_FUNCTION(FROM, TO, value) MAP_1(cast_##FROM##_##TO, FROM, TO, , value)
#define CAST_ENTRY(FROM, TO, value) {"cast_" #FROM "_" #TO, kernel_cast_##FROM##_##TO},

CAST(CAST_FUNCTION)
#define CAST_KERNELS CAST(CAST_ENTRY)

#endif
