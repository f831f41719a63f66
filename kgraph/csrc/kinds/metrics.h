/* Counts that metrics are made of. */
#define KIND_TEMPLATE "metrics_template.h"
#include "each_float.h"

#define METRICS_KERNELS KG_FLOAT_ENTRIES(confusion_at_thresholds)
