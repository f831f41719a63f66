/*
 * exp: x = n ln2 + r with |r| <= ln2 / 2 (Cody and Waite: n ln2 is subtracted in two parts), a Taylor polynomial in r,
 * and a scaling by 2^n in two halves, so that neither overflows where the result does not.
 * log: x = 2^e m with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh(s) with s = (m - 1) / (m + 1), |s| < 0.172.
 */
#define FLOAT KG_JOIN(k_, T)
#define NAME(name) KG_JOIN(KG_JOIN(name, _), T)

/* 1 / k! for k = 2, 3, ... */
static const FLOAT NAME(exp_terms)[] = {
    (FLOAT)(1.0 / 2),         (FLOAT)(1.0 / 6),          (FLOAT)(1.0 / 24),          (FLOAT)(1.0 / 120),
    (FLOAT)(1.0 / 720),       (FLOAT)(1.0 / 5040),       (FLOAT)(1.0 / 40320),       (FLOAT)(1.0 / 362880),
    (FLOAT)(1.0 / 3628800),   (FLOAT)(1.0 / 39916800),   (FLOAT)(1.0 / 479001600),   (FLOAT)(1.0 / 6227020800.0),
};

KG_INLINE FLOAT NAME(from_bits)(BITS bits) {
    FLOAT value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

KG_INLINE BITS NAME(to_bits)(FLOAT value) {
    BITS bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* 2^n for a whole n within the normal exponents */
KG_INLINE FLOAT NAME(power_of_two)(FLOAT n) {
    return NAME(from_bits)((NAME(to_bits)(n + ROUNDER) + BIAS) << MANTISSA);
}

/* e^r - 1 where x = n ln2 + r, and *n */
KG_INLINE FLOAT NAME(exp_core)(FLOAT x, FLOAT *n) {
    FLOAT whole = (x * (FLOAT)1.4426950408889634 + ROUNDER) - ROUNDER;
    FLOAT r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
    FLOAT sum = NAME(exp_terms)[EXP_DEGREE - 2];
    _Pragma("GCC unroll 16") for (int k = EXP_DEGREE - 3; k >= 0; k--) sum = sum * r + NAME(exp_terms)[k];
    *n = whole;
    return sum * r * r + r;
}

KG_INLINE FLOAT NAME(s_exp)(FLOAT x) {
    FLOAT n, inside = x > EXP_MOST ? EXP_MOST : x < EXP_LEAST ? EXP_LEAST : x;
    FLOAT core = NAME(exp_core)(inside, &n);
    FLOAT half = (n * (FLOAT)0.5 + ROUNDER) - ROUNDER;
    return (core + 1) * NAME(power_of_two)(half) * NAME(power_of_two)(n - half);
}

KG_INLINE FLOAT NAME(s_expm1)(FLOAT x) {
    FLOAT n, inside = x > EXPM1_MOST ? EXPM1_MOST : x < -EXPM1_MOST ? -EXPM1_MOST : x;
    FLOAT core = NAME(exp_core)(inside, &n);
    FLOAT scale = NAME(power_of_two)(n);
    FLOAT exact = scale * core + (scale - 1);
    return x > EXPM1_MOST ? NAME(s_exp)(x) : x == 0 ? x : exact;
}

KG_INLINE FLOAT NAME(s_log)(FLOAT x) {
    int small = x < LEAST_NORMAL;
    BITS bits = NAME(to_bits)(small ? x * SUBNORMAL_SCALE : x);
    FLOAT e = NAME(from_bits)((bits >> MANTISSA) | EXPONENT_MAGIC) - EXPONENT_OFFSET - (BIAS - 1);
    FLOAT m = NAME(from_bits)((bits & (((BITS)1 << MANTISSA) - 1)) | ((BITS)(BIAS - 1) << MANTISSA));
    int low = m < (FLOAT)0.70710678118654752;
    m = low ? m + m : m;
    e = (low ? e - 1 : e) - (small ? SUBNORMAL_SHIFT : 0);
    FLOAT s = (m - 1) / (m + 1), square = s * s, sum = (FLOAT)(1.0 / (2 * LOG_TERMS + 1));
    _Pragma("GCC unroll 16") for (int k = LOG_TERMS - 1; k >= 1; k--) sum = sum * square + (FLOAT)(1.0 / (2 * k + 1));
    FLOAT value = e * LN2_HIGH + (2 * s + (2 * s * square * sum + e * LN2_LOW));
    value = x == 0 ? -(FLOAT)INFINITY : value;
    value = x < 0 ? (FLOAT)NAN : value;
    return x < (FLOAT)INFINITY ? value : x; /* infinity and NaN stay */
}

#undef FLOAT
#undef NAME
#undef T
#undef BITS
#undef MANTISSA
#undef BIAS
#undef ROUNDER
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_MOST
#undef EXP_LEAST
#undef EXPM1_MOST
#undef SUBNORMAL_SCALE
#undef SUBNORMAL_SHIFT
#undef LEAST_NORMAL
#undef EXPONENT_MAGIC
#undef EXPONENT_OFFSET
#undef EXP_DEGREE
#undef LOG_TERMS
