"""A client of Autobahn's cases by the library `websockets`: websockets_client.py URL"""

import asyncio
import sys

import websockets


async def play(url, echoes):
    last = None
    async with websockets.connect(url, max_size=64 << 20) as socket:
        try:
            async for last in socket:
                if echoes:
                    await socket.send(last)
        except websockets.ConnectionClosed:
            pass
    return last


async def main(url):
    count = int(await play(f"{url}/getCaseCount", False))
    for i in range(1, count + 1):
        await play(f"{url}/runCase?case={i}&agent=websockets", True)
    await play(f"{url}/updateReports?agent=websockets", False)
    print(f"{count} cases")


asyncio.run(main(sys.argv[1]))
