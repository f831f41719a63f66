/* Asking for memory that will be read after the work at hand, a little with each piece of it. */
#ifndef KG_KINDS_READ_AHEAD_H
#define KG_KINDS_READ_AHEAD_H

#include "common.h"

#define KG_LINE 64

/* What is still to be asked for: the rest of a row of `width` bytes, and more rows, `stride` bytes apart. */
typedef struct kg_ahead {
    const char *row;
    int64_t byte, width, stride, rows;
    int64_t at_once; /* cache lines */
} kg_ahead;

/* `rows` by `width` bytes, `stride` apart, to be asked for in `steps` steps at most. */
KG_INLINE kg_ahead kg_read_ahead(const void *at, int64_t rows, int64_t stride, int64_t width, int64_t steps) {
    const int64_t lines = rows * ((width + KG_LINE - 1) / KG_LINE);
    return (kg_ahead){.row = at, .width = width, .stride = stride, .rows = rows, .at_once = lines / KG_MAX(1, steps) + 1};
}

KG_INLINE void kg_prefetch_some(kg_ahead *ahead) {
    for (int64_t i = 0; i < ahead->at_once && ahead->rows > 0; i++) {
        __builtin_prefetch(ahead->row + ahead->byte, 0, 2);
        ahead->byte += KG_LINE;
        if (ahead->byte < ahead->width) continue;
        ahead->byte = 0;
        ahead->row += ahead->stride;
        ahead->rows--;
    }
}

#endif
