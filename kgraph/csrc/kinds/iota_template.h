/* ints: the axis's size, elements after it. A unit is one position of the axis, with all elements after it. */
KERNEL(iota) {
    const int64_t size = call->ints[0], inner = call->ints[1];
    for (int64_t unit = begin; unit < end; unit++) {
        TYPE *out = OUT(0) + unit * inner, value = (TYPE)(unit % size);
        for (int64_t i = 0; i < inner; i++) out[i] = value;
    }
    return 0;
}
