/* Memory that a kernel may use while it runs: one block per thread, made when first asked for and kept. */
#ifndef KG_SCRATCH_H
#define KG_SCRATCH_H

#include <stdint.h>

/* Bytes of the block: a packed panel of a matrix, its packed counterpart, and room to round up; see kinds/matmul.h. */
#define KG_SCRATCH_BYTES ((int64_t)1 << 20)

/* The calling thread's block, on a page boundary; NULL where memory is short. It is freed when the thread ends. */
void *kg_scratch(void);

#endif
