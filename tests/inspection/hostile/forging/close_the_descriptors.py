# forging: nothing can be reported, so nothing bad is
# expect: forbidden
import os

os.closerange(3, 64)
