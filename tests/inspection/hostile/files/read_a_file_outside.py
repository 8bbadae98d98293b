# hostile: read the data set by its path
# expect: runtime_error
# canary: secret
# bare: escapes
print(open("@SECRET@").read())
