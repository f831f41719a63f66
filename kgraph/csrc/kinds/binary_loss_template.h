/* A unit is an element. */

KG_INLINE TYPE FN(clipped)(TYPE p, TYPE low, TYPE high) { return p < low ? low : p > high ? high : p; }

/* floats: epsilon */
KERNEL(binary_crossentropy) {
    const TYPE *y = IN(0), *p = IN(1), low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    TYPE *out = OUT(2);
    KG_SIMD for (int64_t i = begin; i < end; i++) {
        const TYPE q = FN(clipped)(p[i], low, high), log_q = FN(s_log)(q), log_rest = FN(s_log)(1 - q);
        /* A sum of two products would leave open which one is fused, and so the last bit. */
        out[i] = -(y[i] * log_q + (log_rest - y[i] * log_rest));
    }
    return 0;
}

/* floats: epsilon */
KERNEL(binary_crossentropy_grad) {
    const TYPE *y = IN(0), *p = IN(1), *dy = IN(2), low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    TYPE *out = OUT(3);
    KG_SIMD for (int64_t i = begin; i < end; i++) {
        const TYPE slope = (1 - y[i]) / (1 - p[i]) - y[i] / p[i];
        out[i] = p[i] < low || p[i] > high ? 0 : dy[i] * slope;
    }
    return 0;
}

KERNEL(sigmoid_crossentropy) {
    const TYPE *y = IN(0), *logits = IN(1);
    TYPE *out = OUT(2);
    KG_SIMD for (int64_t i = begin; i < end; i++) out[i] = FN(s_softplus)(logits[i]) - logits[i] * y[i];
    return 0;
}

KERNEL(sigmoid_crossentropy_grad) {
    const TYPE *y = IN(0), *logits = IN(1), *dy = IN(2);
    TYPE *out = OUT(3);
    KG_SIMD for (int64_t i = begin; i < end; i++) out[i] = dy[i] * (FN(s_sigmoid)(logits[i]) - y[i]);
    return 0;
}
