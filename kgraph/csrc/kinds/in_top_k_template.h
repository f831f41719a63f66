/* ints: classes, k. A unit is a row. */
INDEXED_KERNEL(in_top_k) {
    const int64_t classes = call->ints[0], k = call->ints[1];
    const INDEX *targets = IN_INDEX(0);
    k_bool *out = (k_bool *)call->args[2];
    for (int64_t row = begin; row < end; row++) {
        const TYPE *predictions = IN(1) + row * classes;
        out[row] = 0;
        if (!kg_inside(targets[row], classes)) continue;
        const TYPE target = predictions[targets[row]];
        int64_t above = 0;
        for (int64_t i = 0; i < classes; i++) above += predictions[i] > target;
        out[row] = above < k && target == target;
    }
    return 0;
}
