#define WRAP KG_PASTE(k_wrap, E)

/*
 * out[indices[p]] = value of it and x[p], from `start` on, as scatter_add does it: a task owns a range of rows and sees
 * all indices. `value` is of `old` and `given`; a NaN among them stays. ints: rows, elements of a row, indices.
 */
#define SCATTER_REDUCE(name, start, value)                                                              \
    INDEXED_KERNEL(name) {                                                                              \
        const int64_t rows = call->ints[0], row = call->ints[1], positions = call->ints[2];             \
        const INDEX *indices = IN_INDEX(0);                                                             \
        for (int64_t i = begin * row; i < end * row; i++) OUT(2)[i] = (TYPE)(start);                    \
        for (int64_t p = 0; p < positions; p++) {                                                       \
            const int64_t index = indices[p];                                                           \
            if (!kg_inside(index, rows)) return kg_refuse(call, p, (double)index);                      \
            if (index < begin || index >= end) continue;                                                \
            const TYPE *restrict x = IN(1) + p * row;                                                   \
            TYPE *restrict out = OUT(2) + index * row;                                                  \
            KG_SIMD for (int64_t i = 0; i < row; i++) {                                                 \
                const TYPE old = out[i], given = x[i];                                                  \
                out[i] = (TYPE)(value);                                                                 \
            }                                                                                           \
        }                                                                                               \
        return 0;                                                                                       \
    }

SCATTER_REDUCE(scatter_max, KG_PASTE(LEAST, E), (old >= given) | (old != old) ? old : given)
SCATTER_REDUCE(scatter_min, KG_PASTE(MOST, E), (old <= given) | (old != old) ? old : given)
SCATTER_REDUCE(scatter_mul, 1, (WRAP)old * (WRAP)given)

#undef SCATTER_REDUCE
#undef WRAP
