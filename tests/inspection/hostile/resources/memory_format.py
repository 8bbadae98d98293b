# hostile: ask for a very wide number
# expect: memory, runtime_error
# canary: bounded
print("%2000000000d" % 1)
