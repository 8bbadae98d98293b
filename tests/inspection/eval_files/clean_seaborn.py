import pandas as pd
import seaborn as sns

frame = pd.DataFrame({"x": range(12), "y": [3, 5, 4, 6, 7, 5, 8, 7, 9, 8, 10, 9], "group": list("aabbaabbaabb")})
ax = sns.scatterplot(data=frame, x="x", y="y", hue="group")
sns.despine()
ax.set_title("Growth")
