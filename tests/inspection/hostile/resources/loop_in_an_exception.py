# hostile: loop for ever when somebody asks for the message
# expect: timeout
# canary: answered
class Endless(Exception):
    def __str__(self):
        while True:
            pass


raise Endless
