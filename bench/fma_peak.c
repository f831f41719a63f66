/*
 * The most multiply-adds that one core does: as many independent sums in registers as hide the latency, and no memory.
 * Prints GFLOP/s, the best of many short runs. Built by kernels.py for the processor it runs on.
 */
#include <stdio.h>
#include <time.h>

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
#if defined(__x86_64__)
#define REGISTER "v"
#else
#define REGISTER "w"
#endif
#define SUMS 12
#define STEPS 200000

typedef float vector __attribute__((vector_size(BYTES)));

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(void) {
    vector sums[SUMS] = {0}, factor = {1};
    double best = 0;
    for (int run = 0; run < 200; run++) {
        const double start = now();
        for (long step = 0; step < STEPS; step++) {
            /* The compiler must not know that the factor stays what it is, or it multiplies once. */
            __asm__("" : "+" REGISTER(factor));
#pragma GCC unroll 12
            for (int i = 0; i < SUMS; i++) sums[i] += factor * factor;
        }
        const double rate = 2.0 * SUMS * (BYTES / sizeof(float)) * STEPS / (now() - start) / 1e9;
        if (rate > best) best = rate;
    }
    for (int i = 1; i < SUMS; i++) sums[0] += sums[i];
    __asm__ volatile("" : : REGISTER(sums[0]));
    printf("%.1f\n", best);
    return 0;
}
