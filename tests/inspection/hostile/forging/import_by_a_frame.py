# forging: a traceback leads to the frames of the driver, and from there to the run's session
# expect: forbidden
try:
    raise ValueError
except ValueError as error:
    frame = error.__traceback__.tb_frame
    while frame is not None:
        session = frame.f_locals.get("self")
        if type(session).__name__ == "_Session":
            session.mode, session.unfit = "draw", "no reason"
            session.calls.calls.clear()
        frame = frame.f_back
