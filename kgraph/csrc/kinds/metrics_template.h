/* How many of the ascending thresholds are below `prediction`; none are below NaN. */
KG_INLINE int64_t FN(thresholds_below)(const TYPE *thresholds, int64_t count, TYPE prediction) {
    int64_t low = 0;
    while (count > 0) {
        const int64_t half = count / 2;
        const int above = prediction > thresholds[low + half];
        low += above ? half + 1 : 0;
        count = above ? count - half - 1 : half;
    }
    return low;
}

/*
 * Sums of weights in four rows of the output, TP, FP, TN and FN, one column for each threshold. A sample falls into the
 * bin between two thresholds; the sums over bins from either end are the counts. They are kept in double.
 * ints: samples, thresholds, thresholds in a unit, then where each threshold of floats stands in the output.
 * floats: the thresholds, ascending. A unit is that many thresholds, and one pass over the samples.
 */
KERNEL(confusion_at_thresholds) {
    enum { MAX_UNIT = 512 };
    const int64_t samples = call->ints[0], total = call->ints[1], unit_size = KG_MIN(call->ints[2], MAX_UNIT);
    const TYPE *y_true = IN(0), *y_pred = IN(1), *weights = IN(2);
    TYPE *out = OUT(3);
    for (int64_t unit = begin; unit < end; unit++) {
        const int64_t first = unit * unit_size, count = KG_MIN(unit_size, total - first);
        const int64_t *column = call->ints + 3 + first;
        double bins[2][MAX_UNIT + 1];
        TYPE thresholds[MAX_UNIT];
        memset(bins, 0, sizeof bins);
        for (int64_t k = 0; k < count; k++) thresholds[k] = (TYPE)call->floats[first + k];
        for (int64_t i = 0; i < samples; i++)
            bins[y_true[i] != 0][FN(thresholds_below)(thresholds, count, y_pred[i])] += weights[i];
        double below[2] = {0, 0}, above[2] = {0, 0};
        for (int64_t k = 0; k < count; k++) {
            for (int label = 0; label < 2; label++) below[label] += bins[label][k];
            out[2 * total + column[k]] = (TYPE)below[0];
            out[3 * total + column[k]] = (TYPE)below[1];
        }
        for (int64_t k = count - 1; k >= 0; k--) {
            for (int label = 0; label < 2; label++) above[label] += bins[label][k + 1];
            out[column[k]] = (TYPE)above[1];
            out[total + column[k]] = (TYPE)above[0];
        }
    }
    return 0;
}
