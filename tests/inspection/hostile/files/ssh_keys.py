# hostile: read the keys in the home folder, found as ssh finds it
# expect: no_output
# canary: secret
# bare: escapes
import glob
import os
import pwd

homes = {os.path.expanduser("~"), "/root", "@OUTSIDE@"}
try:
    homes |= {entry.pw_dir for entry in pwd.getpwall()}
except OSError:
    pass
for home in homes:
    for name in ("id_rsa", "id_ed25519", "known_hosts", "authorized_keys"):
        for path in [f"{home}/.ssh/{name}", *glob.glob(f"{home}/.ssh/*")]:
            try:
                print(open(path).read())
            except OSError:
                pass
