/* Softmax and its logarithm along rows. */
#include "scalar.h"

#define KIND_TEMPLATE "softmax_template.h"
#include "each_float.h"

#define SOFTMAX_KERNELS                                                                                     \
    KG_FLOAT_ENTRIES(softmax)                                                                               \
    KG_FLOAT_ENTRIES(softmax_grad)                                                                          \
    KG_FLOAT_ENTRIES(log_softmax)                                                                           \
    KG_FLOAT_ENTRIES(log_softmax_grad)
