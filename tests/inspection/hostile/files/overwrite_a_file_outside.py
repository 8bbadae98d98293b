# hostile: write over a file
# expect: runtime_error
# canary: untouched
# bare: escapes
with open("@SECRET@", "r+") as file:
    file.write("mine")
