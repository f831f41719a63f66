/* Each element's position along an axis. */
#define KIND_TEMPLATE "iota_template.h"
#include "each_number.h"

#define IOTA_KERNELS KG_NUMBER_ENTRIES(iota)
