/*
 * args: labels [n, most_labels], log_probs [n, most_steps, classes], label counts [n], step counts [n], ...
 * ints: most_steps, classes, most_labels, blank, block. A unit is a sequence.
 */

/* What is known of one sequence, and the rows in scratch memory. */
typedef struct FN(sequence) {
    int64_t states, steps, classes, width;
    const TYPE *log_probs;
    k_i32 *classes_of; /* the class of each state */
    TYPE *from_second; /* 0 where a state may be entered from the second before it, else -infinity */
    TYPE *rows;        /* of `width` elements each, CTC_BESIDE of which come before the first state */
} FN(sequence);

#define ROW(i) (sequence->rows + (i) * sequence->width + CTC_BESIDE)

/* How many steps the labels need: one each, and a blank between equal neighbours. */
KG_INLINE int64_t FN(ctc_needed)(const k_i32 *labels, int64_t count) {
    int64_t needed = count;
    for (int64_t i = 1; i < count; i++) needed += labels[i] == labels[i - 1];
    return needed;
}

/* Describes sequence `unit`; 0, or what kg_refuse gave. */
static int FN(ctc_begin)(const kg_call *call, int64_t unit, FN(sequence) *sequence) {
    const int64_t most_steps = call->ints[0], classes = call->ints[1], most_labels = call->ints[2];
    const k_i32 *labels = KG_IN(i32, 0) + unit * most_labels, blank = (k_i32)call->ints[3];
    const int64_t count = KG_IN(i32, 2)[unit], steps = KG_IN(i32, 3)[unit];
    for (int64_t i = 0; i < most_labels; i++)
        if (!kg_inside(labels[i], classes)) return kg_refuse(call, unit * most_labels + i, (double)labels[i]);
    if (!kg_inside(count, most_labels + 1)) return kg_refuse(call, unit, (double)count);
    if (!kg_inside(steps, most_steps + 1) || steps < FN(ctc_needed)(labels, count))
        return kg_refuse(call, unit, (double)steps);
    TYPE *memory = kg_scratch();
    if (!memory) return kg_refuse(call, unit, (double)steps);
    const int64_t width = 2 * most_labels + 1 + 2 * CTC_BESIDE;
    *sequence = (FN(sequence)){2 * count + 1, steps, classes, width, IN(1) + unit * most_steps * classes,
                               (k_i32 *)memory, memory + width, memory + 2 * width};
    for (int64_t state = 0; state < sequence->states; state++) {
        const int64_t label = state / 2;
        const int may_skip = state % 2 && (label == 0 || labels[label] != labels[label - 1]);
        sequence->classes_of[state] = state % 2 ? labels[label] : blank;
        sequence->from_second[state] = may_skip ? 0 : (TYPE)-INFINITY;
    }
    return 0;
}

/* The row before the first step: all weight stands before the first state, from which the first two can be entered. */
KG_INLINE void FN(ctc_start)(const FN(sequence) *sequence, TYPE *row) {
    for (int64_t i = -CTC_BESIDE; i < sequence->states; i++) row[i] = (TYPE)-INFINITY;
    row[-1] = 0;
}

/* The largest of three, or 0 where they are all -infinity: their exponentials are then 0 beside it, and not NaN. */
KG_INLINE TYPE FN(ctc_largest)(TYPE a, TYPE b, TYPE c) {
    const TYPE larger = a > b ? a : b, largest = larger > c ? larger : c;
    return largest == (TYPE)-INFINITY ? 0 : largest;
}

/* log(exp(a) + exp(b) + exp(c)) */
KG_INLINE TYPE FN(ctc_log_sum)(TYPE a, TYPE b, TYPE c) {
    const TYPE largest = FN(ctc_largest)(a, b, c);
    return largest + FN(s_log)(FN(s_exp)(a - largest) + FN(s_exp)(b - largest) + FN(s_exp)(c - largest));
}

/* The row after `step`, from the row before it; gives what was taken away from all states. */
KG_INLINE TYPE FN(ctc_step)(const FN(sequence) *sequence, int64_t step, const TYPE *restrict before,
                            TYPE *restrict after) {
    const TYPE *restrict log_probs = sequence->log_probs + step * sequence->classes;
    const k_i32 *restrict classes_of = sequence->classes_of;
    const TYPE *restrict from_second = sequence->from_second;
    TYPE largest = (TYPE)-INFINITY;
    _Pragma("omp simd reduction(max : largest)")
    for (int64_t i = 0; i < sequence->states; i++) {
        after[i] = FN(ctc_log_sum)(before[i], before[i - 1], before[i - 2] + from_second[i]) + log_probs[classes_of[i]];
        largest = after[i] > largest ? after[i] : largest;
    }
    const TYPE taken = largest == (TYPE)-INFINITY ? 0 : largest;
    KG_SIMD for (int64_t i = 0; i < sequence->states; i++) after[i] -= taken;
    after[-1] = after[-2] = (TYPE)-INFINITY;
    return taken;
}

KERNEL(ctc_loss) {
    for (int64_t unit = begin; unit < end; unit++) {
        FN(sequence) own, *sequence = &own;
        const int refused = FN(ctc_begin)(call, unit, sequence);
        if (refused) return refused;
        double total = 0;
        FN(ctc_start)(sequence, ROW(0));
        for (int64_t step = 0; step < sequence->steps; step++)
            total += FN(ctc_step)(sequence, step, ROW(step % 2), ROW(1 - step % 2));
        const TYPE *last = ROW(sequence->steps % 2) + sequence->states - 1;
        OUT(4)[unit] = (TYPE)-(total + FN(ctc_log_sum)(last[0], last[-1], (TYPE)-INFINITY));
    }
    return 0;
}

/*
 * Shares weights of alignments, given by their state after a step, among the states before that step, in place. An
 * alignment is from each of three states in proportion to what stands there in `before`, the row before the step.
 * `first` and `second` are rows for what goes to the first and to the second state before each.
 */
KG_INLINE void FN(ctc_share)(const FN(sequence) *sequence, const TYPE *restrict before, TYPE *restrict shares,
                             TYPE *restrict first, TYPE *restrict second) {
    const TYPE *restrict from_second = sequence->from_second;
    const int64_t states = sequence->states;
    KG_SIMD for (int64_t i = 0; i < states; i++) {
        const TYPE a = before[i], b = before[i - 1], c = before[i - 2] + from_second[i];
        const TYPE largest = FN(ctc_largest)(a, b, c);
        const TYPE of_a = FN(s_exp)(a - largest), of_b = FN(s_exp)(b - largest), of_c = FN(s_exp)(c - largest);
        const TYPE sum = of_a + of_b + of_c, scale = sum == 0 ? 0 : shares[i] / sum;
        shares[i] = scale * of_a;
        first[i] = scale * of_b;
        second[i] = scale * of_c;
    }
    first[states] = second[states] = second[states + 1] = 0;
    KG_SIMD for (int64_t i = 0; i < states; i++) shares[i] += first[i + 1] + second[i + 2];
}

/* The weights of alignments by their last state; they sum to 1. */
KG_INLINE void FN(ctc_finish)(const FN(sequence) *sequence, const TYPE *row, TYPE *shares) {
    const int64_t last = sequence->states - 1;
    const TYPE total = FN(ctc_log_sum)(row[last], row[last - 1], (TYPE)-INFINITY);
    const TYPE from = total == (TYPE)-INFINITY ? 0 : total;
    for (int64_t i = -CTC_BESIDE; i < last; i++) shares[i] = 0;
    shares[last] = FN(s_exp)(row[last] - from);
    shares[last - 1] = FN(s_exp)(row[last - 1] - from);
}

/*
 * The slope in the logarithm of a class's probability is minus the weight of all alignments that are in one of its
 * states at that step. The rows of `block` steps are in memory at a time, made again from the row before them. In
 * memory are the rows before each block, then those of one block, then those of the shares.
 */
KERNEL(ctc_loss_grad) {
    const int64_t most_steps = call->ints[0], classes = call->ints[1], block = call->ints[4];
    const int64_t blocks = (most_steps + block - 1) / block, shares_at = blocks + block;
    for (int64_t unit = begin; unit < end; unit++) {
        FN(sequence) own, *sequence = &own;
        const int refused = FN(ctc_begin)(call, unit, sequence);
        if (refused) return refused;
        const TYPE dy = IN(4)[unit];
        TYPE *out = OUT(5) + unit * most_steps * classes, *shares = ROW(shares_at);
        memset(out, 0, (size_t)(most_steps * classes) * sizeof(TYPE));
        const int64_t used = (sequence->steps + block - 1) / block;
        if (used == 0) continue;
        FN(ctc_start)(sequence, ROW(0));
        for (int64_t step = 0; step < (used - 1) * block; step++) {
            const int64_t at = step % block, next = step / block + 1;
            const TYPE *before = at ? ROW(blocks + at - 1) : ROW(next - 1);
            FN(ctc_step)(sequence, step, before, at + 1 < block ? ROW(blocks + at) : ROW(next));
        }
        for (int64_t number = used - 1; number >= 0; number--) {
            const int64_t first = number * block, count = KG_MIN(block, sequence->steps - first);
            for (int64_t at = 0; at < count; at++)
                FN(ctc_step)(sequence, first + at, at ? ROW(blocks + at - 1) : ROW(number), ROW(blocks + at));
            for (int64_t at = count - 1; at >= 0; at--) {
                const TYPE *after = ROW(blocks + at), *before = at ? ROW(blocks + at - 1) : ROW(number);
                if (first + at + 1 == sequence->steps) FN(ctc_finish)(sequence, after, shares);
                for (int64_t i = 0; i < sequence->states; i++)
                    out[(first + at) * classes + sequence->classes_of[i]] -= dy * shares[i];
                FN(ctc_share)(sequence, before, shares, ROW(shares_at + 1), ROW(shares_at + 2));
            }
        }
    }
    return 0;
}

#undef ROW
