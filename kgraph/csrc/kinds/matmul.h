/*
 * Matrix products, C = A B, A' B and A B', by rows of C.
 *
 * A tile of C is kept in registers while k runs: up to KG_TILE_ROWS rows by two vectors of columns. Elements of A are
 * broadcast from where they lie, whichever way A is laid out; B is read as vectors, in place where whole strips of it
 * lie row by row, else from a copy on the stack. Every element of C is summed over k in the same order whatever the
 * split into tasks and tiles, so a result does not depend on it.
 *
 * The sizes leave registers for B's two vectors and one element of A: 14 * 2 + 3 of 32, or 6 * 2 + 3 of 16.
 */
#include "template.h"

#if KG_VECTOR_BYTES == 64
#define KG_TILE_ROWS 14
#else
#define KG_TILE_ROWS 6
#endif

#define KIND_TEMPLATE "matmul_template.h"
#include "each_float.h"

#define MATMUL_KERNELS                                                                                      \
    KG_FLOAT_ENTRIES(matmul)                                                                                \
    KG_FLOAT_ENTRIES(matmul_tn)                                                                             \
    KG_FLOAT_ENTRIES(matmul_nt)
