# What the WebSocket tests run: the library `websockets`, which echoes whatever it takes for a message.
import asyncio
import signal

import websockets

RELEASE = "one"


async def echo(socket):
    try:
        async for message in socket:
            await socket.send(message)
    except websockets.ConnectionClosed:
        pass
    if socket.path == "/told":
        print(f"closed with {socket.close_code}", flush=True)


async def main():
    async with websockets.serve(echo, "127.0.0.1", 3000, max_size=64 << 20, compression="deflate"):
        print(f"this is release {RELEASE}", flush=True)
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        await ended.wait()


asyncio.run(main())
