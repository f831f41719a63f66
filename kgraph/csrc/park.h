/* How an idle thread sleeps: on a bell. Who listens reads the bell, looks once more for work, and sleeps only if the
   bell has not rung since, so that no ring is missed. Linux has this as one system call; elsewhere a mutex and a
   condition variable do the same. */
#ifndef KG_PARK_H
#define KG_PARK_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint32_t kg_bell;

#if defined(__linux__) && !defined(KG_PORTABLE_PARK)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static void kg_park(kg_bell *bell, uint32_t heard) { syscall(SYS_futex, bell, FUTEX_WAIT_PRIVATE, heard, 0, 0, 0); }

static void kg_ring(kg_bell *bell, int threads) {
    atomic_fetch_add(bell, 1);
    syscall(SYS_futex, bell, FUTEX_WAKE_PRIVATE, threads, 0, 0, 0);
}

/* In a forked child: nobody listens any more. */
static void kg_forget_listeners(void) {}

#else

#include <pthread.h>

static pthread_mutex_t kg_bell_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t kg_bell_rung = PTHREAD_COND_INITIALIZER;

static void kg_park(kg_bell *bell, uint32_t heard) {
    pthread_mutex_lock(&kg_bell_mutex);
    while (atomic_load(bell) == heard) pthread_cond_wait(&kg_bell_rung, &kg_bell_mutex);
    pthread_mutex_unlock(&kg_bell_mutex);
}

static void kg_ring(kg_bell *bell, int threads) {
    (void)threads;
    pthread_mutex_lock(&kg_bell_mutex);
    atomic_fetch_add(bell, 1);
    pthread_cond_broadcast(&kg_bell_rung);
    pthread_mutex_unlock(&kg_bell_mutex);
}

static void kg_forget_listeners(void) {
    kg_bell_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    kg_bell_rung = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}

#endif

#endif
