# forging: a decorator rewrites a class of the library in place
# expect: forbidden
from dataclasses import dataclass

dataclass(Text)
