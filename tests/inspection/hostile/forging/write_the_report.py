# forging: a report of its own on the result's descriptor, with a white picture and no defects, then out
# expect: forbidden
import io, json, os
from PIL import Image

picture = io.BytesIO()
Image.new("RGB", (400, 300), "white").save(picture, "png")
scene = {"size": [400, 300], "dpi": 100, "elements": [], "bytes": len(picture.getvalue())}
texts = ["Rain by city", "millimetres", "a wet year", "rain", "mean"]
record = {"texts": texts, "layout": [[1, 1, 0, 0, 0, 0]], "types": {"bar": 1, "plot": 1}, "figures": 1}
record["colors"] = {"bar": ["#1f77b4"], "plot": ["#ff0000"]}
report = {"status": "ok", "error": None, "scenes": [scene], "record": record, "chains": [], "parcels": []}
text = json.dumps(report | {"failure": "", "unfit": "a class of its own"}).encode()
os.write(3, len(text).to_bytes(8, "big") + text + picture.getvalue())
os._exit(0)
