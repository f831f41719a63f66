/* Rows and columns normalised by their mean and variance, and the adjoints. */
#include "scalar.h"
#include "vector.h"

/* Columns that are summed side by side: a unit of work of the sums over columns. */
#define NORM_STRIP 64
/* Elements of a row, and rows of a column, that are summed before they are added to a larger sum. */
#define NORM_ROW_BLOCK 512
#define NORM_COLUMN_BLOCK 32
/* Vectors of sums that are in registers at once. */
#define NORM_VECTORS 4
/* Columns of which the factors are on the stack at once. */
#define NORM_COLUMNS 512

#define KIND_TEMPLATE "row_norm_template.h"
#include "each_float.h"

#define KIND_TEMPLATE "column_norm_template.h"
#include "each_float.h"

#define NORMALIZATION_KERNELS                                                                               \
    KG_FLOAT_ENTRIES(layer_norm)                                                                            \
    KG_FLOAT_ENTRIES(layer_norm_grad)                                                                       \
    KG_FLOAT_ENTRIES(layer_norm_sums)                                                                       \
    KG_FLOAT_ENTRIES(rms_norm)                                                                              \
    KG_FLOAT_ENTRIES(rms_norm_grad)                                                                         \
    KG_FLOAT_ENTRIES(rms_norm_sums)                                                                         \
    KG_FLOAT_ENTRIES(column_moments)                                                                        \
    KG_FLOAT_ENTRIES(column_moments_grad)                                                                   \
    KG_FLOAT_ENTRIES(merge_moments)                                                                         \
    KG_FLOAT_ENTRIES(merge_moments_grad)                                                                    \
    KG_FLOAT_ENTRIES(batch_norm)                                                                            \
    KG_FLOAT_ENTRIES(batch_norm_sums)                                                                       \
    KG_FLOAT_ENTRIES(batch_norm_scale)                                                                      \
    KG_FLOAT_ENTRIES(batch_norm_moments_grad)                                                               \
    KG_FLOAT_ENTRIES(batch_norm_grad)
