/*
 * A row times a matrix: the rows of B, scaled, add up to the row of C. B is read once, and along its rows, several at a
 * time: tiles would read a few lines of one row after the other, which memory serves at a third of the speed. A piece of C
 * stays in the first cache for all of k.
 */

#define PIECE ((int64_t)(8192 / sizeof(TYPE)))

/* sum + factors[0] * b[0] + ...: `count` rows of B, constant, and of their columns the vector at `j`, or its part that is left. */
KG_INLINE VECTOR FN(scaled_rows)(VECTOR sum, const TYPE *b, int64_t b_row, const TYPE *factors, int64_t j, const int count,
                                 int64_t columns) {
#pragma GCC unroll 8
    for (int i = 0; i < count; i++)
        sum += factors[i] * (columns >= LANES ? FN(load)(b + i * b_row + j) : FN(load_part)(b + i * b_row + j, columns));
    return sum;
}

KG_INLINE void FN(add_rows)(TYPE *c, const TYPE *b, int64_t b_row, const TYPE *factors, const int count, int64_t columns) {
    int64_t j = 0;
    for (; j + LANES <= columns; j += LANES)
        FN(store)(c + j, FN(scaled_rows)(FN(load)(c + j), b, b_row, factors, j, count, LANES));
    const int64_t rest = columns - j;
    if (rest)
        FN(store_part)(c + j, rest, FN(scaled_rows)(FN(load_part)(c + j, rest), b, b_row, factors, j, count, rest));
}

/* c = start + a B; no `start` is 0. `a` is contiguous, and so are the rows of B. */
static void FN(multiply_row)(TYPE *c, const TYPE *a, const TYPE *b, int64_t b_row, const TYPE *start, int64_t depth,
                             int64_t columns) {
    for (int64_t j = 0; j < columns; j += PIECE) {
        const int64_t size = KG_MIN(PIECE, columns - j);
        for (int64_t i = j; i < j + size; i++) c[i] = start ? start[i] : 0;
        int64_t k = 0;
        for (; k + 8 <= depth; k += 8) FN(add_rows)(c + j, b + k * b_row + j, b_row, a + k, 8, size);
        for (; k < depth; k++) FN(add_rows)(c + j, b + k * b_row + j, b_row, a + k, 1, size);
    }
}

#undef PIECE
