KG_INLINE void FN(fill)(TYPE *restrict out, int64_t count, TYPE value) {
    for (int64_t i = 0; i < count; i++) out[i] = value;
}

/* out[i] = x[i * step]; the two common steps deserve their own loops. */
static void FN(load_row)(TYPE *restrict out, const TYPE *restrict x, int64_t count, int64_t step) {
    if (step == 1)
        memcpy(out, x, (size_t)count * sizeof(TYPE));
    else if (step == 0)
        FN(fill)(out, count, x[0]);
    else
        for (int64_t i = 0; i < count; i++) out[i] = x[i * step];
}

/* ints: the bits of the value. A unit is an element. */
KERNEL(full) {
    FN(fill)(OUT(0) + begin, end - begin, (TYPE)call->ints[0]);
    return 0;
}

/*
 * Reads x at strides, in the order of the output: broadcast, transpose and slice are all this.
 * ints: rank, offset into x, the output's sizes, x's stride along each. A unit is an element.
 */
KERNEL(strided) {
    const int64_t last = call->ints[0] - 1, *size = call->ints + 2, *stride = size + last + 1;
    const TYPE *x = IN(0) + call->ints[1];
    TYPE *out = OUT(1);
    int64_t index[KG_MAX_AXES], at = 0, row = begin / size[last], column = begin % size[last];
    for (int64_t axis = last - 1; axis >= 0; axis--) {
        index[axis] = row % size[axis];
        row /= size[axis];
        at += index[axis] * stride[axis];
    }
    for (int64_t i = begin, count; i < end; i += count, column = 0) {
        count = KG_MIN(size[last] - column, end - i);
        FN(load_row)(out + i, x + at + column * stride[last], count, stride[last]);
        for (int64_t axis = last - 1; axis >= 0; axis--) {
            at += stride[axis];
            if (++index[axis] < size[axis]) break;
            at -= size[axis] * stride[axis];
            index[axis] = 0;
        }
    }
    return 0;
}

/* out[b, r, c] = x[b, c, r]. ints: rows, columns of the output. A unit is a row; 16 at once use up x's lines. */
KERNEL(transpose) {
    enum { BLOCK = 16 };
    const int64_t rows = call->ints[0], columns = call->ints[1];
    for (int64_t row = begin, count; row < end; row += count) {
        const int64_t r = row % rows;
        count = KG_MIN(KG_MIN(BLOCK, rows - r), end - row);
        const TYPE *restrict x = IN(0) + (row - r) * columns + r;
        TYPE *restrict out = OUT(1) + row * columns;
        if (count == BLOCK)
            for (int64_t c = 0; c < columns; c++)
                for (int64_t i = 0; i < BLOCK; i++) out[i * columns + c] = x[c * rows + i];
        else
            for (int64_t c = 0; c < columns; c++)
                for (int64_t i = 0; i < count; i++) out[i * columns + c] = x[c * rows + i];
    }
    return 0;
}

/*
 * Puts x into an output that is full of one value elsewhere: pad, and the gradient of slice.
 * ints: rank, the bits of the value, then for each axis the output's sizes, x's sizes, where x begins, its step.
 * A unit is a row of the output.
 */
KERNEL(place) {
    const int64_t rank = call->ints[0], last = rank - 1;
    const int64_t *whole = call->ints + 2, *part = whole + rank, *first = part + rank, *step = first + rank;
    const TYPE value = (TYPE)call->ints[1];
    for (int64_t row = begin; row < end; row++) {
        TYPE *restrict out = OUT(1) + row * whole[last];
        int64_t rest = row, source = 0, pitch = 1, inside = 1;
        for (int64_t axis = last - 1; axis >= 0 && inside; axis--) {
            const int64_t from_first = rest % whole[axis] - first[axis], position = from_first / step[axis];
            rest /= whole[axis];
            inside = from_first % step[axis] == 0 && kg_inside(position, part[axis]);
            source += position * pitch;
            pitch *= part[axis];
        }
        FN(fill)(out, whole[last], value);
        const TYPE *restrict x = IN(0) + source * part[last];
        for (int64_t i = 0; inside && i < part[last]; i++) out[first[last] + i * step[last]] = x[i];
    }
    return 0;
}

/* ints: elements of an output row, then of each operand's part of it. A unit is a row. */
KERNEL(concat) {
    const int64_t operands = call->n_args - 1, *part = call->ints + 1;
    for (int64_t row = begin; row < end; row++) {
        TYPE *out = OUT(operands) + row * call->ints[0];
        for (int64_t i = 0; i < operands; i++) {
            FN(load_row)(out, IN(i) + row * part[i], part[i], 1);
            out += part[i];
        }
    }
    return 0;
}
