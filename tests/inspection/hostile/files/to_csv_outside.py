# hostile: save a table outside by pandas
# expect: runtime_error
# canary: untouched
import pandas as pd

pd.DataFrame({"a": [1]}).to_csv("@OUTSIDE@/table.csv")
