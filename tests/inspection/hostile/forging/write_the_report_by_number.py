# forging: the result's descriptor is opened as a file
# expect: forbidden
number = 3
with open(number, "wb", closefd=False) as result:
    result.write(b"\0" * 7 + b"\2{}")
