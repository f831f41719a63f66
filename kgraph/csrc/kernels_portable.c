/* The kernels for any processor. */
#include "kinds/common.h"

#define KG_TABLE kg_kernels_portable
#define KG_VECTOR_BYTES 16
#include "kernels.h"
