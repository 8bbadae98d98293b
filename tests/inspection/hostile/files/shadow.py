# hostile: read the password file
# expect: runtime_error
# canary: secret
# bare: escapes as root
print(open("/etc/shadow").read())
