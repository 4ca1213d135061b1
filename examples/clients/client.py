"""A client on the `websockets` library, as somebody might write it who knows the venue's manual.

    client.py TIME_SCALE JOB...        a job is VENUE,behave|misbehave,URL[,CERTIFICATE]

Holds all connections at once. One that behaves does what the venue asks for and leaves after a
while; one that does not connects, arms the heartbeat where there is something to arm, and then
neither answers nor pongs. Prints a line for each job: its number and the close code.
"""

import asyncio
import json
import ssl
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

# For how long a client that behaves stays: longer than the most patient of these venues bears
# one that does not.
STAYS = 100.0

DERIBIT_ARM = {"method": "public/set_heartbeat", "params": {"interval": 10}}
SUBSCRIBE = {
    "deribit": {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "public/subscribe",
        "params": {"channels": ["ticker.BTC-PERPETUAL.100ms"]},
    },
    "okx": {"op": "subscribe", "args": [{"channel": "tickers", "instId": "BTC-USDT"}]},
    "kraken-v2": {"method": "subscribe", "params": {"channel": "ticker", "symbol": ["BTC/USD"]}},
}
PINGS = {
    "okx": lambda _: "ping",
    "kraken-v2": lambda number: json.dumps({"method": "ping", "req_id": number}),
}


async def arm(ws, venue):
    if venue == "deribit":
        await ws.send(json.dumps({"jsonrpc": "2.0", "id": 1, **DERIBIT_ARM}))


async def ping(ws, venue, time_scale):
    number = 0
    while venue in PINGS:
        await asyncio.sleep(10.0 / time_scale)
        number += 1
        await ws.send(PINGS[venue](number))


async def answer(ws, venue):
    async for text in ws:
        if venue != "deribit":
            continue
        message = json.loads(text)
        if message.get("params", {}).get("type") == "test_request":
            test = {"jsonrpc": "2.0", "id": 3, "method": "public/test", "params": {}}
            await ws.send(json.dumps(test))


async def behave(ws, venue, time_scale):
    await arm(ws, venue)
    if venue in SUBSCRIBE:
        await ws.send(json.dumps(SUBSCRIBE[venue]))
    tasks = [asyncio.create_task(answer(ws, venue))]
    tasks.append(asyncio.create_task(ping(ws, venue, time_scale)))
    await asyncio.sleep(STAYS / time_scale)
    for task in tasks:
        task.cancel()
    # Whatever went wrong in them shows in the close code.
    await asyncio.gather(*tasks, return_exceptions=True)
    await ws.close()


async def misbehave(ws, venue):
    send_frame = ws.protocol.send_frame

    def send_no_pong(frame):
        if frame.opcode is not Opcode.PONG:
            send_frame(frame)

    ws.protocol.send_frame = send_no_pong
    await arm(ws, venue)
    try:
        async for _ in ws:
            pass
    except ConnectionClosed:
        pass


async def run(number, job, time_scale):
    venue, manner, url, *certificate = job.split(",")
    trust = ssl.create_default_context(cafile=certificate[0]) if certificate else None
    async with connect(url, ssl=trust, ping_interval=None) as ws:
        if manner == "behave":
            await behave(ws, venue, time_scale)
        else:
            await misbehave(ws, venue)
    print(number, ws.close_code, flush=True)


async def main(time_scale, jobs):
    await asyncio.gather(*(run(number, job, time_scale) for number, job in enumerate(jobs)))


asyncio.run(main(float(sys.argv[1]), sys.argv[2:]))
