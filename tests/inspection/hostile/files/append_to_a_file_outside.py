# hostile: append to a file
# expect: runtime_error
# canary: untouched
# bare: escapes
with open("@SECRET@", "a") as file:
    file.write("mine")
