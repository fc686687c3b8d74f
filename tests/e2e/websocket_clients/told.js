// Says one text by the library `ws`, and how it was closed: node told.js URL
const WebSocket = require("ws");
const socket = new WebSocket(process.argv[2]);
socket.on("open", () => socket.send("hello"));
socket.on("message", (data) => console.log(`got ${data}`));
socket.on("error", (error) => console.log(`error ${error.message}`));
socket.on("close", (code, reason) => console.log(`closed with ${code} ${reason}`));
