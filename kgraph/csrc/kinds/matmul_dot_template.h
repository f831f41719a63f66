/*
 * Products whose operands both lie along k, where one of them has few rows: dot products by vectors along k. Nothing is
 * copied, and every element of the long operand is read as often as there are groups of KG_DOT_ROWS rows in the short one.
 *
 * The sum of an element is made of one vector of partial sums, whatever block it is in.
 */

typedef struct FN(dots) {
    const TYPE *a, *b;
    TYPE *c;
    int64_t depth, c_row, c_column; /* row i of `a` with row j of `b` makes c[i * c_row + j * c_column] */
    TYPE start;                     /* is added to every sum */
} FN(dots);

/* A block of `rows` by `columns`, both constant. */
KG_INLINE void FN(dot_block)(const FN(dots) *dots, int64_t i, int64_t j, const int rows, const int columns) {
    const int64_t depth = dots->depth, whole = depth / LANES * LANES;
    const TYPE *a = dots->a + i * depth, *b = dots->b + j * depth;
    VECTOR sums[KG_DOT_ROWS][8], left[KG_DOT_ROWS];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int s = 0; s < columns; s++) sums[r][s] = (VECTOR){0};
    for (int64_t k = 0; k < whole; k += LANES) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) left[r] = FN(load)(a + r * depth + k);
#pragma GCC unroll 8
        for (int s = 0; s < columns; s++) {
            const VECTOR right = FN(load)(b + s * depth + k);
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++) sums[r][s] += left[r] * right;
        }
    }
    if (whole < depth) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) left[r] = FN(load_part)(a + r * depth + whole, depth - whole);
#pragma GCC unroll 8
        for (int s = 0; s < columns; s++) {
            const VECTOR right = FN(load_part)(b + s * depth + whole, depth - whole);
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++) sums[r][s] += left[r] * right;
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int s = 0; s < columns; s++)
            dots->c[(i + r) * dots->c_row + (j + s) * dots->c_column] = FN(sum_of_lanes)(sums[r][s]) + dots->start;
}

/* `rows` rows of `a`, constant, with all rows of `b`: `most` at a time. */
KG_INLINE void FN(dot_rows)(const FN(dots) *dots, int64_t i, int64_t columns, const int rows, const int most) {
    int64_t j = 0;
    for (; j + most <= columns; j += most) FN(dot_block)(dots, i, j, rows, most);
    for (; j < columns; j++) FN(dot_block)(dots, i, j, rows, 1);
}

static void FN(multiply_dots)(const FN(dots) *dots, int64_t rows, int64_t columns) {
    int64_t i = 0;
    for (; i + KG_DOT_ROWS <= rows; i += KG_DOT_ROWS) FN(dot_rows)(dots, i, columns, KG_DOT_ROWS, 4);
#if KG_DOT_ROWS > 2
    for (; i + 2 <= rows; i += 2) FN(dot_rows)(dots, i, columns, 2, 4);
#endif
    for (; i < rows; i++) FN(dot_rows)(dots, i, columns, 1, 8);
}
