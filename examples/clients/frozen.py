"""A bot on the `websockets` library whose event loop stands still for a while.

    frozen.py DIRECT THROUGH_GATEWAY SECONDS

Holds two connections to one venue, one of them through the gateway, and subscribes on both. Prints
`subscribed`, and then either blocks its loop for that long, or goes on (0) until somebody stops the
process. Prints `direct CODE` when the direct connection was closed, `stale MILLISECONDS` when the
gateway said how old its data is, and `alive` when there was data after that.
"""

import asyncio
import contextlib
import json
import sys
import time

import websockets

SUBSCRIBE = json.dumps(
    {"op": "subscribe", "args": [{"instType": "SPOT", "channel": "ticker", "instId": "BTCUSDT"}]}
)
PING_EVERY = 0.3


def is_data(text):
    return '"data"' in text


async def subscribed(url):
    ws = await websockets.connect(url, ping_interval=None)
    await ws.send(SUBSCRIBE)
    while not is_data(await ws.recv()):
        pass
    return ws


async def ping(ws):
    while True:
        await ws.send("ping")
        await asyncio.sleep(PING_EVERY)


async def direct(ws):
    pings = asyncio.create_task(ping(ws))
    with contextlib.suppress(websockets.ConnectionClosed):
        async for _ in ws:
            pass
    pings.cancel()
    print("direct", ws.close_code, flush=True)


async def through_gateway(ws):
    is_stale = False
    async for text in ws:
        if '"gateway"' in text:
            print("stale", json.loads(text)["behind_ms"], flush=True)
            is_stale = True
        elif is_stale and is_data(text):
            print("alive", flush=True)
            return


async def main(direct_url, gateway_url, seconds):
    sockets = [await subscribed(url) for url in (direct_url, gateway_url)]
    tasks = [asyncio.create_task(run(ws)) for run, ws in zip((direct, through_gateway), sockets)]
    await asyncio.sleep(PING_EVERY)
    print("subscribed", flush=True)
    # What many a strategy does: compute, on the thread that answers heartbeats.
    time.sleep(seconds)
    await asyncio.gather(*tasks)


asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
