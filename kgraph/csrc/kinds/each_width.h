/* Includes KIND_TEMPLATE once for each width of an element: E is b1, b4, b8. */
#include "template.h"

#define E b1
#include KIND_TEMPLATE
#undef E
#define E b4
#include KIND_TEMPLATE
#undef E
#define E b8
#include KIND_TEMPLATE
#undef E

#undef KIND_TEMPLATE
