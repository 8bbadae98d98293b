# hostile: double a string for ever
# expect: memory
# canary: bounded
text = "x" * 1000
while True:
    text += text
