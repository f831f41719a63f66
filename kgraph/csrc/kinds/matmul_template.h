#define STRIP (2 * LANES)
/* Elements between rows of A as they are copied: whole vectors, and one more so that they are spread over the cache. */
#define COPIED_ROW(depth) (((depth) + 2 * LANES - 1) / LANES * LANES)
#define BLOCK_WIDTH ((KG_TILE_ROWS + LANES - 1) / LANES * LANES)
#define DEPTH ((int64_t)(KG_DEPTH_BYTES / sizeof(TYPE)))
#define PANEL ((int64_t)(KG_PANEL_BYTES / sizeof(TYPE)))

#include "matmul_tile_template.h"
#include "matmul_pack_template.h"
#include "matmul_dot_template.h"
#include "matmul_row_template.h"
#include "matmul_finish_template.h"

/* What will be read when a tile of C is done: the same tile of other matrices. */
typedef struct FN(next) {
    int64_t count;
    kg_ahead ahead[KG_MOST_NEXT];
} FN(next);

/* A tile of C, what it is the product of, and what becomes of it. */
typedef struct FN(product) {
    FN(operand) a, b;
    TYPE *c;
    int64_t c_row, rows, columns, depth;
    const TYPE *bias; /* or NULL */
    FN(beside) beside;
    kg_finish finish;
    FN(next) *next;
} FN(product);

/* A part of k and a panel of columns: B in place up to column `packed_from`, strips at `packed` from there on. */
typedef struct FN(part) {
    FN(operand) a, b;
    int64_t depth, columns, packed_from;
    const TYPE *packed;
    TYPE *a_copy; /* room for a block of A, or NULL if it is read in place */
    kg_ahead b_ahead;
} FN(part);

/* Rows of a block: even parts of `rows`. */
static int64_t FN(block_rows)(int64_t rows) {
    const int64_t blocks = (rows + KG_TILE_ROWS - 1) / KG_TILE_ROWS;
    return (rows + blocks - 1) / blocks;
}

/* Whether to pack a panel of B that could be read in place. */
static int FN(is_worth_packing)(const FN(product) *product) {
    return product->rows > KG_PACK_ROWS && product->b.row > 2 * STRIP;
}

/* Whether enough strips read a block of A, and its rows are so far apart, that a copy is better. */
static int FN(is_worth_copying)(const FN(product) *product) {
    const int64_t bytes = (product->a.column == 1 ? product->a.row : product->a.column) * (int64_t)sizeof(TYPE);
    return product->columns >= KG_COPY_STRIPS * STRIP && bytes % KG_COPY_BYTES == 0;
}

/* A part of a matrix that will be read after `tiles` more tiles, along its rows or columns, whichever are contiguous. */
KG_INLINE kg_ahead FN(read_ahead)(FN(operand) matrix, int64_t rows, int64_t columns, int64_t tiles) {
    const int by_rows = matrix.column == 1;
    const int64_t lines = by_rows ? rows : columns, length = by_rows ? columns : rows;
    const int64_t stride = by_rows ? matrix.row : matrix.column, size = sizeof(TYPE);
    return kg_read_ahead(matrix.at, lines, stride * size, length * size, tiles);
}

/* One block of rows of C, at most KG_TILE_ROWS; `tile` has what is the same in all its strips. */
static void FN(multiply_strips)(FN(part) *part, const FN(tile) *tile, int64_t rows, kg_ahead *a_ahead, FN(next) *later) {
    const int64_t widest = (rows <= KG_WIDE_ROWS ? KG_WIDE_VECTORS : 2) * LANES;
    FN(tile) next = *tile;
    for (int64_t j = 0, width; j < part->columns; j += width) {
        const int packed = j >= part->packed_from;
        width = packed ? KG_MIN(STRIP, part->columns - j) : KG_MIN(widest, part->packed_from - j);
        const int64_t vectors = (width + LANES - 1) / LANES;
        next.b = packed ? part->packed + (j - part->packed_from) * part->depth : part->b.at + j;
        next.b_row = packed ? STRIP : part->b.row;
        next.c = tile->c + j;
        next.start = tile->start ? tile->start + j : NULL;
        next.last = width - (vectors - 1) * LANES;
        FN(tiles)[rows - 1][vectors - 1](&next);
        kg_prefetch_some(a_ahead);
        kg_prefetch_some(&part->b_ahead);
        for (int64_t i = 0; i < later->count; i++) kg_prefetch_some(&later->ahead[i]);
    }
}

/* Copies blocks of A from row `i` on: several at once where their rows share cache lines. The number of rows. */
static int64_t FN(copy_blocks)(const FN(product) *product, const FN(part) *part, int64_t i, int64_t block_rows) {
    const int64_t blocks = part->a.column == 1 ? 1 : KG_COPY_BLOCKS;
    const int64_t rows = KG_MIN(blocks * block_rows, product->rows - i);
    const TYPE *a = part->a.at + i * part->a.row;
    if (part->a.column == 1)
        FN(copy_lines)(part->a_copy, COPIED_ROW(part->depth), a, part->a.row, rows, part->depth);
    else
        FN(pack_blocks)(part->a_copy, a, part->a.column, part->depth, rows, block_rows);
    return rows;
}

/* Points `tile` at the block of A that begins `offset` rows after the first one copied. */
KG_INLINE void FN(use_copy)(const FN(part) *part, FN(tile) *tile, int64_t offset, int64_t block_rows) {
    if (part->a.column == 1) {
        tile->a_row = COPIED_ROW(part->depth);
        tile->a = part->a_copy + offset * tile->a_row;
    } else {
        tile->a_column = BLOCK_WIDTH;
        tile->a = part->a_copy + offset / block_rows * part->depth * BLOCK_WIDTH;
    }
}

/* The rows of one panel of C over one part of k; what comes first starts from the bias, what comes last is finished. */
static void FN(multiply_part)(const FN(product) *product, FN(part) *part, int64_t j, int first, int last) {
    const int64_t rows = product->rows, block_rows = FN(block_rows)(rows);
    int64_t copied_from = 0, copied_to = 0;
    kg_ahead a_ahead = {0};
    for (int64_t i = 0; i < rows; i += block_rows) {
        const int64_t size = KG_MIN(block_rows, rows - i);
        TYPE *c = product->c + i * product->c_row + j;
        FN(tile) tile = {.a = part->a.at + i * part->a.row, .c = c, .a_row = part->a.row, .a_column = part->a.column,
                         .c_row = product->c_row, .depth = part->depth, .more = !first,
                         .start = first && product->bias ? product->bias + j : NULL};
        if (part->a_copy) {
            if (i == copied_to) {
                const int64_t copied = FN(copy_blocks)(product, part, i, block_rows);
                copied_from = i, copied_to = i + copied;
                const FN(operand) below = {part->a.at + copied_to * part->a.row, part->a.row, part->a.column};
                a_ahead = FN(read_ahead)(below, KG_MIN(copied, rows - copied_to), part->depth,
                                         copied / block_rows * (part->columns / STRIP));
            }
            FN(use_copy)(part, &tile, i - copied_from, block_rows);
        }
        FN(multiply_strips)(part, &tile, size, &a_ahead, product->next);
        if (last)
            FN(finish)(product->finish, c, FN(beside_at)(product->beside, c - product->c), product->c_row, size,
                       part->columns);
    }
}

/* Packs as much of the part's panel as is to be packed. */
static void FN(pack_panel)(const FN(product) *product, FN(part) *part, TYPE *panel) {
    part->packed = panel;
    if (part->b.column != 1) {
        part->packed_from = 0;
        FN(pack_turned)(panel, part->b.at, part->b.column, part->depth, part->columns);
        return;
    }
    part->packed_from = KG_CHEAP_PARTS ? part->columns : part->columns / LANES * LANES;
    if (FN(is_worth_packing)(product)) part->packed_from = 0;
    if (part->packed_from < part->columns)
        FN(pack_rows)(panel, part->b.at + part->packed_from, part->b.row, part->depth, part->columns - part->packed_from);
}

/* With room for packed panels of `widest` columns, and for a block of A unless that is NULL. */
static void FN(multiply_panels)(const FN(product) *product, TYPE *panel, int64_t widest, TYPE *a_copy) {
    const int64_t parts = KG_MAX(1, (product->depth + DEPTH - 1) / DEPTH);
    for (int64_t j = 0; j < product->columns; j += widest)
        for (int64_t p = 0; p < parts; p++) {
            const int64_t k = product->depth * p / parts, end = product->depth * (p + 1) / parts;
            FN(part) part = {.a = product->a, .b = product->b, .depth = end - k, .a_copy = a_copy,
                             .columns = KG_MIN(widest, product->columns - j)};
            part.a.at += k * part.a.column;
            part.b.at += k * part.b.row + j * part.b.column;
            FN(pack_panel)(product, &part, panel);
            if (part.packed_from == 0 && p + 1 < parts) {
                FN(operand) later = product->b;
                later.at += end * later.row + j * later.column;
                const int64_t tiles = product->rows / KG_TILE_ROWS * (part.columns / STRIP);
                part.b_ahead = FN(read_ahead)(later, KG_MIN(part.depth, product->depth - end), part.columns, tiles);
            }
            FN(multiply_part)(product, &part, j, p == 0, p == parts - 1);
        }
}

/* Without memory for panels there is room on the stack for one strip at a time. */
static __attribute__((noinline)) void FN(multiply_on_stack)(const FN(product) *product) {
    TYPE strip[DEPTH * STRIP] __attribute__((aligned(64)));
    FN(multiply_panels)(product, strip, STRIP, NULL);
}

_Static_assert((DEPTH * PANEL + KG_COPY_BLOCKS * DEPTH * BLOCK_WIDTH) * sizeof(TYPE) <= KG_SCRATCH_BYTES &&
                   (DEPTH * PANEL + KG_TILE_ROWS * COPIED_ROW(DEPTH)) * sizeof(TYPE) <= KG_SCRATCH_BYTES,
               "the scratch memory holds a panel and the copied blocks of A");

static void FN(multiply_tiles)(const FN(product) *product) {
    TYPE *panel = kg_scratch();
    if (panel)
        FN(multiply_panels)(product, panel, PANEL, FN(is_worth_copying)(product) ? panel + DEPTH * PANEL : NULL);
    else
        FN(multiply_on_stack)(product);
}

/* What a kernel gives to its tiles: whether A and B are turned, then as in a product, but of whole matrices. */
typedef struct FN(form) {
    int a_turned, b_turned;
    const TYPE *bias;
    FN(beside) beside;
    kg_finish finish;
} FN(form);

/* By dot products: a column vector B, or few rows of A with B'. */
static void FN(multiply_by_dots)(const FN(product) *product) {
    const int is_column = product->columns == 1;
    FN(dots) dots = {.a = product->a.at, .b = product->b.at, .c = product->c, .depth = product->depth,
                     .c_row = product->c_row, .c_column = 1};
    if (is_column) {
        dots.a = product->b.at, dots.b = product->a.at, dots.c_column = product->c_row;
        dots.start = product->bias ? *product->bias : 0;
    }
    FN(multiply_dots)(&dots, is_column ? 1 : product->rows, is_column ? product->rows : product->columns);
    FN(finish)(product->finish, product->c, product->beside, product->c_row, product->rows, product->columns);
}

/* By the form that suits m by n, which are the sizes of the whole matrix. */
static void FN(multiply_suitably)(const FN(product) *product, const FN(form) *form, int64_t m, int64_t n) {
    if (!form->a_turned && (n == 1 || (form->b_turned && m <= KG_FEW_ROWS))) {
        FN(multiply_by_dots)(product);
    } else if (n == 1) {
        /* A'b is b'A, a row, and A lies as a B does. */
        FN(multiply_row)(product->c, product->b.at, product->a.at, product->a.column, NULL, product->depth, product->rows);
    } else if (m == 1 && product->b.column == 1) {
        FN(multiply_row)(product->c, product->a.at, product->b.at, product->b.row, product->bias, product->depth,
                         product->columns);
        FN(finish)(product->finish, product->c, product->beside, product->c_row, 1, product->columns);
    } else {
        FN(multiply_tiles)(product);
    }
}

/* Where a range of units begins: the first row and column of a tile of a matrix, and how far the range goes from there. */
typedef struct FN(reach) {
    int64_t matrix, i, j, rows, columns, units;
} FN(reach);

/*
 * ints: m, n, k, rows and columns of a tile. Units go down the tiles of C, then across, then through the matrices. Tiles
 * below each other make one product, and so do whole columns of them: what is packed is then used more often.
 */
KG_INLINE FN(reach) FN(reach_of)(const int64_t *ints, int64_t unit, int64_t end) {
    const int64_t m = ints[0], n = ints[1], tile_rows = ints[3], tile_columns = ints[4];
    const int64_t down = (m + tile_rows - 1) / tile_rows, across = (n + tile_columns - 1) / tile_columns;
    const int64_t row = unit % down, column = unit / down % across;
    const int64_t whole = row ? 0 : KG_MIN(across - column, (end - unit) / down);
    FN(reach) reach = {.matrix = unit / (down * across), .i = row * tile_rows, .j = column * tile_columns};
    reach.units = whole ? whole * down : KG_MIN(down - row, end - unit);
    reach.rows = KG_MIN(m - reach.i, whole ? m : reach.units * tile_rows);
    reach.columns = KG_MIN(n - reach.j, KG_MAX(1, whole) * tile_columns);
    return reach;
}

/* Of the elements at `place` on, in the layout of C, as many as `product` has. */
KG_INLINE FN(next) FN(next_of)(const kg_call *call, int64_t place, const FN(product) *product) {
    FN(next) next = {.count = KG_MIN(call->n_next, KG_MOST_NEXT)};
    const int64_t block = FN(block_rows)(product->rows), parts = KG_MAX(1, (product->depth + DEPTH - 1) / DEPTH);
    const int64_t strips = (product->rows / block) * (product->columns / STRIP) * parts;
    for (int64_t i = 0; i < next.count; i++) {
        const TYPE *at = (const TYPE *)call->args[call->n_args + i] + place;
        next.ahead[i] = kg_read_ahead(at, product->rows, product->c_row * (int64_t)sizeof(TYPE),
                                      product->columns * (int64_t)sizeof(TYPE), strips);
    }
    return next;
}

KG_INLINE int FN(multiply_units)(const kg_call *call, int64_t begin, int64_t end, TYPE *c, const FN(form) *form) {
    const int64_t m = call->ints[0], n = call->ints[1], depth = call->ints[2];
    /* With k = 1 a turned B lies as the plain one does. */
    const int b_turned = form->b_turned && depth > 1;
    const int64_t a_row = form->a_turned ? 1 : depth, a_column = form->a_turned ? m : 1;
    const int64_t b_row = b_turned ? 1 : n, b_column = b_turned ? depth : 1;
    for (int64_t unit = begin; unit < end;) {
        const FN(reach) reach = FN(reach_of)(call->ints, unit, end);
        const int64_t place = (reach.matrix * m + reach.i) * n + reach.j;
        FN(product) product = {
            .a = {IN(0) + reach.matrix * m * depth + reach.i * a_row, a_row, a_column},
            .b = {IN(1) + reach.matrix * n * depth + reach.j * b_column, b_row, b_column},
            .c = c + place, .c_row = n, .rows = reach.rows, .columns = reach.columns, .depth = depth,
            .bias = form->bias ? form->bias + reach.j : NULL, .beside = FN(beside_at)(form->beside, place),
            .finish = form->finish};
        FN(next) next = FN(next_of)(call, place, &product);
        product.next = &next;
        FN(multiply_suitably)(&product, form, m, n);
        unit += reach.units;
    }
    return 0;
}

KERNEL(matmul) { return FN(multiply_units)(call, begin, end, OUT(2), &(FN(form)){0}); }
KERNEL(matmul_tn) { return FN(multiply_units)(call, begin, end, OUT(2), &(FN(form)){.a_turned = 1}); }
KERNEL(matmul_nt) { return FN(multiply_units)(call, begin, end, OUT(2), &(FN(form)){.b_turned = 1}); }

/* ints: as above, then the activation. */
KERNEL(dense) {
    const FN(form) form = {.bias = IN(2), .finish = (kg_finish)call->ints[5]};
    return FN(multiply_units)(call, begin, end, OUT(3), &form);
}

KERNEL(dense_residual) {
    const FN(form) form = {.bias = IN(2), .beside.residual = IN(3), .finish = (kg_finish)call->ints[5]};
    return FN(multiply_units)(call, begin, end, OUT(4), &form);
}

KERNEL(matmul_nt_relu_grad) {
    const FN(form) form = {.b_turned = 1, .beside.y = IN(2), .finish = KG_RELU_GRAD};
    return FN(multiply_units)(call, begin, end, OUT(3), &form);
}

#undef STRIP
#undef COPIED_ROW
#undef BLOCK_WIDTH
#undef DEPTH
#undef PANEL
