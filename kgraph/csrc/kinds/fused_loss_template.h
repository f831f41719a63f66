/* The adjoint of the logits behind a sigmoid or softmax and its clipped crossentropy, from the probabilities y.

   The logarithm's 1 / y and the slope of the sigmoid or softmax cancel, so that nothing is divided by what may be tiny.
   floats: epsilon. A probability outside [epsilon, 1 - epsilon] was clipped: its term of the loss has no slope. */

/* A unit is an element. */
KERNEL(sigmoid_binary_crossentropy_grad) {
    const TYPE *t = IN(0), *y = IN(1), *dy = IN(2), low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    TYPE *out = OUT(3);
    KG_SIMD for (int64_t i = begin; i < end; i++) out[i] = y[i] < low || y[i] > high ? 0 : dy[i] * (y[i] - t[i]);
    return 0;
}

/* ints: classes. A unit is a row. */
KERNEL(softmax_categorical_crossentropy_grad) {
    const int64_t classes = call->ints[0];
    const TYPE low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    for (int64_t row = begin; row < end; row++) {
        const TYPE *restrict t = IN(0) + row * classes, *restrict y = IN(1) + row * classes;
        TYPE *restrict out = OUT(3) + row * classes;
        const TYPE dy = IN(2)[row];
        TYPE free = 0;
        _Pragma("omp simd reduction(+ : free)")
        for (int64_t i = 0; i < classes; i++) free += y[i] < low || y[i] > high ? 0 : t[i];
        KG_SIMD for (int64_t i = 0; i < classes; i++) {
            const TYPE own = y[i] < low || y[i] > high ? 0 : t[i];
            out[i] = dy * (y[i] * free - own);
        }
    }
    return 0;
}

/* ints: classes. A unit is a row. */
KERNEL(softmax_sparse_crossentropy_grad) {
    const int64_t classes = call->ints[0];
    const k_i32 *index = (const k_i32 *)call->args[0];
    const TYPE low = (TYPE)call->floats[0], high = (TYPE)(1 - call->floats[0]);
    for (int64_t row = begin; row < end; row++) {
        if (!kg_inside(index[row], classes)) return kg_refuse(call, row, (double)index[row]);
        const TYPE *restrict y = IN(1) + row * classes;
        TYPE *restrict out = OUT(3) + row * classes;
        const TYPE own = y[index[row]], dy = own < low || own > high ? 0 : IN(2)[row];
        KG_SIMD for (int64_t i = 0; i < classes; i++) out[i] = dy * y[i];
        out[index[row]] = dy * (own - 1);
    }
    return 0;
}
