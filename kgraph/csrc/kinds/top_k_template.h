/* Insertion into the k best so far: a row in random order inserts only k log(n / k) times. */

/* Descending, NaN before everything. */
KG_INLINE int FN(above)(TYPE a, TYPE b) { return a > b || (kg_is_nan((double)a) && !kg_is_nan((double)b)); }

/* ints: elements of a row, k. A unit is a row. */
KERNEL(top_k_values) {
    const int64_t size = call->ints[0], k = call->ints[1];
    for (int64_t row = begin; row < end && k > 0; row++) {
        const TYPE *x = IN(0) + row * size;
        TYPE *best = OUT(1) + row * k;
        for (int64_t i = 0, found = 0; i < size; i++) {
            if (found == k && !FN(above)(x[i], best[k - 1])) continue;
            int64_t place = found < k ? found++ : k - 1;
            for (; place > 0 && FN(above)(x[i], best[place - 1]); place--) best[place] = best[place - 1];
            best[place] = x[i];
        }
    }
    return 0;
}

/* As top_k_values. */
KERNEL(top_k_indices) {
    const int64_t size = call->ints[0], k = call->ints[1];
    for (int64_t row = begin; row < end && k > 0; row++) {
        const TYPE *x = IN(0) + row * size;
        k_i32 *best = (k_i32 *)call->args[1] + row * k;
        for (int64_t i = 0, found = 0; i < size; i++) {
            if (found == k && !FN(above)(x[i], x[best[k - 1]])) continue;
            int64_t place = found < k ? found++ : k - 1;
            for (; place > 0 && FN(above)(x[i], x[best[place - 1]]); place--) best[place] = best[place - 1];
            best[place] = (k_i32)i;
        }
    }
    return 0;
}
