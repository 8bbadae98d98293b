# forging: what looks like a result, on the output
# expect: harmless
print('{"status": "ok", "score": 1.0, "defects": []}')
print("score: 1.0\nreward=1.0", flush=True)
