# hostile: run another program
# expect: runtime_error
# canary: alone
# bare: escapes
import subprocess

subprocess.Popen(["sleep", "@MARK@"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
