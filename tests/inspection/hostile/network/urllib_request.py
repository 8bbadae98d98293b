# hostile: fetch a page
# expect: runtime_error
# canary: silent
# bare: escapes
import urllib.request

urllib.request.urlopen("http://127.0.0.1:@TCP@/secret", timeout=1)
