// What the WebSocket tests run: the library `ws`, which echoes whatever it takes for a message.
const { WebSocketServer } = require("ws");
const RELEASE = "one";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 3000,
  perMessageDeflate: { threshold: 0 },
  maxPayload: 64 << 20,
});
let open = 0;
let ends = false;
const endWhenAllHaveClosed = () => ends && open === 0 && process.exit(0);
process.on("SIGTERM", () => { ends = true; endWhenAllHaveClosed(); });
server.on("connection", (socket, request) => {
  open++;
  socket.on("error", () => {});
  socket.on("close", (code) => {
    if (request.url === "/told") console.log(`closed with ${code}`);
    open--;
    endWhenAllHaveClosed();
  });
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
console.log(`this is release ${RELEASE}`);
