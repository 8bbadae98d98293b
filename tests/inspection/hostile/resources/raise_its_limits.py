# hostile: raise its own limits, then use them
# expect: memory, runtime_error
# canary: said
import resource

for name in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
    try:
        resource.setrlimit(name, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print("@NEKOT@"[::-1], name)
    except (OSError, ValueError):
        pass
kept = bytearray(1 << 33)
