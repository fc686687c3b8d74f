// What most of the tests run: plain http on a fixed port, with a few ways to be slow or to die.
const http = require("http");
const { createHash } = require("crypto");
const { existsSync } = require("fs");
const RELEASE = "one";

// While the file is there, the program dies at its start.
if (existsSync(".broken-world")) {
  console.error("the world is broken");
  process.exit(9);
}

console.log(`this is release ${RELEASE}`);

const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  response.setHeader("X-Release", RELEASE);
  switch (url.pathname) {
    case "/slow":
      setTimeout(() => response.end(`release ${RELEASE}`), Number(url.searchParams.get("ms")));
      break;
    case "/crash":
      process.exit(7);
      break;
    case "/pid":
      response.end(String(process.pid));
      break;
    case "/environment":
      response.end(JSON.stringify(process.env));
      break;
    case "/headers":
      response.end(JSON.stringify(request.headers));
      break;
    case "/say":
      console.log(url.searchParams.get("text"));
      response.end("said");
      break;
    case "/upload": {
      const sum = createHash("sha256");
      let length = 0;
      request.on("data", (data) => {
        sum.update(data);
        length += data.length;
      });
      request.on("end", () => response.end(`${RELEASE} ${length} ${sum.digest("hex")}`));
      break;
    }
    case "/events": {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      let count = 0;
      const timer = setInterval(() => response.write(`data: ${RELEASE} ${count++}\n\n`), 50);
      response.on("close", () => clearInterval(timer));
      break;
    }
    default:
      response.end(`release ${RELEASE}`);
  }
});

// A WebSocket that answers each short text with the release and the text.
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    .digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on("error", () => socket.destroy());
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
