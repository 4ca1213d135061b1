// A client on the `ws` library, as somebody might write it who knows the venue's manual.
//
//     client.cjs TIME_SCALE JOB...       a job is VENUE,behave|misbehave,URL[,CERTIFICATE]
//
// Holds all connections at once. One that behaves does what the venue asks for and leaves after a
// while; one that does not connects, arms the heartbeat where there is something to arm, and then
// neither answers nor pongs. Prints a line for each job: its number and the close code.
"use strict";

const fs = require("node:fs");
const WebSocket = require("ws");

// For how long a client that behaves stays, in milliseconds: longer than the most patient of
// these venues bears one that does not.
const STAYS = 100_000;

const SUBSCRIBE = {
  deribit: {
    jsonrpc: "2.0",
    id: 2,
    method: "public/subscribe",
    params: { channels: ["ticker.BTC-PERPETUAL.100ms"] },
  },
  okx: { op: "subscribe", args: [{ channel: "tickers", instId: "BTC-USDT" }] },
  "kraken-v2": { method: "subscribe", params: { channel: "ticker", symbol: ["BTC/USD"] } },
};
const PINGS = {
  okx: () => "ping",
  "kraken-v2": (number) => JSON.stringify({ method: "ping", req_id: number }),
};

function arm(ws, venue) {
  if (venue === "deribit") {
    const params = { interval: 10 };
    ws.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "public/set_heartbeat", params }));
  }
}

function answer(ws, venue, text) {
  if (venue === "deribit" && JSON.parse(text).params?.type === "test_request") {
    ws.send(JSON.stringify({ jsonrpc: "2.0", id: 3, method: "public/test", params: {} }));
  }
}

function behave(ws, venue, timeScale) {
  if (venue in SUBSCRIBE) {
    ws.send(JSON.stringify(SUBSCRIBE[venue]));
  }
  ws.on("message", (text) => answer(ws, venue, text));
  let number = 0;
  const pings = setInterval(() => {
    if (venue in PINGS) {
      ws.send(PINGS[venue](++number));
    }
  }, 10_000 / timeScale);
  const leave = setTimeout(() => ws.close(1000), STAYS / timeScale);
  ws.on("close", () => {
    clearInterval(pings);
    clearTimeout(leave);
  });
}

function run(number, job, timeScale) {
  const [venue, manner, url, certificate] = job.split(",");
  const behaves = manner === "behave";
  const ca = certificate === undefined ? undefined : fs.readFileSync(certificate);
  const ws = new WebSocket(url, { autoPong: behaves, ca });
  ws.on("open", () => {
    arm(ws, venue);
    if (behaves) {
      behave(ws, venue, timeScale);
    }
  });
  ws.on("close", (code) => console.log(`${number} ${code}`));
}

const [timeScale, ...jobs] = process.argv.slice(2);
jobs.forEach((job, number) => run(number, job, Number(timeScale)));
