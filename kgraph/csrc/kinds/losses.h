/*
 * Losses fused with what stands before their logarithm, and their gradients.
 *
 * Probabilities are kept off 0 and 1 by clipping to [epsilon, 1 - epsilon]; where that changes one, the gradient is 0.
 * Comparisons are written so that a NaN is not clipped: it reaches the loss and the gradient.
 */
#include "scalar.h"

#define KIND_TEMPLATE "binary_loss_template.h"
#include "each_float.h"

#define KIND_TEMPLATE "categorical_loss_template.h"
#include "each_float.h"

#define KIND_TEMPLATE "sparse_loss_template.h"
#include "each_float.h"

#define KIND_TEMPLATE "fused_loss_template.h"
#include "each_float.h"

#define KIND_TEMPLATE "class_index_template.h"
#include "each_dtype.h"

#define LOSSES_KERNELS                                                                                      \
    KG_FLOAT_ENTRIES(binary_crossentropy)                                                                   \
    KG_FLOAT_ENTRIES(binary_crossentropy_grad)                                                              \
    KG_FLOAT_ENTRIES(sigmoid_crossentropy)                                                                  \
    KG_FLOAT_ENTRIES(sigmoid_crossentropy_grad)                                                             \
    KG_FLOAT_ENTRIES(categorical_crossentropy)                                                              \
    KG_FLOAT_ENTRIES(categorical_crossentropy_grad)                                                         \
    KG_FLOAT_ENTRIES(softmax_crossentropy)                                                                  \
    KG_FLOAT_ENTRIES(softmax_crossentropy_grad)                                                             \
    KG_FLOAT_ENTRIES(sparse_categorical_crossentropy)                                                       \
    KG_FLOAT_ENTRIES(sparse_categorical_crossentropy_grad)                                                  \
    KG_FLOAT_ENTRIES(sparse_softmax_crossentropy)                                                           \
    KG_FLOAT_ENTRIES(sparse_softmax_crossentropy_grad)                                                      \
    KG_FLOAT_ENTRIES(sigmoid_binary_crossentropy_grad)                                                      \
    KG_FLOAT_ENTRIES(softmax_categorical_crossentropy_grad)                                                 \
    KG_FLOAT_ENTRIES(softmax_sparse_crossentropy_grad)                                                      \
    KG_ANY_ENTRIES(class_index)
