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

/* `y` lies as C does. */
static void FN(finish)(kg_finish finish, TYPE *c, const TYPE *y, int64_t c_row, int64_t rows, int64_t columns) {
    if (finish == KG_LINEAR) return;
    for (int64_t i = 0; i < rows; i++) FN(finish_row)(finish, c + i * c_row, y ? y + i * c_row : NULL, columns);
}
