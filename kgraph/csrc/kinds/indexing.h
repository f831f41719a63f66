/* Kernels that pick elements by index. Where an index can be refused, ints[0] is the limit that it must be below. */
#include "reduce.h"

#define KIND_TEMPLATE "pick_template.h"
#include "each_width_indexed.h"

#define KIND_TEMPLATE "scatter_template.h"
#include "each_number_indexed.h"

#define KIND_TEMPLATE "scatter_reduce_template.h"
#include "each_number_indexed.h"

#define INDEXING_KERNELS                                                                                    \
    KG_WIDTH_INDEXED_ENTRIES(gather)                                                                        \
    KG_WIDTH_INDEXED_ENTRIES(take_along_axis)                                                               \
    KG_WIDTH_INDEXED_ENTRIES(one_hot)                                                                       \
    KG_NUMBER_INDEXED_ENTRIES(scatter_add)                                                                  \
    KG_NUMBER_INDEXED_ENTRIES(add_along_axis)                                                                \
    KG_NUMBER_INDEXED_ENTRIES(scatter_max)                                                                  \
    KG_NUMBER_INDEXED_ENTRIES(scatter_min)                                                                  \
    KG_NUMBER_INDEXED_ENTRIES(scatter_mul)
