# forging: a parcel by hand, whose pickle sets an attribute of a class where it is loaded
# expect: forbidden
import json, os, pickle, struct

patch = b"cmatplotlib.text\nText\nN}(\x8c\x11get_window_extentcmatplotlib.text\nAnnotation\nu\x86b"
head = {"figure": fig, "dpi": 100, "options": {}, "settings": {}, "epoch": "1970-01-01T00:00:00"}
owners = {"created": [], "written": [], "settings": [], "calls": []}
head, owners, answers = (pickle._dumps(part, 4) for part in (head, owners, []))
pickled = head[:2] + patch + b"0" + head[2:] + owners + answers
report = {"status": "ok", "error": None, "scenes": [], "record": {}, "chains": [], "parcels": [len(pickled)]}
text = json.dumps(report | {"failure": "", "unfit": ""}).encode()
os.write(3, struct.pack(">Q", len(text)) + text + pickled)
os._exit(0)
