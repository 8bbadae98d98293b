# hostile: read the data set by pandas
# expect: runtime_error
# canary: secret
import pandas as pd

print(pd.read_csv("@SECRET@").columns)
