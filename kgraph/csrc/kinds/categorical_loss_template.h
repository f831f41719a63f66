/* ints: classes. A unit is a row. */

KG_INLINE TYPE FN(row_sum)(const TYPE *restrict x, int64_t size) {
    TYPE sum = 0;
    _Pragma("omp simd reduction(+ : sum)")
    for (int64_t i = 0; i < size; i++) sum += x[i];
    return sum;
}

/* floats: epsilon */
KERNEL(categorical_crossentropy) {
    const int64_t classes = call->ints[0];
    const TYPE low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict y = IN(0) + row * classes, *restrict p = IN(1) + row * classes;
        const TYPE total = FN(row_sum)(p, classes);
        TYPE sum = 0;
        _Pragma("omp simd reduction(+ : sum)")
        for (int64_t i = 0; i < classes; i++) sum += y[i] * FN(s_log)(FN(clipped)(p[i] / total, low, high));
        OUT(2)[row] = -sum;
    }
    return 0;
}

/*
 * With q = p / sum(p) and only the classes that clipping leaves alone: d p[i] = dy * (sum(y) - y[i] / q[i]) / sum(p).
 * floats: epsilon
 */
KERNEL(categorical_crossentropy_grad) {
    const int64_t classes = call->ints[0];
    const TYPE low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict y = IN(0) + row * classes, *restrict p = IN(1) + row * classes;
        TYPE *restrict out = OUT(3) + row * classes;
        const TYPE total = FN(row_sum)(p, classes), scale = IN(2)[row] / total;
        TYPE sum = 0;
        _Pragma("omp simd reduction(+ : sum)")
        for (int64_t i = 0; i < classes; i++) {
            const TYPE q = p[i] / total;
            sum += q < low || q > high ? 0 : y[i];
        }
        KG_SIMD for (int64_t i = 0; i < classes; i++) {
            const TYPE q = p[i] / total, own = y[i] / q;
            out[i] = scale * (sum - (q < low || q > high ? 0 : own));
        }
    }
    return 0;
}

KERNEL(softmax_crossentropy) {
    const int64_t classes = call->ints[0];
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict y = IN(0) + row * classes, *restrict x = IN(1) + row * classes;
        const TYPE largest = FN(row_max)(x, classes);
        const TYPE log_sum = FN(s_log)(FN(sum_of_powers)(x, classes, largest));
        TYPE sum = 0;
        _Pragma("omp simd reduction(+ : sum)")
        for (int64_t i = 0; i < classes; i++) sum += y[i] * (x[i] - largest - log_sum);
        OUT(2)[row] = -sum;
    }
    return 0;
}

/* d x[i] = dy * (softmax(x)[i] * sum(y) - y[i]) */
KERNEL(softmax_crossentropy_grad) {
    const int64_t classes = call->ints[0];
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict y = IN(0) + row * classes, *restrict x = IN(1) + row * classes;
        TYPE *restrict out = OUT(3) + row * classes;
        const TYPE dy = IN(2)[row], largest = FN(row_max)(x, classes);
        const TYPE scale = FN(row_sum)(y, classes) / FN(sum_of_powers)(x, classes, largest);
        KG_SIMD for (int64_t i = 0; i < classes; i++)
            out[i] = dy * (FN(s_exp)(x[i] - largest) * scale - y[i]);
    }
    return 0;
}
