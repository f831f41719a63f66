/* The kernel ABI: what a kernel is given, and what it answers. */
#ifndef KG_H
#define KG_H

#include <stdint.h>

/* The value that a kernel refused, and the flat index at which it stood. */
typedef struct kg_fault {
    int64_t position;
    double value;
} kg_fault;

typedef struct kg_call {
    void *const *args;    /* input pointers in operand order, then the output pointer */
    int64_t n_args;       /* inputs + 1 */
    int64_t n_next;       /* after these: as many arrays like the output, whose same elements are read right after */
    const int64_t *ints;  /* sizes, strides and flags, in the order that the op's lowering lists them */
    const double *floats; /* numbers, likewise */
    kg_fault *fault;
} kg_call;

/* Computes work units [begin, end), independently of any other range; 0 if all is well, else 1 with *fault filled. */
typedef int (*kg_kernel)(const kg_call *call, int64_t begin, int64_t end);

/* A line of a table of kernels; the last line has no name. */
typedef struct kg_entry {
    const char *name;
    kg_kernel kernel;
} kg_entry;

#endif
