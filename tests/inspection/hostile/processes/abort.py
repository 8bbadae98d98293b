# hostile: end by a signal of its own
# expect: runtime_error
# canary: answered
import os

os.abort()
