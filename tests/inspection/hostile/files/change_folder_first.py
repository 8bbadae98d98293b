# hostile: go there, then read by a short name
# expect: runtime_error
# canary: secret
# bare: escapes
import os

os.chdir("@OUTSIDE@")
print(open("secret").read())
