// A bot on the `ws` library whose event loop stands still for a while.
//
//     frozen.cjs DIRECT THROUGH_GATEWAY SECONDS
//
// As frozen.py, which says what it prints.
"use strict";

const WebSocket = require("ws");

const SUBSCRIBE = JSON.stringify({
  op: "subscribe",
  args: [{ instType: "SPOT", channel: "ticker", instId: "BTCUSDT" }],
});
const PING_EVERY = 300;

const isData = (text) => text.includes('"data"');

function subscribed(url) {
  return new Promise((resolve) => {
    const ws = new WebSocket(url);
    ws.on("open", () => ws.send(SUBSCRIBE));
    ws.on("message", function first(data) {
      if (isData(String(data))) {
        ws.off("message", first);
        resolve(ws);
      }
    });
  });
}

function direct(ws) {
  const pings = setInterval(() => ws.send("ping"), PING_EVERY);
  ws.on("close", (code) => {
    clearInterval(pings);
    console.log(`direct ${code}`);
  });
}

function throughGateway(ws) {
  let isStale = false;
  ws.on("message", (data) => {
    const text = String(data);
    if (text.includes('"gateway"')) {
      console.log(`stale ${JSON.parse(text).behind_ms}`);
      isStale = true;
    } else if (isStale && isData(text)) {
      console.log("alive");
      ws.terminate();
    }
  });
}

async function main(directUrl, gatewayUrl, seconds) {
  direct(await subscribed(directUrl));
  throughGateway(await subscribed(gatewayUrl));
  setTimeout(() => {
    console.log("subscribed");
    // What many a strategy does: compute, on the thread that answers heartbeats.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
  }, PING_EVERY);
}

main(process.argv[2], process.argv[3], Number(process.argv[4]));
