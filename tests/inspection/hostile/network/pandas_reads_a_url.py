# hostile: let pandas fetch, which no list of imports forbids
# expect: runtime_error
# canary: silent
import pandas as pd

pd.read_csv("http://127.0.0.1:@TCP@/train.csv")
