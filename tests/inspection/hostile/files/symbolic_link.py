# hostile: reach outside through a link in its own folder
# expect: runtime_error
# canary: secret
# bare: escapes
import os

os.symlink("@SECRET@", "mine")
print(open("mine").read())
