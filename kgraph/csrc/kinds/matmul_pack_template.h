/* Copies of parts of A and B that lie as the tiles read them: gaps and long strides cost more than a copy, if it is used often. */

/* A matrix as it lies: the element at (i, j) is at[i * row + j * column]; `row` or `column` is 1. */
typedef struct FN(operand) {
    const TYPE *at;
    int64_t row, column;
} FN(operand);

/* `lines` runs of `length` elements; the copies are `to_line` apart, which holds whole vectors, zeros at the end. */
static void FN(copy_lines)(TYPE *to, int64_t to_line, const TYPE *from, int64_t from_line, int64_t lines, int64_t length) {
    const int64_t whole = length / LANES * LANES;
    for (int64_t line = 0; line < lines; line++, to += to_line, from += from_line) {
        int64_t i = 0;
        for (; i < whole; i += LANES) FN(store)(to + i, FN(load)(from + i));
        if (i < length) FN(store)(to + i, FN(load_part)(from + i, length - i));
    }
}

/*
 * Strips of `step` columns out of `depth` rows, each row of a strip after the one before, in whole vectors of `width`
 * elements with zeros at the end: element (k, j) goes to to[(j / step * depth + k) * width + j % step].
 */
KG_INLINE void FN(pack_strips)(TYPE *to, const TYPE *from, int64_t from_row, int64_t depth, int64_t columns, int64_t step,
                               const int64_t width) {
    for (int64_t k = 0; k < depth; k++, from += from_row, to += width) {
        TYPE *strip = to;
        for (int64_t j = 0; j < columns; j += step, strip += depth * width) {
            const int64_t count = KG_MIN(step, columns - j);
            for (int64_t v = 0; v < width; v += LANES)
                FN(store)(strip + v, count - v >= LANES ? FN(load)(from + j + v)
                                                        : FN(load_part)(from + j + v, KG_MAX(0, count - v)));
        }
    }
}

/* Of a B whose rows are contiguous. */
static void FN(pack_rows)(TYPE *to, const TYPE *b, int64_t b_row, int64_t depth, int64_t columns) {
    FN(pack_strips)(to, b, b_row, depth, columns, STRIP, STRIP);
}

/* Of an A whose columns are contiguous: a strip is a block of `rows` rows of C. */
static void FN(pack_blocks)(TYPE *to, const TYPE *a, int64_t a_column, int64_t depth, int64_t rows, int64_t block_rows) {
    FN(pack_strips)(to, a, a_column, depth, rows, block_rows, BLOCK_WIDTH);
}

/* Up to LANES columns of B, each along k, `b_column` apart, become the first `depth` rows of a strip. */
KG_INLINE void FN(pack_turned_square)(TYPE *to, const TYPE *b, int64_t b_column, int64_t depth, int64_t columns) {
    VECTOR square[LANES];
    if (depth == LANES && columns == LANES) {
#pragma GCC unroll 16
        for (int j = 0; j < LANES; j++) square[j] = FN(load)(b + j * b_column);
        FN(transpose)(square);
#pragma GCC unroll 16
        for (int k = 0; k < LANES; k++) FN(store)(to + k * STRIP, square[k]);
        return;
    }
    for (int64_t j = 0; j < LANES; j++)
        square[j] = j < columns ? FN(load_part)(b + j * b_column, depth) : (VECTOR){0};
    FN(transpose)(square);
    for (int64_t k = 0; k < depth; k++) FN(store)(to + k * STRIP, square[k]);
}

/* The same strips as pack_rows makes, of a B whose columns are contiguous. */
static void FN(pack_turned)(TYPE *to, const TYPE *b, int64_t b_column, int64_t depth, int64_t columns) {
    for (int64_t j = 0; j < columns; j += LANES) {
        TYPE *strip = to + j / STRIP * STRIP * depth + j % STRIP;
        for (int64_t k = 0; k < depth; k += LANES)
            FN(pack_turned_square)(strip + k * STRIP, b + j * b_column + k, b_column, KG_MIN(LANES, depth - k),
                                   KG_MIN(LANES, columns - j));
    }
}
