// A client of Autobahn's cases by the library `ws`: node ws.js URL
const WebSocket = require("ws");
const url = process.argv[2];

function play(path, isEcho) {
  return new Promise((resolve, reject) => {
    let last = "";
    const socket = new WebSocket(url + path, { maxPayload: 64 << 20, perMessageDeflate: { threshold: 0 } });
    socket.on("message", (data, isBinary) => {
      last = data;
      if (isEcho) socket.send(data, { binary: isBinary });
    });
    socket.on("error", (error) => isEcho || reject(error));
    socket.on("close", () => resolve(String(last)));
  });
}

(async () => {
  const count = Number(await play("/getCaseCount", false));
  for (let i = 1; i <= count; i++) await play(`/runCase?case=${i}&agent=ws`, true);
  await play("/updateReports?agent=ws", false);
  console.log(`${count} cases`);
})();
