/*
 * Columns normalised: h = (x - mean) * factor with factor = 1 / sqrt(variance + epsilon). The operands are matrices of
 * rows and columns, one after the other; moments (and their adjoints, and sums) are a pair of vectors for each matrix:
 * the first of all matrices, then the second of all.
 *
 * ints: matrices, rows and columns of each, where nothing else is said. floats: epsilon.
 */

/* What is summed over a column: x, (x - mean)^2, or both dy * (x - mean) and dy. */
enum { FN(SUM_X), FN(SUM_SQUARES), FN(SUM_PRODUCTS) };

/* totals[j] = the sum over `rows` rows, `stride` apart, of columns [0, width); from NORM_STRIP on those of dy. */
KG_INLINE void FN(norm_sum_columns)(
    const int what, const TYPE *x, const TYPE *dy, const TYPE *mean, int64_t rows, int64_t stride, int64_t width,
    double *totals) {
    for (int64_t j = 0; j < 2 * NORM_STRIP; j++) totals[j] = 0;
    for (int64_t row = 0; row < rows; row += NORM_COLUMN_BLOCK) {
        const int64_t count = KG_MIN(NORM_COLUMN_BLOCK, rows - row);
        for (int64_t j = 0; j < width; j += NORM_VECTORS * LANES) {
            VECTOR sums[NORM_VECTORS] = {{0}}, others[NORM_VECTORS] = {{0}}, middle[NORM_VECTORS] = {{0}};
            int64_t lanes[NORM_VECTORS];
#pragma GCC unroll 4
            for (int v = 0; v < NORM_VECTORS; v++) {
                lanes[v] = KG_MAX(0, KG_MIN(LANES, width - j - v * LANES));
                if (what != FN(SUM_X)) middle[v] = FN(load_part)(mean + j + v * LANES, lanes[v]);
            }
            for (int64_t i = row; i < row + count; i++)
#pragma GCC unroll 4
                for (int v = 0; v < NORM_VECTORS; v++) {
                    const int64_t at = i * stride + j + v * LANES;
                    if (lanes[v] == 0) break;
                    const VECTOR value = FN(norm_load)(x + at, lanes[v]), from_mean = value - middle[v];
                    if (what == FN(SUM_X)) sums[v] += value;
                    if (what == FN(SUM_SQUARES)) sums[v] += from_mean * from_mean;
                    if (what != FN(SUM_PRODUCTS)) continue;
                    const VECTOR y = FN(norm_load)(dy + at, lanes[v]);
                    sums[v] += y * from_mean;
                    others[v] += y;
                }
#pragma GCC unroll 4
            for (int v = 0; v < NORM_VECTORS; v++) {
                double *total = totals + j + v * LANES;
                FN(norm_add_lanes)(total, sums[v], lanes[v]);
                if (what == FN(SUM_PRODUCTS)) FN(norm_add_lanes)(total + NORM_STRIP, others[v], lanes[v]);
            }
        }
    }
}

/* A strip of columns of one matrix. */
typedef struct FN(norm_strip) {
    int64_t matrices, rows, columns, matrix, first, width;
} FN(norm_strip);

KG_INLINE FN(norm_strip) FN(norm_strip_of)(const int64_t *ints, int64_t unit) {
    const int64_t columns = ints[2], strips = (columns + NORM_STRIP - 1) / NORM_STRIP;
    const int64_t first = unit % strips * NORM_STRIP;
    return (FN(norm_strip)){ints[0], ints[1], columns, unit / strips, first, KG_MIN(NORM_STRIP, columns - first)};
}

/* A unit is a strip of the columns of a matrix. */
KERNEL(column_moments) {
    for (int64_t unit = begin; unit < end; unit++) {
        const FN(norm_strip) s = FN(norm_strip_of)(call->ints, unit);
        const TYPE *x = IN(0) + s.matrix * s.rows * s.columns + s.first;
        TYPE *mean = OUT(1) + s.matrix * s.columns + s.first, *variance = mean + s.matrices * s.columns;
        double totals[2 * NORM_STRIP];
        FN(norm_sum_columns)(FN(SUM_X), x, 0, 0, s.rows, s.columns, s.width, totals);
        for (int64_t j = 0; j < s.width; j++) mean[j] = (TYPE)(totals[j] / (double)s.rows);
        FN(norm_sum_columns)(FN(SUM_SQUARES), x, 0, mean, s.rows, s.columns, s.width, totals);
        for (int64_t j = 0; j < s.width; j++) variance[j] = (TYPE)(totals[j] / (double)s.rows);
    }
    return 0;
}

/* A unit is a strip of the columns of a matrix. */
KERNEL(batch_norm_sums) {
    for (int64_t unit = begin; unit < end; unit++) {
        const FN(norm_strip) s = FN(norm_strip_of)(call->ints, unit);
        const int64_t at = s.matrix * s.rows * s.columns + s.first, vector = s.matrix * s.columns + s.first;
        const TYPE *mean = IN(1) + vector, *variance = mean + s.matrices * s.columns;
        TYPE *products = OUT(3) + vector, *sums = products + s.matrices * s.columns;
        double totals[2 * NORM_STRIP];
        FN(norm_sum_columns)(FN(SUM_PRODUCTS), IN(0) + at, IN(2) + at, mean, s.rows, s.columns, s.width, totals);
        for (int64_t j = 0; j < s.width; j++) {
            products[j] = (TYPE)(totals[j] / sqrt(variance[j] + call->floats[0]));
            sums[j] = (TYPE)totals[NORM_STRIP + j];
        }
    }
    return 0;
}

/*
 * SWEEP(inputs, setup, value): a kernel's body in which a unit is a row of the output. For some columns at a time
 * `setup` computes what a column j shares, from vectors at [vector + j] whose second half is `second` further, and
 * from [column + j]; then out is `value` at [at + j].
 */
#define SWEEP(inputs, setup, value)                                                                         \
    const int64_t matrices = call->ints[0], rows = call->ints[1], columns = call->ints[2];                  \
    const int64_t second = matrices * columns;                                                              \
    TYPE *restrict out = OUT(inputs);                                                                       \
    for (int64_t from = begin, to; from < end; from = to) {                                                 \
        const int64_t matrix = from / rows;                                                                 \
        to = KG_MIN(end, (matrix + 1) * rows);                                                              \
        for (int64_t column = 0; column < columns; column += NORM_COLUMNS) {                                \
            const int64_t width = KG_MIN(NORM_COLUMNS, columns - column), vector = matrix * columns + column; \
            TYPE a[NORM_COLUMNS], b[NORM_COLUMNS], c[NORM_COLUMNS];                                         \
            (void)a, (void)b, (void)c, (void)second;                                                        \
            KG_SIMD for (int64_t j = 0; j < width; j++) { setup }                                           \
            for (int64_t row = from; row < to; row++) {                                                     \
                const int64_t at = row * columns + column;                                                  \
                KG_SIMD for (int64_t j = 0; j < width; j++) out[at + j] = (value);                          \
            }                                                                                               \
        }                                                                                                   \
    }                                                                                                       \
    return 0;

/* gamma / sqrt(variance + epsilon) */
#define NORM_FACTOR(moments, gamma) \
    ((gamma)[column + j] / FN(s_sqrt)((moments)[second + vector + j] + epsilon))

KERNEL(batch_norm) {
    const TYPE *restrict x = IN(0), *restrict moments = IN(1), *restrict gamma = IN(2), *restrict beta = IN(3);
    const TYPE epsilon = (TYPE)call->floats[0];
    SWEEP(
        4,
        a[j] = moments[vector + j];
        b[j] = NORM_FACTOR(moments, gamma);
        c[j] = beta[column + j];
        , (x[at + j] - a[j]) * b[j] + c[j])
}

KERNEL(batch_norm_scale) {
    const TYPE *restrict moments = IN(0), *restrict gamma = IN(1), *restrict dy = IN(2);
    const TYPE epsilon = (TYPE)call->floats[0];
    SWEEP(3, a[j] = NORM_FACTOR(moments, gamma);, dy[at + j] * a[j])
}

KERNEL(column_moments_grad) {
    const TYPE *restrict x = IN(0), *restrict moments = IN(1), *restrict dy = IN(2);
    const TYPE count = (TYPE)call->ints[1];
    SWEEP(
        3,
        a[j] = moments[vector + j];
        b[j] = 2 * dy[second + vector + j] / count;
        c[j] = dy[vector + j] / count;
        , (x[at + j] - a[j]) * b[j] + c[j])
}

KERNEL(batch_norm_grad) {
    const TYPE *restrict x = IN(0), *restrict moments = IN(1), *restrict gamma = IN(2), *restrict dy = IN(3);
    const TYPE *restrict dmoments = IN(4), epsilon = (TYPE)call->floats[0], count = (TYPE)call->ints[1];
    TYPE d[NORM_COLUMNS];
    SWEEP(
        5,
        a[j] = moments[vector + j];
        b[j] = 2 * dmoments[second + vector + j] / count;
        c[j] = dmoments[vector + j] / count;
        d[j] = NORM_FACTOR(moments, gamma);
        , dy[at + j] * d[j] + ((x[at + j] - a[j]) * b[j] + c[j]))
}

/* ints: matrices, columns. A unit is a matrix. */
KERNEL(batch_norm_moments_grad) {
    const int64_t columns = call->ints[1], second = call->ints[0] * columns;
    const TYPE *restrict gamma = IN(1), epsilon = (TYPE)call->floats[0];
    for (int64_t matrix = begin; matrix < end; matrix++) {
        const TYPE *restrict moments = IN(0) + matrix * columns, *restrict dy = IN(2) + matrix * columns;
        TYPE *restrict out = OUT(3) + matrix * columns;
        KG_SIMD for (int64_t j = 0; j < columns; j++) {
            const TYPE factor = 1 / FN(s_sqrt)(moments[second + j] + epsilon);
            out[j] = -gamma[j] * factor * dy[second + j];
            out[second + j] = (TYPE)-0.5 * gamma[j] * factor * factor * dy[j];
        }
    }
    return 0;
}

/* The variance of all parts is the mean of theirs and the variance of their means. ints: matrices, parts, columns. A
   unit is a matrix. */
KERNEL(merge_moments) {
    const int64_t matrices = call->ints[0], parts = call->ints[1], columns = call->ints[2];
    const double count = (double)parts;
    for (int64_t matrix = begin; matrix < end; matrix++)
        for (int64_t j = 0; j < columns; j++) {
            const TYPE *means = IN(0) + matrix * parts * columns + j, *variances = means + matrices * parts * columns;
            double mean = 0, variance = 0;
            for (int64_t part = 0; part < parts; part++) mean += means[part * columns];
            mean /= count;
            for (int64_t part = 0; part < parts; part++) {
                const double from_mean = means[part * columns] - mean;
                variance += variances[part * columns] + from_mean * from_mean;
            }
            OUT(1)[matrix * columns + j] = (TYPE)mean;
            OUT(1)[(matrices + matrix) * columns + j] = (TYPE)(variance / count);
        }
    return 0;
}

/* ints: matrices, parts, columns. A unit is a matrix. */
KERNEL(merge_moments_grad) {
    const int64_t matrices = call->ints[0], parts = call->ints[1], columns = call->ints[2], second = matrices * columns;
    const TYPE count = (TYPE)parts;
    for (int64_t matrix = begin; matrix < end; matrix++) {
        const TYPE *restrict mean = IN(1) + matrix * columns, *restrict dy = IN(2) + matrix * columns;
        for (int64_t part = 0; part < parts; part++) {
            const TYPE *restrict x = IN(0) + (matrix * parts + part) * columns;
            TYPE *restrict out = OUT(3) + (matrix * parts + part) * columns;
            for (int64_t j = 0; j < columns; j++) {
                out[j] = (dy[j] + 2 * dy[second + j] * (x[j] - mean[j])) / count;
                out[parts * second + j] = dy[second + j] / count;
            }
        }
    }
    return 0;
}
#undef SWEEP
#undef NORM_FACTOR
