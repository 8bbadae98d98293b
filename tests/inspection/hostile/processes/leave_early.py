# hostile: leave without a report
# expect: runtime_error
# canary: answered
import os

os._exit(0)
