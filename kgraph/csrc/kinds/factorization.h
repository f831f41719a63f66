/*
 * Matrices as products of simpler ones, and equations of triangular ones. A unit of work is a matrix; sums are in double
 * precision, and everything happens where the result lies.
 */
#define KIND_TEMPLATE "factorization_template.h"
#include "each_float.h"

#define FACTORIZATION_KERNELS          \
    KG_FLOAT_ENTRIES(cholesky)         \
    KG_FLOAT_ENTRIES(solve_triangular) \
    KG_FLOAT_ENTRIES(lu)               \
    KG_FLOAT_ENTRIES(qr)
