# hostile: loop for ever
# expect: timeout
# canary: answered
while True:
    pass
