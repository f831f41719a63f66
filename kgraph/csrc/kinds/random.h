/*
 * Random numbers by counting: block b of a tensor is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", 2011) of key = seed and counter = (b, salt, state counter), four words that depend on nothing else. So a
 * tensor does not depend on how its work is split, and a mask can be drawn again instead of kept.
 *
 * args: ..., state as (seed, counter) before the output. ints: number of elements, salt. A unit of work is a block: four
 * elements where an element takes one word, two where it takes two.
 */
#ifndef KG_KINDS_RANDOM_H
#define KG_KINDS_RANDOM_H

#include "elementwise.h"

#define RANDOM_LANES 16 /* blocks computed side by side */

/* word[w][l] is word w of block `first + l` */
KG_INLINE void random_words(const k_i64 *state, int64_t salt, int64_t first, uint32_t word[4][RANDOM_LANES]) {
    const uint64_t seed = (uint64_t)state[0], count = (uint64_t)state[1];
    KG_SIMD for (int64_t l = 0; l < RANDOM_LANES; l++) {
        uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
        uint32_t c0 = (uint32_t)((uint64_t)first + (uint64_t)l), c1 = (uint32_t)salt;
        uint32_t c2 = (uint32_t)count, c3 = (uint32_t)(count >> 32);
        _Pragma("GCC unroll 10") for (int round = 0; round < 10; round++) {
            const uint64_t product0 = (uint64_t)c0 * 0xD2511F53u, product1 = (uint64_t)c2 * 0xCD9E8D57u;
            c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
            c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
            c1 = (uint32_t)product1;
            c3 = (uint32_t)product0;
            key0 += 0x9E3779B9u;
            key1 += 0xBB67AE85u;
        }
        word[0][l] = c0;
        word[1][l] = c1;
        word[2][l] = c2;
        word[3][l] = c3;
    }
}

/* 64 bits: words `w` and `w + 1` of lane l, the low ones first */
#define RANDOM_64(w) ((uint64_t)word[w][l] | (uint64_t)word[(w) + 1][l] << 32)

/*
 * RANDOM(kernel, dtype, elements of a block, number of the state's argument, setup, what fills values[per * l ..] from
 * word[..][l]): the output comes after the state.
 */
#define RANDOM(kernel, T, per, state_arg, setup, fill)                                              \
    KG_KERNEL(kernel) {                                                                             \
        const k_i64 *state = KG_IN(i64, state_arg);                                                 \
        const int64_t count = call->ints[0], salt = call->ints[1];                                  \
        k_##T *out = KG_OUT(T, state_arg + 1);                                                      \
        setup                                                                                       \
        for (int64_t first = begin; first < end; first += RANDOM_LANES) {                           \
            const int64_t at = first * (per);                                                       \
            const int64_t n = KG_MIN(KG_MIN(end - first, RANDOM_LANES) * (per), count - at);        \
            uint32_t word[4][RANDOM_LANES];                                                         \
            k_##T values[RANDOM_LANES * (per)];                                                     \
            random_words(state, salt, first, word);                                                 \
            KG_SIMD for (int64_t l = 0; l < RANDOM_LANES; l++) { fill }                             \
            for (int64_t j = 0; j < n; j++) out[at + j] = values[j];                                \
        }                                                                                           \
        return 0;                                                                                   \
    }

/* sin and cos of a turn in [0, 1], by Taylor polynomials within an eighth of a turn */
#define RANDOM_TURN(T)                                                                              \
    KG_INLINE void turn_##T(k_##T turn, k_##T *sine, k_##T *cosine) {                               \
        const k_##T quarter = LIBM_##T(floor)(4 * turn + (k_##T)0.5);                               \
        const k_##T x = (turn - quarter / 4) * (k_##T)6.283185307179586, s = x * x;                 \
        k_##T odd = (k_##T)(1 / 355687428096000.0), even = (k_##T)(1 / 20922789888000.0);           \
        odd = odd * s - (k_##T)(1 / 1307674368000.0);                                               \
        even = even * s - (k_##T)(1 / 87178291200.0);                                               \
        odd = odd * s + (k_##T)(1 / 6227020800.0);                                                  \
        even = even * s + (k_##T)(1 / 479001600.0);                                                 \
        odd = odd * s - (k_##T)(1 / 39916800.0);                                                    \
        even = even * s - (k_##T)(1 / 3628800.0);                                                   \
        odd = odd * s + (k_##T)(1 / 362880.0);                                                      \
        even = even * s + (k_##T)(1 / 40320.0);                                                     \
        odd = odd * s - (k_##T)(1 / 5040.0);                                                        \
        even = even * s - (k_##T)(1 / 720.0);                                                       \
        odd = odd * s + (k_##T)(1 / 120.0);                                                         \
        even = even * s + (k_##T)(1 / 24.0);                                                        \
        odd = (odd * s - (k_##T)(1 / 6.0)) * s * x + x;                                             \
        even = (even * s - (k_##T)0.5) * s + 1;                                                     \
        const int swap = (quarter == 1) | (quarter == 3);                                           \
        const k_##T first = swap ? even : odd, second = swap ? odd : even;                          \
        *sine = (quarter == 2) | (quarter == 3) ? -first : first;                                   \
        *cosine = (quarter == 1) | (quarter == 2) ? -second : second;                               \
    }

RANDOM_TURN(f32)
RANDOM_TURN(f64)

/* Box and Muller: two normal numbers of u in (0, 1] and a turn */
#define RANDOM_PAIR(T, at, u, fraction) {                                                           \
        k_##T sine, cosine;                                                                         \
        const k_##T radius = scale * s_sqrt_##T(-2 * s_log_##T(u));                                 \
        turn_##T(fraction, &sine, &cosine);                                                         \
        values[at] = start + radius * cosine;                                                       \
        values[(at) + 1] = start + radius * sine;                                                   \
    }

/* Uniform numbers have the 24 or 53 highest bits of their words: all that the dtype holds below 1. */
#define TWO_24 (1.0f / 16777216.0f)
#define TWO_32 (1.0f / 4294967296.0f)
#define TWO_53 (1.0 / 9007199254740992.0)

#define RANDOM_FLOATS(T) const k_##T start = (k_##T)call->floats[0], scale = (k_##T)call->floats[1];
#define RANDOM_INTS const uint64_t start = (uint64_t)call->ints[2], range = (uint64_t)call->ints[3];

RANDOM(random_uniform_f32, f32, 4, 0, RANDOM_FLOATS(f32),
       values[4 * l] = start + scale * (k_f32)(int32_t)(word[0][l] >> 8) * TWO_24;
       values[4 * l + 1] = start + scale * (k_f32)(int32_t)(word[1][l] >> 8) * TWO_24;
       values[4 * l + 2] = start + scale * (k_f32)(int32_t)(word[2][l] >> 8) * TWO_24;
       values[4 * l + 3] = start + scale * (k_f32)(int32_t)(word[3][l] >> 8) * TWO_24;)
RANDOM(random_uniform_f64, f64, 2, 0, RANDOM_FLOATS(f64),
       values[2 * l] = start + scale * (k_f64)(int64_t)(RANDOM_64(0) >> 11) * TWO_53;
       values[2 * l + 1] = start + scale * (k_f64)(int64_t)(RANDOM_64(2) >> 11) * TWO_53;)

RANDOM(random_normal_f32, f32, 4, 0, RANDOM_FLOATS(f32),
       RANDOM_PAIR(f32, 4 * l, ((k_f32)word[0][l] + 1) * TWO_32, (k_f32)word[1][l] * TWO_32)
       RANDOM_PAIR(f32, 4 * l + 2, ((k_f32)word[2][l] + 1) * TWO_32, (k_f32)word[3][l] * TWO_32))
RANDOM(random_normal_f64, f64, 2, 0, RANDOM_FLOATS(f64),
       RANDOM_PAIR(f64, 2 * l, (k_f64)(int64_t)((RANDOM_64(0) >> 11) + 1) * TWO_53,
                   (k_f64)(int64_t)(RANDOM_64(2) >> 11) * TWO_53))

RANDOM(random_integers_i32, i32, 2, 0, RANDOM_INTS,
       values[2 * l] = (k_i32)(uint32_t)(start + RANDOM_64(0) % range);
       values[2 * l + 1] = (k_i32)(uint32_t)(start + RANDOM_64(2) % range);)
RANDOM(random_integers_i64, i64, 2, 0, RANDOM_INTS,
       values[2 * l] = (k_i64)(start + RANDOM_64(0) % range);
       values[2 * l + 1] = (k_i64)(start + RANDOM_64(2) % range);)

/* An element is kept where its word is at least rate * 2^32. What is dropped is 0 even if it was NaN. */
#define DROPOUT_WORD(w) values[4 * l + w] = word[w][l] >= least ? scale : 0;
#define DROPOUT(T)                                                                                  \
    KG_KERNEL(dropout_##T) {                                                                        \
        const k_##T *in = KG_IN(T, 0);                                                              \
        const k_i64 *state = KG_IN(i64, 1);                                                         \
        const int64_t count = call->ints[0], salt = call->ints[1];                                  \
        const uint64_t least = (uint64_t)call->ints[2];                                             \
        const k_##T scale = (k_##T)call->floats[0];                                                 \
        k_##T *out = KG_OUT(T, 2);                                                                  \
        for (int64_t first = begin; first < end; first += RANDOM_LANES) {                           \
            const int64_t at = first * 4;                                                           \
            const int64_t n = KG_MIN(KG_MIN(end - first, RANDOM_LANES) * 4, count - at);            \
            uint32_t word[4][RANDOM_LANES];                                                         \
            k_##T values[RANDOM_LANES * 4];                                                         \
            random_words(state, salt, first, word);                                                 \
            KG_SIMD for (int64_t l = 0; l < RANDOM_LANES; l++) {                                    \
                DROPOUT_WORD(0) DROPOUT_WORD(1) DROPOUT_WORD(2) DROPOUT_WORD(3)                     \
            }                                                                                       \
            KG_SIMD for (int64_t j = 0; j < n; j++) out[at + j] = values[j] != 0 ? in[at + j] * values[j] : 0; \
        }                                                                                           \
        return 0;                                                                                   \
    }

DROPOUT(f32)
DROPOUT(f64)

/* (seed, counter + 1) */
KG_KERNEL(next_state_i64) {
    const k_i64 *state = KG_IN(i64, 0);
    k_i64 *out = KG_OUT(i64, 1);
    for (int64_t i = begin; i < end; i++) out[i] = (k_i64)((uint64_t)state[i] + (uint64_t)(i == 1));
    return 0;
}

#define RANDOM_KERNELS                                                                              \
    KG_ENTRY(random_uniform_f32) KG_ENTRY(random_uniform_f64)                                       \
    KG_ENTRY(random_normal_f32) KG_ENTRY(random_normal_f64)                                         \
    KG_ENTRY(random_integers_i32) KG_ENTRY(random_integers_i64)                                     \
    KG_ENTRY(dropout_f32) KG_ENTRY(dropout_f64) KG_ENTRY(next_state_i64)

#endif
