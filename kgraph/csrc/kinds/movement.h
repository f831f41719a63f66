/* Kernels that move elements of a given width. */
#include "template.h"

/* More axes than any array in memory can have, once those of size 1 are gone. */
#define KG_MAX_AXES 64

#define KIND_TEMPLATE "movement_template.h"
#include "each_width.h"

#define MOVEMENT_KERNELS                                                                                    \
    KG_WIDTH_ENTRIES(full)                                                                                  \
    KG_WIDTH_ENTRIES(strided)                                                                               \
    KG_WIDTH_ENTRIES(transpose)                                                                             \
    KG_WIDTH_ENTRIES(place)                                                                                 \
    KG_WIDTH_ENTRIES(concat)
