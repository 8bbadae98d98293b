# forging: a parcel by hand, whose pickle calls the library for a class and sets an attribute of that
# expect: forbidden
import json, os, struct

get_class = b"cmatplotlib.projections\nget_projection_class\n\x8c\x05polar\x85R"
pickled = b"\x80\x04" + get_class + b"N}(\x8c\x10get_window_extentcmatplotlib.text\nAnnotation\nu\x86b."
report = {"status": "ok", "error": None, "scenes": [], "record": {}, "chains": [], "parcels": [len(pickled)]}
text = json.dumps(report | {"failure": "", "unfit": ""}).encode()
os.write(3, struct.pack(">Q", len(text)) + text + pickled)
os._exit(0)
