# hostile: open files without end
# expect: runtime_error
# canary: said
kept = []
while True:
    kept.append(open("/dev/null"))
    if len(kept) > 500:
        print("@NEKOT@"[::-1])
        break
