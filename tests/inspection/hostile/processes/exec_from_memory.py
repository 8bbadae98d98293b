# hostile: run a program that lies in memory
# expect: runtime_error
# canary: said
# bare: escapes
import os

os.memfd_create("mine")
print("@NEKOT@"[::-1])
