/* Heapsort: in place, so that a kernel needs no memory, and n log n whatever the order given. */

/* Ascending, NaN after everything. */
KG_INLINE int FN(before)(TYPE a, TYPE b) { return a < b || (kg_is_nan((double)b) && !kg_is_nan((double)a)); }

/* Elements equal in value stand in the order of their indices, which makes the order total and so the sort stable. */
KG_INLINE int FN(index_before)(const TYPE *x, int64_t stride, k_i32 a, k_i32 b) {
    const TYPE left = x[a * stride], right = x[b * stride];
    return FN(before)(left, right) || (!FN(before)(right, left) && a < b);
}

static void FN(sift)(TYPE *lane, int64_t stride, int64_t root, int64_t size) {
    const TYPE value = lane[root * stride];
    for (int64_t child; (child = 2 * root + 1) < size; root = child) {
        if (child + 1 < size && FN(before)(lane[child * stride], lane[(child + 1) * stride])) child++;
        if (!FN(before)(value, lane[child * stride])) break;
        lane[root * stride] = lane[child * stride];
    }
    lane[root * stride] = value;
}

static void FN(sift_index)(k_i32 *lane, const TYPE *x, int64_t stride, int64_t root, int64_t size) {
    const k_i32 value = lane[root * stride];
    for (int64_t child; (child = 2 * root + 1) < size; root = child) {
        if (child + 1 < size && FN(index_before)(x, stride, lane[child * stride], lane[(child + 1) * stride])) child++;
        if (!FN(index_before)(x, stride, value, lane[child * stride])) break;
        lane[root * stride] = lane[child * stride];
    }
    lane[root * stride] = value;
}

/* ints: elements of a lane, and between its neighbours. A unit is a lane. */
KERNEL(sort) {
    const int64_t size = call->ints[0], stride = call->ints[1];
    for (int64_t unit = begin; unit < end; unit++) {
        const int64_t start = unit / stride * size * stride + unit % stride;
        const TYPE *x = IN(0) + start;
        TYPE *lane = OUT(1) + start;
        for (int64_t i = 0; i < size; i++) lane[i * stride] = x[i * stride];
        for (int64_t i = size / 2 - 1; i >= 0; i--) FN(sift)(lane, stride, i, size);
        for (int64_t i = size - 1; i > 0; i--) {
            const TYPE largest = lane[0];
            lane[0] = lane[i * stride];
            lane[i * stride] = largest;
            FN(sift)(lane, stride, 0, i);
        }
    }
    return 0;
}

/* As sort. */
KERNEL(argsort) {
    const int64_t size = call->ints[0], stride = call->ints[1];
    for (int64_t unit = begin; unit < end; unit++) {
        const int64_t start = unit / stride * size * stride + unit % stride;
        const TYPE *x = IN(0) + start;
        k_i32 *lane = (k_i32 *)call->args[1] + start;
        for (int64_t i = 0; i < size; i++) lane[i * stride] = (k_i32)i;
        for (int64_t i = size / 2 - 1; i >= 0; i--) FN(sift_index)(lane, x, stride, i, size);
        for (int64_t i = size - 1; i > 0; i--) {
            const k_i32 largest = lane[0];
            lane[0] = lane[i * stride];
            lane[i * stride] = largest;
            FN(sift_index)(lane, x, stride, 0, i);
        }
    }
    return 0;
}
