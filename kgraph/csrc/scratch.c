#include "scratch.h"

#include <pthread.h>
#include <stdlib.h>

/* The key is there for its destructor alone: reading a thread-local variable is cheaper than asking it. */
static pthread_key_t freed_at_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has_key;
static __thread void *block;

static void make_key(void) { has_key = pthread_key_create(&freed_at_exit, free) == 0; }

void *kg_scratch(void) {
    if (block) return block;
    pthread_once(&once, make_key);
    void *fresh = NULL;
    if (!has_key || posix_memalign(&fresh, 4096, (size_t)KG_SCRATCH_BYTES)) return NULL;
    if (pthread_setspecific(freed_at_exit, fresh)) {
        free(fresh);
        return NULL;
    }
    return block = fresh;
}
