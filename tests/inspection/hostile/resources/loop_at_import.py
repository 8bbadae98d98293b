# hostile: loop for ever while a module of its own is imported
# expect: timeout
# canary: answered
import sys

with open("endless.py", "w") as file:
    file.write("while True:\n    pass\n")
sys.path.insert(0, ".")
import endless  # noqa: E402, F401
