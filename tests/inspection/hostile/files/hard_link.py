# hostile: link a file from outside into its own folder, then write
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.link("@SECRET@", "mine")
open("mine", "a").write("mine")
