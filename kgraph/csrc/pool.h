/* The threads of this process that help a program along.

   One program at a time leads the pool; another that would like to finds it taken and runs on its own thread alone. A
   leader goes through its phases one by one. A phase is so many tasks, independent of each other, which the leader and
   the workers claim one at a time: it ends when its *tasks* are done, no matter how many threads came to help. So a
   worker that the system runs late, or not at all, delays nobody unless it holds a task.

   Workers are started by the first program that leads, and sleep when there has been nothing to do for a while. A
   forked child has none of its parent's; it starts its own. If threads cannot be started the pool is smaller, or there
   is none and kg_pool_lead always answers 0. */
#ifndef KG_POOL_H
#define KG_POOL_H

#include <stdint.h>

#define KG_MOST_THREADS 256

/* Does task `index` of a phase. */
typedef void (*kg_task)(void *context, int64_t index);

/* Sets how many threads run a program, the leader among them: 1 to KG_MOST_THREADS. Programs that start later abide. */
void kg_pool_set_threads(int threads);

/* What was set; 0 before. */
int kg_pool_threads(void);

/* Whether there are workers, none of them asleep. */
int kg_pool_is_awake(void);

/* Makes the calling thread the leader; 0 where another thread leads, or there is nobody to lead. */
int kg_pool_lead(void);

/* The leader only: does tasks 0 .. tasks - 1, with help, and returns when all are done. */
void kg_pool_run(kg_task task, void *context, int64_t tasks);

/* The leader only: makes way for another. */
void kg_pool_leave(void);

/* The number of this thread: 1 and up for workers, 0 for all others. */
int kg_pool_thread(void);

#endif
