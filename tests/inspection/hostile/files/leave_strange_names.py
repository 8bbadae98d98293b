# hostile: leave names that trip a shell or a decoder
# expect: no_output
# canary: emptied
import os

for name in (b"\xff\xfe", b"-rf", b"a\nb", b"*", b"\\", b"x" * 255, b" ", b"...", b"\x01\x1b[2J"):
    os.mkdir(name + b"d"[: 255 - len(name)])
    os.mkdir(os.path.join(name + b"d"[: 255 - len(name)], name))
