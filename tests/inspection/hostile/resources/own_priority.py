# hostile: take a higher priority for itself
# expect: no_output
# canary: said
import os

for attempt in (
    lambda: os.nice(-20),
    lambda: os.setpriority(os.PRIO_PROCESS, 0, -1),
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    lambda: os.sched_setaffinity(0, {0}),
):
    try:
        attempt()
        print("@NEKOT@"[::-1])
    except OSError:
        pass
