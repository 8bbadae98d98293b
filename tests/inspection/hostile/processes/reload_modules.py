# hostile: load fresh modules in the place of those that may be patched
# expect: runtime_error
# canary: untouched
# bare: escapes
import importlib
import sys

for name in ("os", "posix", "subprocess", "_posixsubprocess"):
    sys.modules.pop(name, None)
os = importlib.import_module("os")
subprocess = importlib.import_module("subprocess")
subprocess.run(["sh", "-c", "echo mine > @OUTSIDE@/new"])
