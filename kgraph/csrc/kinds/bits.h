/* Ints as bits and as divisors, and what is left of a division cut towards 0. */
#ifndef KG_KINDS_BITS_H
#define KG_KINDS_BITS_H

#include "elementwise.h"
#include "template.h"

/* A shift by a negative number, or by all bits or more, leaves nothing but the sign of what is shifted to the right. */
#define BITS_OF(T)                                                                                      \
    KG_INLINE k_##T s_shift_left_##T(k_##T x, k_##T y) {                                                \
        return (k_wrap_##T)y < 8 * sizeof(k_##T) ? (k_##T)((k_wrap_##T)x << y) : 0;                     \
    }                                                                                                   \
    KG_INLINE k_##T s_shift_right_##T(k_##T x, k_##T y) {                                               \
        return (k_wrap_##T)y < 8 * sizeof(k_##T) ? x >> y : -(x < 0);                                   \
    }                                                                                                   \
    KG_INLINE k_##T s_gcd_##T(k_##T x, k_##T y) {                                                       \
        k_wrap_##T a = x < 0 ? 0 - (k_wrap_##T)x : (k_wrap_##T)x;                                       \
        k_wrap_##T b = y < 0 ? 0 - (k_wrap_##T)y : (k_wrap_##T)y;                                       \
        while (b) {                                                                                     \
            const k_wrap_##T rest = a % b;                                                              \
            a = b;                                                                                      \
            b = rest;                                                                                   \
        }                                                                                               \
        return (k_##T)a;                                                                                \
    }                                                                                                   \
    /* a whole power wraps around; one to a negative exponent is cut towards 0 */                       \
    KG_INLINE k_##T s_pow_##T(k_##T x, k_##T y) {                                                       \
        k_wrap_##T base = (k_wrap_##T)x, power = 1;                                                     \
        if (y < 0) return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;                                  \
        for (; y; y >>= 1, base *= base)                                                                \
            if (y & 1) power *= base;                                                                   \
        return (k_##T)power;                                                                            \
    }                                                                                                   \
    KG_INLINE k_##T s_fmod_##T(k_##T x, k_##T y) { return y == 0 || y == -1 ? 0 : x % y; }

BITS_OF(i32)
BITS_OF(i64)

#define BITS_BINARY(X, T)                                       \
    X(bit_and, T, T, x & y)                                     \
    X(bit_or, T, T, x | y)                                      \
    X(bit_xor, T, T, x ^ y)                                     \
    X(shift_left, T, T, s_shift_left_##T(x, y))                 \
    X(shift_right, T, T, s_shift_right_##T(x, y))               \
    X(gcd, T, T, s_gcd_##T(x, y))                               \
    X(pow, T, T, s_pow_##T(x, y))                               \
    X(fmod, T, T, s_fmod_##T(x, y))

#define BITS(X)                                                 \
    BITS_BINARY(X, i32)                                         \
    BITS_BINARY(X, i64)                                         \
    X(fmod, f32, f32, fmodf(x, y))                              \
    X(fmod, f64, f64, fmod(x, y))                               \
    X(nextafter, f32, f32, nextafterf(x, y))                    \
    X(nextafter, f64, f64, nextafter(x, y))

#define BITS_FUNCTION(name, FROM, TO, value) MAP_2(name##_##FROM, FROM, FROM, TO, , value)
#define BITS_ENTRY(name, FROM, TO, value) {#name "_" #FROM, kernel_##name##_##FROM},

BITS(BITS_FUNCTION)
MAP_1(bit_not_i32, i32, i32, , ~x)
MAP_1(bit_not_i64, i64, i64, , ~x)

#define BITS_KERNELS BITS(BITS_ENTRY) KG_INT_ENTRIES(bit_not)

#endif
