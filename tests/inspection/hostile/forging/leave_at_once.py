# forging: the process ends before anything is compared
# expect: forbidden
import os

os._exit(0)
