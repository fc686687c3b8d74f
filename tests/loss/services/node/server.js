// The service of the loss test in Node: plain http, WebSocket by hand.
//   node server.js PORT
// EXECUTED_LOG: a file that gets the id of each POST when its handler begins.
"use strict";
const http = require("http");
const fs = require("fs");
const { createHash } = require("crypto");

const RELEASE = "r0";
const START = "ok"; // ok | exit: what this release does instead of starting

if (START === "exit") {
  console.error("this release exits before it listens");
  process.exit(1);
}

const executed = process.env.EXECUTED_LOG ? fs.openSync(process.env.EXECUTED_LOG, "a") : -1;

function headers(id, more) {
  return { "X-Release": RELEASE, "X-Request-Id": id, ...more };
}

function echo(request, response, id, delay) {
  if (request.method === "POST" && executed >= 0) fs.writeSync(executed, id + "\n");
  const sum = createHash("sha256");
  let length = 0;
  request.on("data", (data) => {
    sum.update(data);
    length += data.length;
  });
  request.on("end", () => setTimeout(() => {
    const body = JSON.stringify(
      { id, release: RELEASE, method: request.method, length, sha256: sum.digest("hex"),
        trailer: request.trailers["x-sha256"] ?? "" });
    response.writeHead(200, headers(id, {
      "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }));
    response.end(body);
  }, delay));
}

function block(id, index) {
  const text = `${RELEASE} ${id} ${index} `;
  return text + ".".repeat(1023 - text.length) + "\n";
}

async function stream(response, id, size, delay) {
  const sum = createHash("sha256");
  response.writeHead(200, headers(id, { "Content-Type": "text/plain", "Trailer": "X-Sha256" }));
  response.flushHeaders();
  let wake = () => {};
  response.on("drain", () => wake());
  response.on("close", () => wake());
  if (delay) await new Promise((done) => setTimeout(done, delay));
  for (let index = 0; index < size / 1024 && !response.destroyed; index += 16) {
    let piece = "";
    for (let i = index; i < Math.min(index + 16, size / 1024); ++i) piece += block(id, i);
    sum.update(piece);
    if (!response.write(piece)) await new Promise((done) => (wake = done));
  }
  response.addTrailers({ "X-Sha256": sum.digest("hex") });
  response.end();
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const id = url.searchParams.get("id") ?? "";
  const delay = Number(url.searchParams.get("delay") ?? 0);
  if (id !== (request.headers["x-request-id"] ?? id)) {
    response.writeHead(400, headers(id)).end("the id in the query is not the one in the field");
  } else if (url.pathname === "/stream") {
    stream(response, id, Number(url.searchParams.get("size")), delay);
  } else {
    echo(request, response, id, delay);
  }
});

function frame(op, payload) {
  const size = payload.length;
  let head;
  if (size < 126) {
    head = Buffer.from([0x80 | op, size]);
  } else if (size < 65536) {
    head = Buffer.from([0x80 | op, 126, size >> 8, size & 255]);
  } else {
    head = Buffer.alloc(10);
    head[0] = 0x80 | op;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(size), 2);
  }
  return Buffer.concat([head, payload]);
}

// One whole frame from the start of `data`, or null.
function parse(data) {
  if (data.length < 2) return null;
  let size = data[1] & 127;
  let at = 2;
  if (size === 126) {
    if (data.length < 4) return null;
    size = data.readUInt16BE(2);
    at = 4;
  } else if (size === 127) {
    if (data.length < 10) return null;
    size = Number(data.readBigUInt64BE(2));
    at = 10;
  }
  if (data.length < at + 4 + size) return null;
  const mask = data.subarray(at, at + 4);
  const payload = Buffer.from(data.subarray(at + 4, at + 4 + size));
  for (let i = 0; i < payload.length; ++i) payload[i] ^= mask[i & 3];
  return { op: data[0] & 15, payload, rest: data.subarray(at + 4 + size) };
}

server.on("upgrade", (request, socket, head) => {
  const id = new URL(request.url, "http://localhost").searchParams.get("id") ?? "";
  const accept = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    .digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\nX-Release: ${RELEASE}\r\nX-Request-Id: ${id}\r\n\r\n`);
  let data = head;
  const take = () => {
    for (let f = parse(data); f; f = parse(data)) {
      data = f.rest;
      if (f.op === 1) {
        socket.write(frame(1, Buffer.concat([Buffer.from(`${RELEASE} ${id} `), f.payload])));
      } else if (f.op === 9) {
        socket.write(frame(10, f.payload));
      } else if (f.op === 8) {
        socket.end(frame(8, f.payload));
      }
    }
  };
  take();
  socket.on("data", (more) => {
    data = Buffer.concat([data, more]);
    take();
  });
  socket.on("error", () => socket.destroy());
});

server.listen(Number(process.argv[2]));
