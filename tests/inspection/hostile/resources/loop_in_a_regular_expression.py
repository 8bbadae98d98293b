# hostile: loop for ever in C, where no signal handler runs
# expect: timeout
# canary: answered
import re

re.match(r"(a+)+$", "a" * 64 + "b")
