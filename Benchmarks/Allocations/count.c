// SPDX-License-Identifier: Apache-2.0
// Counts allocations of the benchmark program; loaded with LD_PRELOAD by scripts/bench.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

static _Thread_local unsigned long count;
static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static char early[65536];
static size_t early_used;

unsigned long spockex_allocation_count(void) { return count; }

void *malloc(size_t size) {
    if (!real_malloc) real_malloc = dlsym(RTLD_NEXT, "malloc");
    count++;
    return real_malloc(size);
}

void *calloc(size_t n, size_t size) {
    static int looking;
    if (!real_calloc) {
        if (looking) {
            void *p = early + early_used;
            early_used += (n * size + 15) & ~15UL;
            return early_used <= sizeof early ? p : NULL;
        }
        looking = 1;
        real_calloc = dlsym(RTLD_NEXT, "calloc");
    }
    count++;
    return real_calloc(n, size);
}

void *realloc(void *p, size_t size) {
    if (!real_realloc) real_realloc = dlsym(RTLD_NEXT, "realloc");
    count++;
    return real_realloc(p, size);
}

int posix_memalign(void **p, size_t alignment, size_t size) {
    if (!real_posix_memalign) real_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    count++;
    return real_posix_memalign(p, alignment, size);
}
