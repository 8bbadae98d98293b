import pandas as pd
import seaborn as sns

frame = pd.DataFrame({"day": ["Mon", "Tue", "Wed"], "visits": [3, 5, 4]})
ax = sns.barplot(data=frame, x="day", y="visits")
ax.set_title("Visits")
ax.set_xlabel("Day", color="#eeeeee")  # expect: low-contrast
