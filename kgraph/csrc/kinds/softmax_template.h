/* ints: elements of a row. A unit is a row. */

/* The largest element that is not NaN; a NaN still reaches the result through the sum of powers. */
KG_INLINE TYPE FN(row_max)(const TYPE *restrict x, int64_t size) {
    TYPE largest = (TYPE)-INFINITY;
    _Pragma("omp simd reduction(max : largest)")
    for (int64_t i = 0; i < size; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

/* sum(exp(x - largest)) */
KG_INLINE TYPE FN(sum_of_powers)(const TYPE *restrict x, int64_t size, TYPE largest) {
    TYPE sum = 0;
    _Pragma("omp simd reduction(+ : sum)")
    for (int64_t i = 0; i < size; i++) sum += FN(s_exp)(x[i] - largest);
    return sum;
}

KERNEL(softmax) {
    const int64_t size = call->ints[0];
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict x = IN(0) + row * size;
        TYPE *restrict out = OUT(1) + row * size, sum = 0;
        const TYPE largest = FN(row_max)(x, size);
        _Pragma("omp simd reduction(+ : sum)")
        for (int64_t i = 0; i < size; i++) {
            out[i] = FN(s_exp)(x[i] - largest);
            sum += out[i];
        }
        KG_SIMD for (int64_t i = 0; i < size; i++) out[i] /= sum;
    }
    return 0;
}

KERNEL(softmax_grad) {
    const int64_t size = call->ints[0];
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict y = IN(0) + row * size, *restrict dy = IN(1) + row * size;
        TYPE *restrict out = OUT(2) + row * size, dot = 0;
        _Pragma("omp simd reduction(+ : dot)")
        for (int64_t i = 0; i < size; i++) dot += y[i] * dy[i];
        KG_SIMD for (int64_t i = 0; i < size; i++) out[i] = y[i] * (dy[i] - dot);
    }
    return 0;
}

KERNEL(log_softmax) {
    const int64_t size = call->ints[0];
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict x = IN(0) + row * size;
        TYPE *restrict out = OUT(1) + row * size;
        const TYPE largest = FN(row_max)(x, size);
        const TYPE log_sum = FN(s_log)(FN(sum_of_powers)(x, size, largest));
        KG_SIMD for (int64_t i = 0; i < size; i++) out[i] = x[i] - largest - log_sum;
    }
    return 0;
}

KERNEL(log_softmax_grad) {
    const int64_t size = call->ints[0];
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict y = IN(0) + row * size, *restrict dy = IN(1) + row * size;
        TYPE *restrict out = OUT(2) + row * size, sum = 0;
        _Pragma("omp simd reduction(+ : sum)")
        for (int64_t i = 0; i < size; i++) sum += dy[i];
        KG_SIMD for (int64_t i = 0; i < size; i++) out[i] = dy[i] - FN(s_exp)(y[i]) * sum;
    }
    return 0;
}
