/* ints: n. The lower factor of (x + x^T) / 2; NaN where that is not positive definite. */
KERNEL(cholesky) {
    const int64_t n = call->ints[0];
    for (int64_t unit = begin; unit < end; unit++) {
        const TYPE *x = IN(0) + unit * n * n;
        TYPE *out = OUT(1) + unit * n * n;
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j <= i; j++) {
                double rest = ((double)x[i * n + j] + (double)x[j * n + i]) / 2;
                for (int64_t k = 0; k < j; k++) rest -= (double)out[i * n + k] * (double)out[j * n + k];
                out[i * n + j] = (TYPE)(i == j ? sqrt(rest) : rest / (double)out[j * n + j]);
            }
            for (int64_t j = i + 1; j < n; j++) out[i * n + j] = 0;
        }
    }
    return 0;
}

/* ints: n, columns of b, whether a is lower, transposed, and of ones on the diagonal. */
KERNEL(solve_triangular) {
    const int64_t n = call->ints[0], columns = call->ints[1];
    const int lower = call->ints[2] != 0, transposed = call->ints[3] != 0, unit_diagonal = call->ints[4] != 0;
    const int64_t down = transposed ? 1 : n, across = transposed ? n : 1;
    const int forward = lower != transposed;
    for (int64_t unit = begin; unit < end; unit++) {
        const TYPE *a = IN(0) + unit * n * n, *b = IN(1) + unit * n * columns;
        TYPE *out = OUT(2) + unit * n * columns;
        for (int64_t step = 0; step < n; step++) {
            const int64_t i = forward ? step : n - 1 - step;
            const double diagonal = unit_diagonal ? 1 : (double)a[i * n + i];
            for (int64_t j = 0; j < columns; j++) {
                double rest = (double)b[i * columns + j];
                for (int64_t k = forward ? 0 : i + 1; k < (forward ? i : n); k++)
                    rest -= (double)a[i * down + k * across] * (double)out[k * columns + j];
                out[i * columns + j] = (TYPE)(rest / diagonal);
            }
        }
    }
    return 0;
}

/*
 * ints: n. Both factors in n rows, the ones on the lower factor's diagonal left out, and in a last row which row of x
 * each of theirs is. The largest of a column's elements is brought up, the first of equal ones.
 */
KERNEL(lu) {
    const int64_t n = call->ints[0];
    for (int64_t unit = begin; unit < end; unit++) {
        TYPE *out = OUT(1) + unit * (n + 1) * n, *order = out + n * n;
        memcpy(out, IN(0) + unit * n * n, (size_t)(n * n) * sizeof(TYPE));
        for (int64_t i = 0; i < n; i++) order[i] = (TYPE)i;
        for (int64_t j = 0; j < n; j++) {
            int64_t best = j;
            double largest = -1;
            for (int64_t i = 0; i < n; i++) {
                double rest = (double)out[i * n + j];
                for (int64_t k = 0; k < KG_MIN(i, j); k++) rest -= (double)out[i * n + k] * (double)out[k * n + j];
                out[i * n + j] = (TYPE)rest;
                if (i >= j && fabs(rest) > largest) {
                    largest = fabs(rest);
                    best = i;
                }
            }
            if (best != j) {
                for (int64_t k = 0; k < n; k++) {
                    const TYPE kept = out[j * n + k];
                    out[j * n + k] = out[best * n + k];
                    out[best * n + k] = kept;
                }
                const TYPE place = order[j];
                order[j] = order[best];
                order[best] = place;
            }
            const double pivot = (double)out[j * n + j];
            for (int64_t i = j + 1; i < n && pivot != 0; i++)
                out[i * n + j] = (TYPE)((double)out[i * n + j] / pivot);
        }
    }
    return 0;
}

/* Column k of `out` from row k on, left of the diagonal a reflection's vector with a first element of 1: what it does to
 * the columns from `first` on. */
KG_INLINE void FN(reflect)(TYPE *out, int64_t m, int64_t n, int64_t k, int64_t first, double scale) {
    for (int64_t j = first; j < n; j++) {
        double along = (double)out[k * n + j];
        for (int64_t i = k + 1; i < m; i++) along += (double)out[i * n + k] * (double)out[i * n + j];
        along *= scale;
        out[k * n + j] = (TYPE)((double)out[k * n + j] - along);
        for (int64_t i = k + 1; i < m; i++)
            out[i * n + j] = (TYPE)((double)out[i * n + j] - along * (double)out[i * n + k]);
    }
}

/*
 * ints: m, n with m >= n. The orthogonal factor, by Householder's reflections and LAPACK's signs: first each is found and
 * the columns after it are reflected, then their product is made from the last to the first, in the same place.
 */
KERNEL(qr) {
    const int64_t m = call->ints[0], n = call->ints[1];
    for (int64_t unit = begin; unit < end; unit++) {
        TYPE *out = OUT(1) + unit * m * n;
        memcpy(out, IN(0) + unit * m * n, (size_t)(m * n) * sizeof(TYPE));
        for (int64_t k = 0; k < n; k++) {
            double below = 0, scale = 0;
            const double top = (double)out[k * n + k];
            for (int64_t i = k + 1; i < m; i++) below += (double)out[i * n + k] * (double)out[i * n + k];
            if (below != 0) {
                const double length = -copysign(sqrt(top * top + below), top);
                scale = (length - top) / length;
                for (int64_t i = k + 1; i < m; i++) out[i * n + k] = (TYPE)((double)out[i * n + k] / (top - length));
            }
            FN(reflect)(out, m, n, k, k + 1, scale);
            out[k * n + k] = (TYPE)scale;
        }
        for (int64_t k = n - 1; k >= 0; k--) {
            const double scale = (double)out[k * n + k];
            for (int64_t j = k + 1; j < n; j++) out[k * n + j] = 0;
            FN(reflect)(out, m, n, k, k + 1, scale);
            out[k * n + k] = (TYPE)(1 - scale);
            for (int64_t i = k + 1; i < m; i++) out[i * n + k] = (TYPE)(-scale * (double)out[i * n + k]);
        }
    }
    return 0;
}
