# hostile: write an extended attribute
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.setxattr("@SECRET@", "user.mine", b"mine")
