/* Where a value would keep the ascending elements in order. ints: elements, whether after equal ones. A unit is a value. */
KERNEL(searchsorted) {
    const int64_t size = call->ints[0];
    const int after = call->ints[1] != 0;
    const TYPE *ascending = IN(0), *values = IN(1);
    k_i32 *out = (k_i32 *)call->args[2];
    for (int64_t i = begin; i < end; i++) {
        int64_t low = 0, high = size;
        while (low < high) {
            const int64_t middle = low + (high - low) / 2;
            const TYPE there = ascending[middle];
            if (after ? !FN(before)(values[i], there) : FN(before)(there, values[i]))
                low = middle + 1;
            else
                high = middle;
        }
        out[i] = (k_i32)low;
    }
    return 0;
}
