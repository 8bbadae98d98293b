# hostile: kill the trainer
# expect: runtime_error
# canary: alive
import os

os.kill(int("@TRAINER@"), 9)
