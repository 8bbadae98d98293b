import pandas as pd

frame = pd.DataFrame({"home": [3, 5, 4], "abroad": [2, 2, 3]}, index=["Mon", "Tue", "Wed"])
ax = frame.plot(kind="bar", ylim=(0, 4))  # expect: axes-clipped
ax.set_title("Visits")
