/* Any address of an element is aligned enough. */
typedef TYPE VECTOR __attribute__((vector_size(KG_VECTOR_BYTES), aligned(sizeof(TYPE)), may_alias));
typedef KG_PASTE(k_lane, E) FN(choice) __attribute__((vector_size(KG_VECTOR_BYTES)));

KG_INLINE VECTOR FN(load)(const TYPE *at) { return *(const VECTOR *)at; }
KG_INLINE void FN(store)(TYPE *at, VECTOR vector) { *(VECTOR *)at = vector; }

/* The first `count` lanes, 0 <= count <= LANES; the rest are 0, and their memory is not touched. */
KG_INLINE VECTOR FN(load_part)(const TYPE *at, int64_t count) {
#ifdef KG_LOAD_PART_f32
    return (VECTOR)KG_PASTE(KG_LOAD_PART, E)(at, count);
#else
    VECTOR vector = {0};
    for (int64_t lane = 0; lane < count; lane++) vector[lane] = at[lane];
    return vector;
#endif
}

KG_INLINE void FN(store_part)(TYPE *at, int64_t count, VECTOR vector) {
#ifdef KG_STORE_PART_f32
    KG_PASTE(KG_STORE_PART, E)(at, count, vector);
#else
    for (int64_t lane = 0; lane < count; lane++) at[lane] = vector[lane];
#endif
}

/* The sum of all lanes, by halves. */
KG_INLINE TYPE FN(sum_of_lanes)(VECTOR vector) {
    TYPE lanes[LANES];
    FN(store)(lanes, vector);
#pragma GCC unroll 4
    for (int half = LANES / 2; half; half /= 2)
#pragma GCC unroll 8
        for (int lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
    return lanes[0];
}

/*
 * Exchanges, in each two rows `step` apart, the blocks of `step` lanes that lie off the diagonal: done for every power
 * of two below LANES it transposes the square.
 */
KG_INLINE void FN(swap_blocks)(VECTOR rows[LANES], const int step) {
#if defined(__GNUC__) && !defined(__clang__)
    FN(choice) upper, lower;
#pragma GCC unroll 16
    for (int lane = 0; lane < LANES; lane++) {
        upper[lane] = lane & step ? LANES + lane - step : lane;
        lower[lane] = lane & step ? LANES + lane : lane + step;
    }
#pragma GCC unroll 16
    for (int row = 0; row < LANES; row++) {
        if (row & step) continue;
        const VECTOR first = rows[row], second = rows[row + step];
        rows[row] = __builtin_shuffle(first, second, upper);
        rows[row + step] = __builtin_shuffle(first, second, lower);
    }
#else
    for (int row = 0; row < LANES; row++)
        for (int lane = 0; lane < LANES; lane++)
            if (!(row & step) && (lane & step)) {
                const TYPE kept = rows[row][lane];
                rows[row][lane] = rows[row + step][lane - step];
                rows[row + step][lane - step] = kept;
            }
#endif
}

KG_INLINE void FN(transpose)(VECTOR rows[LANES]) {
#pragma GCC unroll 4
    for (int step = LANES / 2; step; step /= 2) FN(swap_blocks)(rows, step);
}

/* Lane i is the sum of the lanes of vectors[i]: by halves, each of which joins the sums of two vectors in one. */
KG_INLINE VECTOR FN(sums_of_lanes)(VECTOR vectors[LANES]) {
#pragma GCC unroll 4
    for (int half = LANES / 2; half; half /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < half; i++) {
#if defined(__GNUC__) && !defined(__clang__)
            FN(choice) upper, lower;
#pragma GCC unroll 16
            for (int lane = 0; lane < LANES; lane++) {
                upper[lane] = lane & half ? LANES + lane - half : lane;
                lower[lane] = lane & half ? LANES + lane : lane + half;
            }
            const VECTOR first = __builtin_shuffle(vectors[i], vectors[i + half], upper);
            vectors[i] = first + __builtin_shuffle(vectors[i], vectors[i + half], lower);
#else
            VECTOR sums;
            for (int lane = 0; lane < LANES; lane++)
                sums[lane] = lane & half ? vectors[i + half][lane - half] + vectors[i + half][lane]
                                         : vectors[i][lane] + vectors[i][lane + half];
            vectors[i] = sums;
#endif
        }
    return vectors[0];
}
