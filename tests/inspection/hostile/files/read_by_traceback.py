# hostile: have a traceback quote a file
# expect: runtime_error
# canary: secret
exec(compile("1 / 0", "@SECRET@", "exec"))
