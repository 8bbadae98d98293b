# hostile: take another process its descriptors
# expect: runtime_error
# canary: alive
# bare: escapes
import resource

resource.prlimit(int("@VICTIM@"), resource.RLIMIT_NOFILE, (1, 1))
