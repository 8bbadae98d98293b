# hostile: loop for ever and ignore every signal that can be ignored
# expect: timeout
# canary: answered
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
