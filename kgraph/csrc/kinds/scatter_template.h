#define WRAP KG_PASTE(k_wrap, E)

/*
 * out[indices[p]] += dy[p], in the order of p whatever the split: a task owns a range of rows and sees all indices.
 * ints: rows, elements of a row, indices. A unit is a row of the output.
 */
INDEXED_KERNEL(scatter_add) {
    const int64_t rows = call->ints[0], row = call->ints[1], positions = call->ints[2];
    const INDEX *indices = IN_INDEX(0);
    memset(OUT(2) + begin * row, 0, (size_t)((end - begin) * row) * sizeof(TYPE));
    for (int64_t p = 0; p < positions; p++) {
        const int64_t index = indices[p];
        if (!kg_inside(index, rows)) return kg_refuse(call, p, (double)index);
        if (index < begin || index >= end) continue;
        const TYPE *restrict dy = IN(1) + p * row;
        TYPE *restrict out = OUT(2) + index * row;
        KG_SIMD for (int64_t i = 0; i < row; i++) out[i] = (TYPE)((WRAP)out[i] + (WRAP)dy[i]);
    }
    return 0;
}

/* ints: the output's size along the axis, dy's, elements after it. A unit is everything from the axis on. */
INDEXED_KERNEL(add_along_axis) {
    const int64_t limit = call->ints[0], size = call->ints[1], inner = call->ints[2];
    const INDEX *indices = IN_INDEX(0);
    const TYPE *dy = IN(1);
    for (int64_t unit = begin; unit < end; unit++) {
        TYPE *out = OUT(2) + unit * limit * inner;
        int64_t p = unit * size * inner;
        memset(out, 0, (size_t)(limit * inner) * sizeof(TYPE));
        for (int64_t i = 0; i < size; i++)
            for (int64_t j = 0; j < inner; j++, p++) {
                const int64_t index = indices[p];
                if (!kg_inside(index, limit)) return kg_refuse(call, p, (double)index);
                TYPE *sum = &out[index * inner + j];
                *sum = (TYPE)((WRAP)*sum + (WRAP)dy[p]);
            }
    }
    return 0;
}

#undef WRAP
