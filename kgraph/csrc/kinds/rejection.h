/*
 * Random numbers that take as many draws as chance wants. Each element has its own sequence of blocks, so that none
 * depends on how the work is split: block `number` of element i is philox's of (i, salt + number times an odd constant).
 */
#ifndef KG_KINDS_REJECTION_H
#define KG_KINDS_REJECTION_H

#include "random.h"

/* So many blocks in a row are refused with a chance of 0.05^1000. */
#define REJECTION_MOST 1000

typedef struct rejection_source {
    const k_i64 *state;
    int64_t element;
    uint32_t salt, number;
} rejection_source;

KG_INLINE void rejection_next(rejection_source *source, uint32_t word[4]) {
    const uint64_t seed = (uint64_t)source->state[0], count = (uint64_t)source->state[1];
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint32_t c0 = (uint32_t)source->element, c1 = source->salt + 0x9E3779B9u * source->number++;
    uint32_t c2 = (uint32_t)count, c3 = (uint32_t)(count >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t product0 = (uint64_t)c0 * 0xD2511F53u, product1 = (uint64_t)c2 * 0xCD9E8D57u;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
        c1 = (uint32_t)product1;
        c3 = (uint32_t)product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    word[0] = c0;
    word[1] = c1;
    word[2] = c2;
    word[3] = c3;
}

/* A number in (0, 1] */
KG_INLINE double rejection_part(uint32_t word) { return ((double)word + 1) / 4294967296.0; }

/*
 * The logarithm of a number of the gamma distribution: a cubed normal number, accepted with the ratio of the densities
 * (Marsaglia and Tsang 2000); below 1 that of alpha + 1, times a uniform number to the 1 / alpha.
 */
static double rejection_log_gamma(rejection_source *source, double alpha) {
    if (!(alpha > 0) || isinf(alpha)) return alpha == 0 ? -INFINITY : alpha > 0 ? INFINITY : NAN;
    const double d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (int tries = 0; tries < REJECTION_MOST; tries++) {
        uint32_t word[4];
        rejection_next(source, word);
        const double radius = sqrt(-2 * log(rejection_part(word[0])));
        const double x = radius * cos(6.283185307179586 * rejection_part(word[1]));
        const double root = 1 + c * x, v = root * root * root;
        if (root <= 0 || log(rejection_part(word[2])) >= x * x / 2 + d * (1 - v + log(v))) continue;
        return log(d) + log(v) + (alpha < 1 ? log(rejection_part(word[3])) / alpha : 0);
    }
    return log(d);
}

/*
 * How many of `count` uniform numbers are below p. The middle one of them in order is a number of the beta distribution,
 * and leaves half of them to be looked at (Devroye 1986, X.4.3); the last few are drawn.
 */
static double rejection_binomial(rejection_source *source, double count, double p) {
    if (!(count >= 0) || isinf(count) || !(p >= 0 && p <= 1)) return NAN;
    double found = 0;
    count = floor(count);
    while (count > 32) {
        const double middle = floor(count / 2) + 1;
        const double below = rejection_log_gamma(source, middle), above = rejection_log_gamma(source, count + 1 - middle);
        const double there = 1 / (1 + exp(above - below));
        if (there > p) {
            count = middle - 1;
            p = p / there;
        } else {
            found += middle;
            count -= middle;
            p = (p - there) / (1 - there);
        }
    }
    for (uint32_t drawn = 0, word[4]; drawn < (uint32_t)count; drawn++) {
        if (drawn % 4 == 0) rejection_next(source, word);
        found += (double)word[drawn % 4] < p * 4294967296.0;
    }
    return found;
}

/* ints: salt. `value` is of element i; the state comes after the operands. */
#define REJECTION(name, T, state_arg, value)                                                        \
    KG_KERNEL(name##_##T) {                                                                         \
        k_##T *out = KG_OUT(T, (state_arg) + 1);                                                    \
        for (int64_t i = begin; i < end; i++) {                                                     \
            rejection_source source = {KG_IN(i64, state_arg), i, (uint32_t)call->ints[0], 0};       \
            out[i] = (k_##T)(value);                                                                \
        }                                                                                           \
        return 0;                                                                                   \
    }

#define REJECTION_OF(T)                                                                             \
    REJECTION(random_log_gamma, T, 1, rejection_log_gamma(&source, KG_IN(T, 0)[i]))                 \
    REJECTION(random_binomial, T, 2, rejection_binomial(&source, KG_IN(T, 0)[i], KG_IN(T, 1)[i]))

REJECTION_OF(f32)
REJECTION_OF(f64)

#define REJECTION_KERNELS                                                                           \
    KG_ENTRY(random_log_gamma_f32) KG_ENTRY(random_log_gamma_f64)                                   \
    KG_ENTRY(random_binomial_f32) KG_ENTRY(random_binomial_f64)

#endif
