/*
 * Matrix products, C = A B, A' B and A B', alone or with what a layer does next.
 *
 * A unit of work is a tile of C over the whole of k, so units depend on nothing of each other. For a range of units the
 * loops are, from the outside in:
 *
 *     panels of columns     as wide as a packed panel fits the second cache
 *     parts of k            even ones, such that a block of A by a part stays in the first cache
 *     blocks of rows        at most KG_TILE_ROWS, evenly
 *     strips of columns     two vectors wide; the innermost loop keeps a block by a strip of C in registers
 *
 * A is broadcast element by element from where it lies: A and A' differ in strides alone. Only where its rows all fall
 * into the same sets of a cache are blocks of it copied. B is read as vectors. Where it does not lie so (B'), or many
 * blocks of rows will read it, a panel is packed into strips, each row of which follows the one before. What the next
 * copy will read is asked for a little with each strip, so that copying finds it near (read_ahead.h), and so is what
 * the steps after the product will read. Products with a
 * vector, and of few rows with B', are bound by reading the matrix once and have loops of their own.
 *
 * Every element of C is summed in an order that the sizes of the product alone decide: within a part of k one by one, and
 * the parts one after the other. A result depends neither on the split into units nor on what was packed.
 *
 * With 32 registers a block by a strip is 14 * 2 sums, which with 2 vectors of B and one element of A makes 31; with 16
 * registers it is 6 * 2, which makes 15.
 */
#ifndef KG_KINDS_MATMUL_H
#define KG_KINDS_MATMUL_H

#include "read_ahead.h"
#include "scalar.h"
#include "scratch.h"
#include "vector.h"

#define KG_WIDE_VECTORS 4
#if KG_VECTOR_REGISTERS == 32
#define KG_TILE_ROWS 14
#define KG_WIDE_ROWS 6
#define KG_DOT_ROWS 4
#define KG_EACH_TILE(wide, other)                                                                  \
    wide(1) wide(2) wide(3) wide(4) wide(5) wide(6)                                                \
    other(7) other(8) other(9) other(10) other(11) other(12) other(13) other(14)
#else
#define KG_TILE_ROWS 6
#define KG_WIDE_ROWS 2
#define KG_DOT_ROWS 2
#define KG_EACH_TILE(wide, other) wide(1) wide(2) other(3) other(4) other(5) other(6)
#endif

/* Bytes of a part of k, and of a row of a packed panel. */
#define KG_DEPTH_BYTES 1536
#define KG_PANEL_BYTES 2048

/* B is packed for more rows than this; for fewer rows of A than that B' is not, but dot products are taken. */
#define KG_PACK_ROWS 56
#define KG_FEW_ROWS 8

/* Blocks of A are copied where so many strips read them and its rows are a multiple of so many bytes apart: those are
 * the bytes of one way of the first cache. Blocks of A' are copied several at once, because they share cache lines. */
#define KG_COPY_STRIPS 4
#define KG_COPY_BYTES 4096
#define KG_COPY_BLOCKS 8

/* Arrays of what comes next that are asked for ahead. */
#define KG_MOST_NEXT 4

/* What becomes of a sum; the numbers are those of the ops' lowering. */
typedef enum kg_finish { KG_LINEAR, KG_RELU, KG_SIGMOID, KG_TANH, KG_RELU_GRAD } kg_finish;

#define KIND_TEMPLATE "matmul_template.h"
#include "each_float.h"

#define MATMUL_KERNELS                                                                             \
    KG_FLOAT_ENTRIES(matmul)                                                                       \
    KG_FLOAT_ENTRIES(matmul_tn)                                                                    \
    KG_FLOAT_ENTRIES(matmul_nt)                                                                    \
    KG_FLOAT_ENTRIES(dense)                                                                        \
    KG_FLOAT_ENTRIES(dense_residual)                                                               \
    KG_FLOAT_ENTRIES(matmul_nt_relu_grad)

#endif
