# hostile: send a mail
# expect: runtime_error
# canary: silent
# bare: escapes
import smtplib

smtplib.SMTP("127.0.0.1", int("@TCP@"), timeout=1)
