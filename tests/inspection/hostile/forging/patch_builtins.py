# forging: built-in functions are exchanged for everybody
# expect: forbidden
import builtins

count = builtins.len
builtins.len = lambda things: min(count(things), 3)
