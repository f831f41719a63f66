/*
 * The innermost loops: a tile of C kept in registers while k runs.
 *
 * Per step of k a tile of r rows by v vectors loads v vectors of B and broadcasts r elements of A for r * v
 * multiply-adds, each of which feeds the next of its sum. So r * v must cover the latency of a multiply-add times the
 * number started per cycle (8 to 10), and r + v loads must not take longer than r * v multiply-adds: 14 by 2 does both
 * with all registers used, and where there are few rows, 1 to 6 by 4 come closest.
 */

typedef struct FN(tile) {
    const TYPE *a, *b;
    TYPE *c;
    int64_t a_row, a_column, b_row, c_row, depth;
    int64_t last;      /* columns of the last vector, 1 to LANES */
    const TYPE *start; /* what the sums of a column start from, a row of them; NULL for 0 */
    int more;          /* whether to add to what C holds */
} FN(tile);

/* The last vector of a row of B: partial where that is cheap; elsewhere the caller sees to it that a whole one is there. */
KG_INLINE VECTOR FN(load_last)(const TYPE *at, int64_t count) {
    return KG_CHEAP_PARTS ? FN(load_part)(at, count) : FN(load)(at);
}

KG_INLINE void FN(store_last)(TYPE *at, int64_t count, VECTOR vector) {
    if (count == LANES)
        FN(store)(at, vector);
    else
        FN(store_part)(at, count, vector);
}

KG_INLINE void FN(start_sums)(const FN(tile) *tile, VECTOR sums[][KG_WIDE_VECTORS], const int rows, const int vectors) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
        VECTOR first = {0};
        if (tile->start)
            first = v == vectors - 1 ? FN(load_part)(tile->start + v * LANES, tile->last)
                                     : FN(load)(tile->start + v * LANES);
#pragma GCC unroll 14
        for (int i = 0; i < rows; i++) sums[i][v] = first;
    }
}

KG_INLINE void FN(store_sums)(const FN(tile) *tile, VECTOR sums[][KG_WIDE_VECTORS], const int rows, const int vectors) {
    if (tile->more) {
#pragma GCC unroll 14
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                const TYPE *c = tile->c + i * tile->c_row + v * LANES;
                sums[i][v] += v == vectors - 1 ? FN(load_part)(c, tile->last) : FN(load)(c);
            }
    }
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            TYPE *c = tile->c + i * tile->c_row + v * LANES;
            if (v == vectors - 1)
                FN(store_last)(c, tile->last, sums[i][v]);
            else
                FN(store)(c, sums[i][v]);
        }
}

/*
 * Constant `rows` and `vectors` keep the sums in registers. So that A's addresses fit the registers, too, one pointer serves
 * `group` rows: all of them where they are neighbours, else three, for a processor scales an index by 1 or 2. The
 * compiler is kept from seeing through this, as it would make a pointer for each row and spill them.
 */
KG_INLINE void FN(multiply)(const FN(tile) *tile, const int rows, const int vectors, const int group, int64_t a_row,
                            int64_t a_column) {
    VECTOR sums[KG_TILE_ROWS][KG_WIDE_VECTORS];
    const TYPE *a[KG_TILE_ROWS], *b = tile->b;
    const int64_t last = tile->last;
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) __builtin_prefetch(tile->c + i * tile->c_row, 1);
#pragma GCC unroll 14
    for (int g = 0; g * group < rows; g++) a[g] = tile->a + g * group * a_row;
    FN(start_sums)(tile, sums, rows, vectors);
    for (int64_t k = tile->depth; k > 0; k--, b += tile->b_row) {
        VECTOR strip[KG_WIDE_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors - 1; v++) strip[v] = FN(load)(b + v * LANES);
        strip[vectors - 1] = FN(load_last)(b + (vectors - 1) * LANES, last);
#pragma GCC unroll 14
        for (int i = 0; i < rows; i++) {
            const TYPE factor = a[i / group][i % group * a_row];
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) sums[i][v] += factor * strip[v];
        }
#pragma GCC unroll 14
        for (int g = 0; g * group < rows; g++) {
            a[g] += a_column;
            __asm__("" : "+r"(a[g]));
        }
    }
    FN(store_sums)(tile, sums, rows, vectors);
}

/* One of A's strides is 1: see matmul_template.h. */
#define TILE_FUNCTION(rows, vectors)                                                               \
    static __attribute__((noinline)) void FN(tile_##rows##_##vectors)(const FN(tile) * tile) {     \
        if (tile->a_column == 1)                                                                   \
            FN(multiply)(tile, rows, vectors, 3, tile->a_row, 1);                                  \
        else                                                                                       \
            FN(multiply)(tile, rows, vectors, rows, 1, tile->a_column);                                  \
    }
#define TILE_ROW(rows) {FN(tile_##rows##_1), FN(tile_##rows##_2)},
#define TILE_WIDE_ROW(rows) {FN(tile_##rows##_1), FN(tile_##rows##_2), FN(tile_##rows##_3), FN(tile_##rows##_4)},
#define TILE_FUNCTIONS(rows) TILE_FUNCTION(rows, 1) TILE_FUNCTION(rows, 2)
#define TILE_WIDE_FUNCTIONS(rows) TILE_FUNCTIONS(rows) TILE_FUNCTION(rows, 3) TILE_FUNCTION(rows, 4)

KG_EACH_TILE(TILE_WIDE_FUNCTIONS, TILE_FUNCTIONS)

/* tiles[rows - 1][vectors - 1] */
static void (*const FN(tiles)[KG_TILE_ROWS][KG_WIDE_VECTORS])(const FN(tile) *) = {
    KG_EACH_TILE(TILE_WIDE_ROW, TILE_ROW)
};

#undef TILE_FUNCTION
#undef TILE_ROW
#undef TILE_WIDE_ROW
#undef TILE_FUNCTIONS
#undef TILE_WIDE_FUNCTIONS
