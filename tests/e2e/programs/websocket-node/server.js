// What the WebSocket tests run: the library `ws`, which echoes whatever it takes for a message.
const { WebSocketServer } = require("ws");
const RELEASE = "one";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 3000,
  perMessageDeflate: { threshold: 0 },
  maxPayload: 64 << 20,
});
server.on("connection", (socket, request) => {
  socket.on("error", () => {});
  if (request.url === "/told") socket.on("close", (code) => console.log(`closed with ${code}`));
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
console.log(`this is release ${RELEASE}`);
