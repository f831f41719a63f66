#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "park.h"
#include "profile.h"

/* Pauses before a waiting thread offers its processor to others: some 20 to 60 microseconds, more than phases are
   apart, so that on a quiet machine nobody yields within a program. */
#define SPINS 2000
/* How long a worker without work stays awake: longer than it takes to come from one training step to the next. */
#define AWAKE_NS 1000000
/* Kernels keep no more than small buffers on the stack, but the default of some systems is smaller still. */
#define STACK_BYTES (2 << 20)

#define APART _Alignas(64)

/* The claim on a task is a compare and swap that takes one from `unclaimed`. Whoever succeeds has a task of the phase
   that runs now, and that phase cannot end, nor its description below change, before the task is done. So the
   description is read after the claim, and a worker that looked at an earlier phase has nothing stale in its hands. */
static struct {
    APART _Atomic int64_t unclaimed;
    APART _Atomic int64_t undone;
    APART kg_task task; /* the description of the phase */
    void *context;
    int64_t tasks;
    APART kg_bell bell;
    atomic_int sleepers;
    atomic_int stopping;
    APART atomic_flag led; /* held by the leader, and guards what follows */
    atomic_int wanted;     /* threads, as set; 0 before */
    atomic_int made_for;   /* what was wanted when the workers were started: a failure is not tried again */
    int workers;
    pthread_t threads[KG_MOST_THREADS];
} pool = {.led = ATOMIC_FLAG_INIT};

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* How many tasks were unclaimed before this one was claimed; 0 where there was none. */
static int64_t claim(void) {
    int64_t left = atomic_load_explicit(&pool.unclaimed, memory_order_relaxed);
    while (left > 0 && !atomic_compare_exchange_weak_explicit(&pool.unclaimed, &left, left - 1, memory_order_acquire,
                                                             memory_order_relaxed))
        pause_briefly();
    return left;
}

static void do_tasks(void) {
    for (int64_t left; (left = claim()) > 0;) {
        pool.task(pool.context, pool.tasks - left);
        atomic_fetch_sub_explicit(&pool.undone, 1, memory_order_release);
    }
}

static int is_called(void) { return atomic_load(&pool.unclaimed) > 0 || atomic_load(&pool.stopping); }

static void sleep_until_called(void) {
    while (!is_called()) {
        uint32_t heard = atomic_load(&pool.bell);
        atomic_fetch_add(&pool.sleepers, 1);
        if (!is_called()) kg_park(&pool.bell, heard);
        atomic_fetch_sub(&pool.sleepers, 1);
    }
}

/* Waits for work: at first without giving up the processor, then by giving way to others, at last asleep. */
static void wait_until_called(void) {
    for (int spins = 0; spins < SPINS; spins++) {
        if (is_called()) return;
        pause_briefly();
    }
    for (int64_t end = kg_now_ns() + AWAKE_NS; kg_now_ns() < end; sched_yield())
        if (is_called()) return;
    sleep_until_called();
}

static _Thread_local int thread_number;

int kg_pool_thread(void) { return thread_number; }

static void *work(void *number) {
    thread_number = (int)(intptr_t)number;
    while (!atomic_load(&pool.stopping)) {
        wait_until_called();
        do_tasks();
    }
    return NULL;
}

static void stop_workers(void) {
    atomic_store(&pool.stopping, 1);
    kg_ring(&pool.bell, KG_MOST_THREADS);
    while (pool.workers > 0) pthread_join(pool.threads[--pool.workers], NULL);
    atomic_store(&pool.stopping, 0);
}

/* What a fork leaves behind in the child: the settings, and no thread but the one that forked. */
static void forget_workers(void) {
    atomic_store(&pool.unclaimed, 0);
    atomic_store(&pool.undone, 0);
    atomic_store(&pool.sleepers, 0);
    atomic_store(&pool.stopping, 0);
    atomic_store(&pool.made_for, 0);
    pool.workers = 0;
    kg_forget_listeners();
    atomic_flag_clear(&pool.led);
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, forget_workers); }

/* Starts up to `count` workers. They take no signals: those are for the threads that the caller knows of. */
static void start_workers(int count) {
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_once(&watched, watch_forks) || pthread_attr_init(&attributes)) return;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (intptr_t number = pool.workers + 1; number <= count; number = ++pool.workers + 1)
        if (pthread_create(&pool.threads[pool.workers], &attributes, work, (void *)number)) break;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

void kg_pool_set_threads(int threads) { atomic_store(&pool.wanted, threads); }

int kg_pool_threads(void) { return atomic_load(&pool.wanted); }

int kg_pool_is_awake(void) { return atomic_load(&pool.made_for) > 1 && !atomic_load(&pool.sleepers); }

int kg_pool_lead(void) {
    int wanted = atomic_load(&pool.wanted);
    if (wanted <= 1 && atomic_load(&pool.made_for) <= 1) return 0;
    if (atomic_flag_test_and_set_explicit(&pool.led, memory_order_acquire)) return 0;
    if (wanted != atomic_load(&pool.made_for)) {
        stop_workers();
        start_workers(wanted - 1);
        atomic_store(&pool.made_for, wanted);
    }
    if (pool.workers > 0) return 1;
    kg_pool_leave();
    return 0;
}

void kg_pool_leave(void) { atomic_flag_clear_explicit(&pool.led, memory_order_release); }

void kg_pool_run(kg_task task, void *context, int64_t tasks) {
    pool.task = task;
    pool.context = context;
    pool.tasks = tasks;
    atomic_store_explicit(&pool.undone, tasks, memory_order_relaxed);
    /* Before the look at the sleepers in the one order of all: who goes to sleep counts itself, then looks here. */
    atomic_store(&pool.unclaimed, tasks);
    if (atomic_load(&pool.sleepers)) kg_ring(&pool.bell, tasks < KG_MOST_THREADS ? (int)tasks - 1 : KG_MOST_THREADS);
    do_tasks();
    for (int spins = 0; atomic_load_explicit(&pool.undone, memory_order_acquire) > 0; spins++)
        spins < SPINS ? pause_briefly() : (void)sched_yield();
}
