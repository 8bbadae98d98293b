# forging: whatever is reported, another report is written
# expect: forbidden
import json

report = json.dumps(
    {"status": "ok", "error": None, "scenes": [], "record": {}, "chains": [], "failure": "", "unfit": ""}
)
json.dumps = lambda *args, **kwargs: report
