/*
 * Rows normalised: h = (x - mean) * factor with factor = 1 / sqrt(variance + epsilon), or without the mean
 * (`centred` = 0), where the variance is the mean of squares. As many rows as a vector has lanes are taken together:
 * they are gone through several times while in cache, and what is one number a row is one vector for all of them.
 *
 * floats: epsilon.
 */

/* What is summed over a row: x; (x - mean)^2; or that, g = dy * gamma, and g * (x - mean). */
enum { FN(ROW_VALUES), FN(ROW_SQUARES), FN(ROW_ADJOINTS) };
#define NORM_SUMS(what) ((what) == FN(ROW_ADJOINTS) ? 3 : 1)

/* Rows one below the other, dy along x; gamma and dy are NULL where nothing asks for them. */
typedef struct FN(norm_rows) {
    const TYPE *x, *dy, *gamma;
    int64_t count, size; /* at most LANES rows of so many elements */
    TYPE mean[LANES], factor[LANES];
    VECTOR last; /* 1 in the lanes of the last vector of a row that hold elements of it, else 0 */
} FN(norm_rows);

KG_INLINE VECTOR FN(norm_load)(const TYPE *at, int64_t lanes) {
    return lanes == LANES ? FN(load)(at) : FN(load_part)(at, lanes);
}

KG_INLINE void FN(norm_store)(TYPE *at, int64_t lanes, VECTOR vector) {
    if (lanes == LANES)
        FN(store)(at, vector);
    else
        FN(store_part)(at, lanes, vector);
}

/* Adds what is summed, of `lanes` elements from column i on of a row. */
KG_INLINE void FN(norm_add)(
    const int what, const FN(norm_rows) *rows, int64_t row, int64_t i, int64_t lanes, VECTOR sums[3]) {
    const int64_t at = row * rows->size + i;
    VECTOR x = FN(norm_load)(rows->x + at, lanes);
    if (what == FN(ROW_VALUES)) {
        sums[0] += x;
        return;
    }
    x -= rows->mean[row];
    if (lanes != LANES) x *= rows->last;
    sums[0] += x * x;
    if (what == FN(ROW_SQUARES)) return;
    const VECTOR g = FN(norm_load)(rows->dy + at, lanes) * FN(norm_load)(rows->gamma + i, lanes);
    sums[1] += g;
    sums[2] += g * x;
}

/* The sums over a row, in LANES parts: of blocks, each of four sums side by side, so that few terms add up in one. */
KG_INLINE void FN(norm_row_parts)(const int what, const FN(norm_rows) *rows, int64_t row, VECTOR totals[3]) {
    const int64_t whole = rows->size / LANES * LANES;
    for (int64_t from = 0; from < whole; from += NORM_ROW_BLOCK) {
        const int64_t to = KG_MIN(whole, from + NORM_ROW_BLOCK);
        VECTOR parts[4][3] = {{{0}}};
        int64_t i = from;
        for (; i + 4 * LANES <= to; i += 4 * LANES)
#pragma GCC unroll 4
            for (int part = 0; part < 4; part++) FN(norm_add)(what, rows, row, i + part * LANES, LANES, parts[part]);
        for (; i < to; i += LANES) FN(norm_add)(what, rows, row, i, LANES, parts[0]);
        for (int sum = 0; sum < NORM_SUMS(what); sum++)
            totals[sum] += (parts[0][sum] + parts[1][sum]) + (parts[2][sum] + parts[3][sum]);
    }
    if (whole < rows->size) FN(norm_add)(what, rows, row, whole, rows->size - whole, totals);
}

/* The means over each row of what is summed. */
KG_INLINE void FN(norm_means)(const int what, const FN(norm_rows) *rows, VECTOR means[3]) {
    VECTOR parts[3][LANES];
    for (int64_t row = 0; row < LANES; row++) {
        VECTOR totals[3] = {{0}};
        if (row < rows->count) FN(norm_row_parts)(what, rows, row, totals);
        for (int sum = 0; sum < NORM_SUMS(what); sum++) parts[sum][row] = totals[sum];
    }
    for (int sum = 0; sum < NORM_SUMS(what); sum++)
        means[sum] = FN(sums_of_lanes)(parts[sum]) / (TYPE)rows->size;
}

/* Finds mean and factor of each row, and the means of what is summed then. */
KG_INLINE void FN(norm_scale)(
    const int what, FN(norm_rows) *rows, double epsilon, const int centred, VECTOR means[3]) {
    VECTOR mean[3] = {{0}};
    for (int64_t lane = 0; lane < LANES; lane++) rows->last[lane] = lane < rows->size % LANES;
    if (centred) FN(norm_means)(FN(ROW_VALUES), rows, mean);
    FN(store)(rows->mean, mean[0]);
    FN(norm_means)(what, rows, means);
    FN(store)(rows->factor, means[0] + (TYPE)epsilon);
    KG_SIMD for (int64_t row = 0; row < LANES; row++) rows->factor[row] = 1 / FN(s_sqrt)(rows->factor[row]);
}

/* Runs the block for i and the number of lanes from there on, through `size` elements. */
#define NORM_EACH(size, ...)                                    \
    {                                                           \
        int64_t i = 0;                                          \
        for (; i + LANES <= (size); i += LANES) {               \
            const int64_t lanes = LANES;                        \
            __VA_ARGS__                                         \
        }                                                       \
        if (i < (size)) {                                       \
            const int64_t lanes = (size) - i;                   \
            __VA_ARGS__                                         \
        }                                                       \
    }

/* ints: elements of a row. A unit is a row. */
KG_INLINE void FN(norm_forward)(const kg_call *call, int64_t begin, int64_t end, const int centred) {
    const int64_t size = call->ints[0];
    const TYPE *gamma = IN(1), *beta = centred ? IN(2) : 0;
    for (int64_t first = begin; first < end; first += LANES) {
        FN(norm_rows) rows = {.x = IN(0) + first * size, .count = KG_MIN(LANES, end - first), .size = size};
        TYPE *out = OUT(centred ? 3 : 2) + first * size;
        VECTOR squares[3];
        FN(norm_scale)(FN(ROW_SQUARES), &rows, call->floats[0], centred, squares);
        for (int64_t row = 0; row < rows.count; row++)
            NORM_EACH(size, {
                VECTOR y = FN(norm_load)(rows.x + row * size + i, lanes) - rows.mean[row];
                y = y * rows.factor[row] * FN(norm_load)(gamma + i, lanes);
                if (centred) y += FN(norm_load)(beta + i, lanes);
                FN(norm_store)(out + row * size + i, lanes, y);
            })
    }
}

KERNEL(layer_norm) {
    FN(norm_forward)(call, begin, end, 1);
    return 0;
}

KERNEL(rms_norm) {
    FN(norm_forward)(call, begin, end, 0);
    return 0;
}

/* factor * (g - mean(g) - h * mean(g * h)) where g = dy * gamma. ints: elements of a row. A unit is a row. */
KG_INLINE void FN(norm_backward)(const kg_call *call, int64_t begin, int64_t end, const int centred) {
    const int64_t size = call->ints[0];
    for (int64_t first = begin; first < end; first += LANES) {
        FN(norm_rows) rows = {
            .x = IN(0) + first * size, .dy = IN(2) + first * size, .gamma = IN(1),
            .count = KG_MIN(LANES, end - first), .size = size};
        TYPE *out = OUT(3) + first * size, shift[LANES], slope[LANES];
        VECTOR means[3];
        FN(norm_scale)(FN(ROW_ADJOINTS), &rows, call->floats[0], centred, means);
        FN(store)(shift, centred ? means[1] : (VECTOR){0});
        FN(store)(slope, means[2] * FN(load)(rows.factor) * FN(load)(rows.factor));
        for (int64_t row = 0; row < rows.count; row++)
            NORM_EACH(size, {
                const VECTOR g = FN(norm_load)(rows.dy + row * size + i, lanes) * FN(norm_load)(rows.gamma + i, lanes);
                const VECTOR from_mean = FN(norm_load)(rows.x + row * size + i, lanes) - rows.mean[row];
                const VECTOR dx = (g - shift[row] - from_mean * slope[row]) * rows.factor[row];
                FN(norm_store)(out + row * size + i, lanes, dx);
            })
    }
}

KERNEL(layer_norm_grad) {
    FN(norm_backward)(call, begin, end, 1);
    return 0;
}

KERNEL(rms_norm_grad) {
    FN(norm_backward)(call, begin, end, 0);
    return 0;
}

/* Adds the lanes of a vector of sums to totals. */
KG_INLINE void FN(norm_add_lanes)(double *totals, VECTOR sums, int64_t lanes) {
    TYPE values[LANES];
    FN(store)(values, sums);
    if (lanes == LANES)
        KG_SIMD for (int64_t lane = 0; lane < LANES; lane++) totals[lane] += values[lane];
    else
        for (int64_t lane = 0; lane < lanes; lane++) totals[lane] += values[lane];
}

/* Adds to totals, for `width` columns from `first` on, the sums of dy * h, and from NORM_COLUMNS on those of dy. */
KG_INLINE void FN(norm_add_rows)(
    const FN(norm_rows) *rows, int64_t first, int64_t width, double *totals, const int centred) {
    NORM_EACH(width, {
        VECTOR products = {0}, sums = {0};
        for (int64_t row = 0; row < rows->count; row++) {
            const int64_t at = row * rows->size + first + i;
            const VECTOR dy = FN(norm_load)(rows->dy + at, lanes);
            products += dy * ((FN(norm_load)(rows->x + at, lanes) - rows->mean[row]) * rows->factor[row]);
            if (centred) sums += dy;
        }
        FN(norm_add_lanes)(totals + i, products, lanes);
        if (centred) FN(norm_add_lanes)(totals + NORM_COLUMNS + i, sums, lanes);
    })
}

/* ints: matrices, rows and columns of each. A unit is a matrix. */
KG_INLINE void FN(norm_row_sums)(const kg_call *call, int64_t begin, int64_t end, const int centred) {
    const int64_t matrices = call->ints[0], height = call->ints[1], columns = call->ints[2];
    for (int64_t matrix = begin; matrix < end; matrix++)
        for (int64_t first = 0; first < columns; first += NORM_COLUMNS) {
            const int64_t width = KG_MIN(NORM_COLUMNS, columns - first), last = (matrix + 1) * height;
            double totals[2 * NORM_COLUMNS] = {0};
            for (int64_t row = matrix * height; row < last; row += LANES) {
                FN(norm_rows) rows = {
                    .x = IN(0) + row * columns, .dy = IN(1) + row * columns,
                    .count = KG_MIN(LANES, last - row), .size = columns};
                VECTOR squares[3];
                FN(norm_scale)(FN(ROW_SQUARES), &rows, call->floats[0], centred, squares);
                FN(norm_add_rows)(&rows, first, width, totals, centred);
            }
            TYPE *out = OUT(2) + matrix * columns + first;
            for (int64_t j = 0; j < width; j++) out[j] = (TYPE)totals[j];
            if (centred)
                for (int64_t j = 0; j < width; j++) out[matrices * columns + j] = (TYPE)totals[NORM_COLUMNS + j];
        }
}

KERNEL(layer_norm_sums) {
    FN(norm_row_sums)(call, begin, end, 1);
    return 0;
}

KERNEL(rms_norm_sums) {
    FN(norm_row_sums)(call, begin, end, 0);
    return 0;
}
#undef NORM_SUMS
#undef NORM_EACH
