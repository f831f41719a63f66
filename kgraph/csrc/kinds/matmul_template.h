#define VECTOR KG_PASTE(vector, E)
#define LANES ((int64_t)(KG_VECTOR_BYTES / sizeof(TYPE)))
#define STRIP (2 * LANES)
/* Of k, at most this much at once: the copied strip of B then takes 32 KB of stack and stays in the first cache. */
#define DEPTH ((int64_t)(32768 / (2 * KG_VECTOR_BYTES)))

typedef TYPE VECTOR __attribute__((vector_size(KG_VECTOR_BYTES), aligned(sizeof(TYPE)), may_alias));

/* A matrix as it lies: the element at (i, j) is at[i * row + j * column]. */
typedef struct FN(operand) {
    const TYPE *at;
    int64_t row, column;
} FN(operand);

/* A block of C, at most KG_TILE_ROWS by STRIP, and what it is the product of; `more` adds to what C holds. */
typedef struct FN(tile) {
    const TYPE *a, *b;
    TYPE *c;
    int64_t a_row, a_column, b_row, c_row, depth, columns;
    int more;
} FN(tile);

KG_INLINE void FN(store_row)(const FN(tile) *tile, TYPE *c, const VECTOR *sums, const int vectors) {
    if (tile->columns == vectors * LANES) {
        for (int v = 0; v < vectors; v++) {
            VECTOR *to = (VECTOR *)(c + v * LANES);
            if (tile->more)
                *to += sums[v];
            else
                *to = sums[v];
        }
        return;
    }
    TYPE row[STRIP];
    memcpy(row, sums, (size_t)vectors * sizeof(VECTOR));
    const int64_t columns = KG_MIN(tile->columns, vectors * LANES);
    for (int64_t j = 0; j < columns; j++) c[j] = tile->more ? c[j] + row[j] : row[j];
}

/* Constant `rows` and `vectors` keep the sums in registers; a constant stride of A keeps its addresses few. */
KG_INLINE void FN(multiply)(const FN(tile) *tile, const int rows, const int vectors, int64_t a_row, int64_t a_column) {
    VECTOR sums[KG_TILE_ROWS][2];
    const TYPE *a = tile->a, *b = tile->b;
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) sums[i][v] = (VECTOR){0};
    for (int64_t k = 0; k < tile->depth; k++, a += a_column, b += tile->b_row) {
        VECTOR strip[2];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) strip[v] = *(const VECTOR *)(b + v * LANES);
#pragma GCC unroll 14
        for (int i = 0; i < rows; i++) {
            const TYPE factor = a[i * a_row];
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) sums[i][v] += factor * strip[v];
        }
    }
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) FN(store_row)(tile, tile->c + i * tile->c_row, sums[i], vectors);
}

KG_INLINE void FN(multiply_strided)(const FN(tile) *tile, const int rows, const int vectors) {
    if (tile->a_column == 1)
        FN(multiply)(tile, rows, vectors, tile->a_row, 1);
    else
        FN(multiply)(tile, rows, vectors, 1, tile->a_column);
}

#define TILE_FUNCTION(rows)                                                                        \
    static __attribute__((noinline)) void FN(tile_##rows)(const FN(tile) * tile) {            \
        if (tile->columns > LANES)                                                                 \
            FN(multiply_strided)(tile, rows, 2);                                                 \
        else                                                                                       \
            FN(multiply_strided)(tile, rows, 1);                                                 \
    }
TILE_FUNCTION(1) TILE_FUNCTION(2) TILE_FUNCTION(3) TILE_FUNCTION(4) TILE_FUNCTION(5) TILE_FUNCTION(6)
#if KG_TILE_ROWS == 14
TILE_FUNCTION(7) TILE_FUNCTION(8) TILE_FUNCTION(9) TILE_FUNCTION(10) TILE_FUNCTION(11) TILE_FUNCTION(12)
TILE_FUNCTION(13) TILE_FUNCTION(14)
#endif
#undef TILE_FUNCTION

static void (*const FN(tiles)[KG_TILE_ROWS + 1])(const FN(tile) *) = {
    0, FN(tile_1), FN(tile_2), FN(tile_3), FN(tile_4), FN(tile_5), FN(tile_6),
#if KG_TILE_ROWS == 14
    FN(tile_7), FN(tile_8), FN(tile_9), FN(tile_10), FN(tile_11), FN(tile_12), FN(tile_13), FN(tile_14),
#endif
};

/* Copies a strip of B row by row, zeros after its last column. */
static void FN(copy_strip)(TYPE *restrict strip, FN(operand) b, int64_t depth, int64_t columns) {
    const int64_t width = columns > LANES ? STRIP : LANES;
    if (columns < width) memset(strip, 0, (size_t)(depth * STRIP) * sizeof(TYPE));
    if (b.column == 1) {
        for (int64_t k = 0; k < depth; k++) memcpy(strip + k * STRIP, b.at + k * b.row, (size_t)columns * sizeof(TYPE));
        return;
    }
    /* Eight rows of the strip at once use up the lines of B that they read. */
    for (int64_t first = 0; first < depth; first += 8)
        for (int64_t j = 0; j < columns; j++)
            for (int64_t k = first; k < KG_MIN(first + 8, depth); k++)
                strip[k * STRIP + j] = b.at[k * b.row + j * b.column];
}

/* C = A B for `rows` rows of A, one strip of B. */
static void FN(strip_product)(FN(tile) tile, int64_t rows) {
    const int64_t blocks = (rows + KG_TILE_ROWS - 1) / KG_TILE_ROWS;
    for (int64_t block = 0, first = 0; block < blocks; block++) {
        const int64_t next = rows * (block + 1) / blocks;
        FN(tile) part = tile;
        part.a += first * tile.a_row;
        part.c += first * tile.c_row;
        FN(tiles)[next - first](&part);
        first = next;
    }
}

/* C = A B, `rows` by `columns`; one of A's strides is 1, and one of B's. */
static void FN(product)(FN(operand) a, FN(operand) b, TYPE *c, int64_t rows, int64_t columns, int64_t depth) {
    TYPE copy[DEPTH * STRIP] __attribute__((aligned(64)));
    int64_t k = 0;
    do {
        const int64_t part = KG_MIN(DEPTH, depth - k);
        for (int64_t j = 0; j < columns; j += STRIP) {
            const int64_t width = KG_MIN(STRIP, columns - j);
            const FN(operand) strip = {b.at + k * b.row + j * b.column, b.row, b.column};
            const int in_place = b.column == 1 && (width == STRIP || width == LANES);
            if (!in_place) FN(copy_strip)(copy, strip, part, width);
            FN(strip_product)((FN(tile)){.a = a.at + k * a.column, .b = in_place ? strip.at : copy, .c = c + j,
                                             .a_row = a.row, .a_column = a.column, .b_row = in_place ? b.row : STRIP,
                                             .c_row = columns, .depth = part, .columns = width, .more = k > 0}, rows);
        }
        k += part;
    } while (k < depth);
}

/* The dot product of two contiguous vectors, by lanes. */
KG_INLINE TYPE FN(dot)(const TYPE *restrict a, const TYPE *restrict b, int64_t size) {
    TYPE sum = 0;
    _Pragma("omp simd reduction(+ : sum)")
    for (int64_t k = 0; k < size; k++) sum += a[k] * b[k];
    return sum;
}

/* C = A B' where both lie along k: no copy of B is worth its while when few rows of A would use it. */
static void FN(dots)(const TYPE *a, const TYPE *b, TYPE *c, int64_t rows, int64_t columns, int64_t depth) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) c[i * columns + j] = FN(dot)(a + i * depth, b + j * depth, depth);
}

/*
 * Rows [begin, end) of a stack of products of m by n, one matrix at a time. The choice between methods looks at the
 * sizes of the product alone, never at the range.
 */
KG_INLINE int FN(stack)(const kg_call *call, int64_t begin, int64_t end, int a_turned, int b_turned) {
    const int64_t m = call->ints[0], n = call->ints[1], depth = call->ints[2];
    for (int64_t row = begin, rows; row < end; row += rows) {
        const int64_t matrix = row / m, i = row % m;
        rows = KG_MIN(m - i, end - row);
        const TYPE *a = IN(0) + matrix * m * depth + (a_turned ? i : i * depth), *b = IN(1) + matrix * n * depth;
        TYPE *c = OUT(2) + row * n;
        if (!a_turned && (n == 1 || (b_turned && m <= 4)))
            FN(dots)(a, b, c, rows, n, depth);
        else if (n == 1)
            FN(product)((FN(operand)){b, depth, 1}, (FN(operand)){a, m, 1}, c, 1, rows, depth);
        else
            FN(product)((FN(operand)){a, a_turned ? 1 : depth, a_turned ? m : 1},
                          (FN(operand)){b, b_turned ? 1 : n, b_turned ? depth : 1}, c, rows, n, depth);
    }
    return 0;
}

/* ints: m, n, k. A unit is a row of C. */
KERNEL(matmul) { return FN(stack)(call, begin, end, 0, 0); }
KERNEL(matmul_tn) { return FN(stack)(call, begin, end, 1, 0); }
KERNEL(matmul_nt) { return FN(stack)(call, begin, end, 0, 1); }

#undef VECTOR
#undef LANES
#undef STRIP
#undef DEPTH
