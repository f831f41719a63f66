/* Labels as i32 indices; refuses what is not a whole number in [0, classes). ints: classes. A unit is an element. */
KERNEL(class_index) {
    const int64_t classes = call->ints[0];
    const TYPE *labels = IN(0);
    k_i32 *out = (k_i32 *)call->args[1];
    for (int64_t i = begin; i < end; i++) {
        /* Compared as the label's own dtype would lose large ints; a double holds every label that is in range. */
        const double label = (double)labels[i];
        if (!(label >= 0 && label < (double)classes && label == (double)(int64_t)label))
            return kg_refuse(call, i, label);
        out[i] = (k_i32)label;
    }
    return 0;
}
