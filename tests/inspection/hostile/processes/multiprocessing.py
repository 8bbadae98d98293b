# hostile: start a process by multiprocessing
# expect: runtime_error
# canary: alone
import multiprocessing
import time

multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,)).start()
