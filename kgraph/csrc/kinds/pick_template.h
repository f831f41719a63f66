/* out[p] = x[indices[p]]. ints: rows of x, elements of a row. A unit is an index. */
INDEXED_KERNEL(gather) {
    const int64_t limit = call->ints[0], row = call->ints[1];
    const TYPE *restrict x = IN(0);
    const INDEX *restrict indices = IN_INDEX(1);
    TYPE *restrict out = OUT(2);
    for (int64_t p = begin; p < end; p++) {
        const int64_t index = indices[p];
        if (!kg_inside(index, limit)) return kg_refuse(call, p, (double)index);
        if (row == 1)
            out[p] = x[index];
        else
            memcpy(out + p * row, x + index * row, (size_t)row * sizeof(TYPE));
    }
    return 0;
}

/* ints: x's size along the axis, the output's, elements after it. A unit is everything from the axis on. */
INDEXED_KERNEL(take_along_axis) {
    const int64_t limit = call->ints[0], size = call->ints[1], inner = call->ints[2];
    const INDEX *restrict indices = IN_INDEX(1);
    TYPE *restrict out = OUT(2);
    for (int64_t unit = begin; unit < end; unit++) {
        const TYPE *restrict x = IN(0) + unit * limit * inner;
        int64_t p = unit * size * inner;
        for (int64_t i = 0; i < size; i++)
            for (int64_t j = 0; j < inner; j++, p++) {
                const int64_t index = indices[p];
                if (!kg_inside(index, limit)) return kg_refuse(call, p, (double)index);
                out[p] = x[index * inner + j];
            }
    }
    return 0;
}

/* ints: depth, the bits of 1. A unit is an index. */
INDEXED_KERNEL(one_hot) {
    const int64_t depth = call->ints[0];
    const INDEX *indices = IN_INDEX(0);
    for (int64_t p = begin; p < end; p++) {
        TYPE *out = OUT(1) + p * depth;
        memset(out, 0, (size_t)depth * sizeof(TYPE));
        if (kg_inside(indices[p], depth)) out[indices[p]] = (TYPE)call->ints[1];
    }
    return 0;
}
