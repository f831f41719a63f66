/*
 * Every kernel, compiled once per instruction set: each kind defines its kernels as static functions and lists them in
 * an X-macro, from which the table KG_TABLE is made.
 */
#include "kinds/scalar.h"

#include "kinds/unary.h"
#include "kinds/binary.h"
#include "kinds/bits.h"
#include "kinds/cast.h"
#include "kinds/select.h"
#include "kinds/update.h"
#include "kinds/reduce.h"
#include "kinds/reduce_grad.h"
#include "kinds/scan.h"
#include "kinds/random.h"
#include "kinds/rejection.h"
#include "kinds/iota.h"
#include "kinds/movement.h"
#include "kinds/matmul.h"
#include "kinds/indexing.h"
#include "kinds/checks.h"
#include "kinds/ordering.h"
#include "kinds/factorization.h"
#include "kinds/softmax.h"
#include "kinds/normalization.h"
#include "kinds/losses.h"
#include "kinds/ctc.h"
#include "kinds/metrics.h"

const kg_entry KG_TABLE[] = {
    UNARY_KERNELS
    BINARY_KERNELS
    BITS_KERNELS
    CAST_KERNELS
    SELECT_KERNELS
    UPDATE_KERNELS
    REDUCE_KERNELS
    REDUCE_GRAD_KERNELS
    SCAN_KERNELS
    RANDOM_KERNELS
    REJECTION_KERNELS
    IOTA_KERNELS
    MOVEMENT_KERNELS
    MATMUL_KERNELS
    INDEXING_KERNELS
    CHECKS_KERNELS
    ORDERING_KERNELS
    FACTORIZATION_KERNELS
    SOFTMAX_KERNELS
    NORMALIZATION_KERNELS
    LOSSES_KERNELS
    CTC_KERNELS
    METRICS_KERNELS
    {0, 0},
};
