# hostile: write to the kernel's settings
# expect: no_output
# canary: said
for path in (
    "/proc/self/oom_score_adj",
    "/proc/self/coredump_filter",
    "/proc/sys/kernel/core_pattern",
    "/proc/sysrq-trigger",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/fs/cgroup/memory/cgroup.procs",
):
    try:
        open(path, "r+")
        print("@NEKOT@"[::-1], path)
    except OSError:
        pass
