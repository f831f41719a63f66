/* What a fused product does to each element of C when its sum is complete and still in the first cache. */

KG_INLINE void FN(finish_row)(kg_finish finish, TYPE *restrict c, const TYPE *restrict y, int64_t columns) {
    switch (finish) {
    case KG_LINEAR: return;
    case KG_RELU:
        KG_SIMD for (int64_t j = 0; j < columns; j++) c[j] = c[j] < 0 ? 0 : c[j];
        return;
    case KG_SIGMOID:
        KG_SIMD for (int64_t j = 0; j < columns; j++) c[j] = FN(s_sigmoid)(c[j]);
        return;
    case KG_TANH:
        KG_SIMD for (int64_t j = 0; j < columns; j++) c[j] = FN(s_tanh)(c[j]);
        return;
    case KG_RELU_GRAD:
        KG_SIMD for (int64_t j = 0; j < columns; j++) c[j] = y[j] > 0 ? c[j] : 0;
        return;
    }
}

/* What else goes into a finished element: both lie as C does, and may be NULL. */
typedef struct FN(beside) {
    const TYPE *y, *residual;
} FN(beside);

KG_INLINE FN(beside) FN(beside_at)(FN(beside) beside, int64_t place) {
    return (FN(beside)){beside.y ? beside.y + place : NULL, beside.residual ? beside.residual + place : NULL};
}

KG_INLINE void FN(add_row)(TYPE *restrict c, const TYPE *restrict residual, int64_t columns) {
    KG_SIMD for (int64_t j = 0; j < columns; j++) c[j] += residual[j];
}

static void FN(finish)(kg_finish finish, TYPE *c, FN(beside) beside, int64_t c_row, int64_t rows, int64_t columns) {
    if (finish == KG_LINEAR && !beside.residual) return;
    for (int64_t i = 0; i < rows; i++) {
        const FN(beside) row = FN(beside_at)(beside, i * c_row);
        if (row.residual) FN(add_row)(c + i * c_row, row.residual, columns);
        FN(finish_row)(finish, c + i * c_row, row.y, columns);
    }
}
