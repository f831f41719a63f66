/* Kernels that put elements in order. */
#include "template.h"

KG_INLINE int kg_is_nan(double x) { return x != x; }

#define KIND_TEMPLATE "sort_template.h"
#include "each_number.h"

#define KIND_TEMPLATE "search_template.h"
#include "each_number.h"

#define KIND_TEMPLATE "top_k_template.h"
#include "each_number.h"

#define KIND_TEMPLATE "in_top_k_template.h"
#include "each_float_indexed.h"

#define ORDERING_KERNELS                                                                                    \
    KG_NUMBER_ENTRIES(sort)                                                                                 \
    KG_NUMBER_ENTRIES(argsort)                                                                              \
    KG_NUMBER_ENTRIES(searchsorted)                                                                         \
    KG_NUMBER_ENTRIES(top_k_values)                                                                         \
    KG_NUMBER_ENTRIES(top_k_indices)                                                                        \
    KG_FLOAT_INDEXED_ENTRIES(in_top_k)
