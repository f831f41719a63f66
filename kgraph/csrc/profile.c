#include "profile.h"

#include <stdlib.h>
#include <time.h>

#include "pool.h"

static void *counts(int64_t number, size_t size) { return calloc(number > 0 ? (size_t)number : 1, size); }

kg_profile *kg_profile_new(int64_t n_instrs, int64_t n_phases, int64_t room) {
    kg_profile *profile = counts(1, sizeof *profile);
    if (!profile) return NULL;
    profile->n_instrs = n_instrs;
    profile->n_phases = n_phases;
    profile->room = room;
    profile->busy_ns = counts(n_instrs, sizeof *profile->busy_ns);
    profile->tasks = counts(n_instrs, sizeof *profile->tasks);
    profile->phase_ns = counts(n_phases, sizeof *profile->phase_ns);
    profile->events = counts(room, sizeof *profile->events);
    if (profile->busy_ns && profile->tasks && profile->phase_ns && profile->events) return profile;
    kg_profile_free(profile);
    return NULL;
}

void kg_profile_free(kg_profile *profile) {
    if (!profile) return;
    free(profile->busy_ns);
    free(profile->tasks);
    free(profile->phase_ns);
    free(profile->events);
    free(profile);
}

int64_t kg_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t kg_profile_add(kg_profile *profile, int64_t instr, int64_t begin) {
    const int64_t end = kg_now_ns();
    __atomic_fetch_add(&profile->busy_ns[instr], end - begin, __ATOMIC_RELAXED);
    __atomic_fetch_add(&profile->tasks[instr], 1, __ATOMIC_RELAXED);
    return end;
}

void kg_profile_event(kg_profile *profile, int64_t instr, int64_t begin, int64_t end) {
    const int64_t place = __atomic_fetch_add(&profile->n_events, 1, __ATOMIC_RELAXED);
    if (place < profile->room)
        profile->events[place] = (kg_event){.instr = instr, .thread = kg_pool_thread(), .begin = begin, .end = end};
}
