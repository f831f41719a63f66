/*
 * Connectionist temporal classification: the labels of a sequence, aligned in every possible way with its steps.
 *
 * With blanks around and between them, k labels are 2k + 1 states. An alignment begins in one of the first two, and
 * from step to step stays, goes on by one, or leaves out a blank between two different labels; it ends in one of the
 * last two. A row is the logarithm of the total weight of all alignments up to a step, for each state, less the largest
 * of them: small numbers keep their digits, and what was taken away matters for the loss alone.
 */
#include "scalar.h"
#include "scratch.h"

/* Elements before the first and after the last state of a row: there are two neighbours of every state. */
#define CTC_BESIDE 2

#define KIND_TEMPLATE "ctc_template.h"
#include "each_float.h"

#define CTC_KERNELS KG_FLOAT_ENTRIES(ctc_loss) KG_FLOAT_ENTRIES(ctc_loss_grad)
