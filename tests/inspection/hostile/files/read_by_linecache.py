# hostile: have linecache read a file
# expect: no_output
# canary: secret
# bare: escapes
import linecache

print(linecache.getlines("@SECRET@"))
