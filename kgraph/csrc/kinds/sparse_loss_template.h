/* As categorical_loss_template.h, where the target is 1 at its index. ints: classes. A unit is a row. */

#define REFUSE_OUTSIDE(index) \
    if (!kg_inside(index, classes)) return kg_refuse(call, row, (double)(index))

/* floats: epsilon */
KERNEL(sparse_categorical_crossentropy) {
    const int64_t classes = call->ints[0];
    const k_i32 *index = (const k_i32 *)call->args[0];
    const TYPE low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    for (int64_t row = begin; row < end; row++) {
        REFUSE_OUTSIDE(index[row]);
        const TYPE *p = IN(1) + row * classes;
        const TYPE q = p[index[row]] / FN(row_sum)(p, classes);
        OUT(2)[row] = -FN(s_log)(FN(clipped)(q, low, high));
    }
    return 0;
}

/* floats: epsilon */
KERNEL(sparse_categorical_crossentropy_grad) {
    const int64_t classes = call->ints[0];
    const k_i32 *index = (const k_i32 *)call->args[0];
    const TYPE low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    for (int64_t row = begin; row < end; row++) {
        REFUSE_OUTSIDE(index[row]);
        const TYPE *restrict p = IN(1) + row * classes;
        TYPE *restrict out = OUT(3) + row * classes;
        const TYPE total = FN(row_sum)(p, classes), q = p[index[row]] / total;
        const TYPE scale = q < low || q > high ? 0 : IN(2)[row] / total;
        for (int64_t i = 0; i < classes; i++) out[i] = scale;
        out[index[row]] = q < low || q > high ? 0 : scale * (1 - 1 / q);
    }
    return 0;
}

KERNEL(sparse_softmax_crossentropy) {
    const int64_t classes = call->ints[0];
    const k_i32 *index = (const k_i32 *)call->args[0];
    for (int64_t row = begin; row < end; row++) {
        REFUSE_OUTSIDE(index[row]);
        const TYPE *x = IN(1) + row * classes;
        const TYPE largest = FN(row_max)(x, classes);
        OUT(2)[row] = FN(s_log)(FN(sum_of_powers)(x, classes, largest)) - (x[index[row]] - largest);
    }
    return 0;
}

KERNEL(sparse_softmax_crossentropy_grad) {
    const int64_t classes = call->ints[0];
    const k_i32 *index = (const k_i32 *)call->args[0];
    for (int64_t row = begin; row < end; row++) {
        REFUSE_OUTSIDE(index[row]);
        const TYPE *restrict x = IN(1) + row * classes;
        TYPE *restrict out = OUT(3) + row * classes;
        const TYPE dy = IN(2)[row], largest = FN(row_max)(x, classes);
        TYPE sum = 0;
        _Pragma("omp simd reduction(+ : sum)")
        for (int64_t i = 0; i < classes; i++) {
            out[i] = FN(s_exp)(x[i] - largest);
            sum += out[i];
        }
        const TYPE scale = dy / sum;
        KG_SIMD for (int64_t i = 0; i < classes; i++) out[i] *= scale;
        out[index[row]] -= dy;
    }
    return 0;
}

#undef REFUSE_OUTSIDE
