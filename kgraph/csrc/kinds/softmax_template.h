/* ints: elements of a row. A unit is a row. */

/* Rows up to so many elements are short. */
#define SHORT_ROW (4 * LANES)

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

/* A copy of a short row in whole vectors, filled up with elements whose powers are 0. */
KG_INLINE void FN(copy_short_row)(TYPE *restrict row, const TYPE *restrict x, int64_t vectors, int64_t size) {
    const int64_t last = (vectors - 1) * LANES;
    for (int64_t i = 0; i < last; i += LANES) FN(store)(row + i, FN(load)(x + i));
    FN(choice) inside = {0};
    VECTOR none = {0};
    for (int lane = 0; lane < LANES; lane++) inside[lane] = -(last + lane < size), none[lane] = (TYPE)-INFINITY;
    const FN(choice) part = (FN(choice))FN(load_part)(x + last, size - last);
    FN(store)(row + last, (VECTOR)((part & inside) | ((FN(choice))none & ~inside)));
}

/* As below. Loops over what is left behind whole vectors would take most of the time of a short row. */
static void FN(softmax_of_short_row)(TYPE *restrict out, const TYPE *restrict x, int64_t size) {
    TYPE row[SHORT_ROW] __attribute__((aligned(64))), lanes[LANES], sums[LANES];
    const int64_t vectors = (size + LANES - 1) / LANES, last = (vectors - 1) * LANES;
    FN(copy_short_row)(row, x, vectors, size);
    for (int64_t lane = 0; lane < LANES; lane++) lanes[lane] = (TYPE)-INFINITY, sums[lane] = 0;
    for (int64_t i = 0; i <= last; i += LANES)
        KG_SIMD for (int64_t lane = 0; lane < LANES; lane++)
            lanes[lane] = row[i + lane] > lanes[lane] ? row[i + lane] : lanes[lane];
    TYPE largest = (TYPE)-INFINITY;
    _Pragma("omp simd reduction(max : largest)")
    for (int64_t lane = 0; lane < LANES; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
    for (int64_t i = 0; i <= last; i += LANES)
        KG_SIMD for (int64_t lane = 0; lane < LANES; lane++) {
            row[i + lane] = FN(s_exp)(row[i + lane] - largest);
            sums[lane] += row[i + lane];
        }
    const TYPE sum = FN(sum_of_lanes)(FN(load)(sums));
    for (int64_t i = 0; i <= last; i += LANES)
        KG_SIMD for (int64_t lane = 0; lane < LANES; lane++) row[i + lane] /= sum;
    for (int64_t i = 0; i < last; i += LANES) FN(store)(out + i, FN(load)(row + i));
    FN(store_part)(out + last, size - last, FN(load)(row + last));
}

KERNEL(softmax) {
    const int64_t size = call->ints[0];
    const int is_short = size > 0 && size <= SHORT_ROW && size % LANES;
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict x = IN(0) + row * size;
        TYPE *restrict out = OUT(1) + row * size, sum = 0;
        if (is_short) {
            FN(softmax_of_short_row)(out, x, size);
            continue;
        }
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

#undef SHORT_ROW
