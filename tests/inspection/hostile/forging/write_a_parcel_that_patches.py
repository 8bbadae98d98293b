# forging: a parcel by hand, whose pickle sets an attribute of a class where it is loaded
# expect: forbidden
import json, os, struct

name = b"get_window_extent"
pickled = (
    b"\x80\x04cmatplotlib.text\nText\nN}(\x8c" + bytes([len(name)]) + name + b"cmatplotlib.text\nAnnotation\nu\x86b."
)
report = {"status": "ok", "error": None, "scenes": [], "record": {}, "chains": [], "parcels": [len(pickled)]}
text = json.dumps(report | {"failure": "", "unfit": ""}).encode()
os.write(3, struct.pack(">Q", len(text)) + text + pickled)
os._exit(0)
