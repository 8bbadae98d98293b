# hostile: make a file outside
# expect: runtime_error
# canary: untouched
# bare: escapes
with open("@OUTSIDE@/new", "w") as file:
    file.write("mine")
