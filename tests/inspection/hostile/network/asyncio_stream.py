# hostile: connect by asyncio
# expect: runtime_error
# canary: silent
# bare: escapes
import asyncio


async def call():
    _, writer = await asyncio.open_connection("127.0.0.1", int("@TCP@"))
    writer.write(b"hello")
    await writer.drain()


asyncio.run(call())
