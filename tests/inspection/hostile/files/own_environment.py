# hostile: print the environment
# expect: no_output
# canary: secret
# bare: escapes
import os

print(dict(os.environ))
