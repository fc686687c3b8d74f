// What the tests of HTTP/2 run: every way of answering that a proxy can get wrong. Nothing in it
// waits for a time: who asks says when it goes on.
const http = require("http");
const { createHash } = require("crypto");
const RELEASE = "one";

const seen = { hanging: 0, closed: 0, bytes: 0, uploads: 0 };
const listeners = new Set(); // of /events

const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const number = (name) => Number(url.searchParams.get(name));
  response.setHeader("X-Release", RELEASE);
  switch (url.pathname) {
    case "/pid":
      response.end(String(process.pid));
      break;
    case "/request":
      response.end(JSON.stringify({ method: request.method, url: request.url, fields: request.rawHeaders }));
      break;
    case "/seen":
      response.end(JSON.stringify(seen));
      break;
    case "/upload": {
      const sum = createHash("sha256");
      let length = 0;
      request.on("data", (data) => {
        sum.update(data);
        length += data.length;
        seen.bytes += data.length;
      });
      request.on("close", () => {
        if (!request.complete) ++seen.closed;
      });
      request.on("end", () => {
        ++seen.uploads;
        response.end(JSON.stringify({ length, sum: sum.digest("hex"), trailers: request.rawTrailers }));
      });
      break;
    }
    case "/echo": // at once, whatever comes
      response.writeHead(200, { Trailer: "X-Length" });
      response.flushHeaders();
      request.on("data", (data) => {
        seen.bytes += data.length;
        response.write(data);
      });
      request.on("end", () => {
        response.addTrailers({ "X-Length": String(seen.bytes), "X-End": "yes" });
        response.end();
      });
      break;
    case "/bare-trailers": // of an answer without a body
      response.writeHead(200, { Trailer: "X-Status" });
      response.flushHeaders();
      response.addTrailers({ "X-Status": "7" });
      response.end();
      break;
    case "/hints":
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.writeEarlyHints({ link: "</b.css>; rel=preload" });
      response.end("with hints");
      break;
    case "/events":
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.flushHeaders();
      listeners.add(response);
      response.on("close", () => listeners.delete(response));
      break;
    case "/push":
      for (const one of listeners) one.write(`data: ${url.searchParams.get("text")}\n\n`);
      if (url.searchParams.has("last")) for (const one of listeners) one.end();
      response.end(String(listeners.size));
      break;
    case "/big": {
      const piece = Buffer.alloc(64 * 1024, "b");
      let left = number("size");
      if (!url.searchParams.has("chunked")) response.setHeader("Content-Length", left);
      const more = () => {
        while (left > 0) {
          const now = piece.subarray(0, Math.min(left, piece.length));
          left -= now.length;
          if (!response.write(now)) return response.once("drain", more);
        }
        response.end();
      };
      more();
      break;
    }
    case "/early": // before the request has ended
      response.writeHead(413, { "Content-Length": 5 });
      response.end("early");
      break;
    case "/hang":
      ++seen.hanging;
      response.on("close", () => ++seen.closed);
      request.resume();
      if (url.searchParams.has("begin")) response.write("begun");
      break;
    case "/never-read":
      ++seen.hanging;
      response.on("close", () => ++seen.closed);
      request.pause();
      break;
    case "/read-slowly": { // so that there is always something that waits
      let length = 0;
      request.on("data", (data) => {
        length += data.length;
        if (length < 65_536) return;
        length = 0;
        request.pause();
        setTimeout(() => request.resume(), 5);
      });
      request.on("end", () => response.end("read"));
      break;
    }
    case "/break": // in the middle of the answer
      if (!url.searchParams.has("chunked")) response.setHeader("Content-Length", 100);
      response.write("a part", () => request.socket.resetAndDestroy());
      break;
    case "/exit":
      response.setHeader("Content-Length", 100);
      response.write("a part", () => setImmediate(() => process.exit(3)));
      break;
    case "/old": // ended by the connection alone
      request.socket.end("HTTP/1.0 200 OK\r\nX-Old: yes\r\n\r\n" + "o".repeat(number("size")));
      break;
    case "/nothing":
      response.writeHead(204).end();
      break;
    case "/unchanged":
      response.writeHead(304, { "Content-Length": 55 }).end();
      break;
    case "/empty":
      response.writeHead(200, { "Content-Length": 0 }).end();
      break;
    case "/large-fields":
      for (let i = 0; i < 15; ++i) response.setHeader(`X-Large-${i}`, "v".repeat(number("size") / 15));
      response.end("large");
      break;
    case "/connection-fields":
      response.setHeader("Connection", "close, X-Hop");
      response.setHeader("X-Hop", "1");
      response.setHeader("Keep-Alive", "timeout=5");
      response.setHeader("X-Kept", "1");
      response.end("fields");
      break;
    default:
      response.end(`release ${RELEASE}`);
  }
});

server.on("checkContinue", (request, response) => {
  if (request.url === "/refuse-to-continue") {
    response.writeHead(417, { Connection: "close" });
    response.end("no");
    return;
  }
  response.writeContinue();
  server.emit("request", request, response);
});

// "/raw" passes bytes back, and says "bye" when the client has ended. Anything else is a WebSocket
// that answers each short text with the release and the text.
server.on("upgrade", (request, socket) => {
  if (request.url === "/refused") {
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    return;
  }
  if (request.url === "/no-tunnel") {
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
    return;
  }
  const accept = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    .digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\nX-Version: ${request.headers["sec-websocket-version"]}\r\n\r\n`);
  socket.on("error", () => socket.destroy());
  if (request.url === "/raw") {
    socket.on("data", (data) => socket.write(data));
    socket.on("end", () => socket.end("bye"));
    socket.on("close", () => ++seen.closed);
    return;
  }
  socket.on("data", (data) => {
    const size = data[1] & 127;
    const payload = data.subarray(6, 6 + size).map((byte, i) => byte ^ data[2 + (i & 3)]);
    if ((data[0] & 15) === 8) {
      socket.end(Buffer.concat([Buffer.from([0x88, size]), payload]));
    } else {
      const text = Buffer.from(`${RELEASE} ${Buffer.from(payload)}`);
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
    }
  });
});

server.listen(3000);
