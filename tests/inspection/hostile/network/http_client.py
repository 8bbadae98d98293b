# hostile: fetch a page by http.client
# expect: runtime_error
# canary: silent
# bare: escapes
import http.client

connection = http.client.HTTPConnection("127.0.0.1", int("@TCP@"), timeout=1)
connection.request("GET", "/")
connection.getresponse()
