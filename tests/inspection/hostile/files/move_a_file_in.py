# hostile: move a file from outside into the job's folder
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.rename("@SECRET@", "mine")
