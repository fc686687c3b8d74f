import http from "node:http";

const RELEASE = "one";

http.createServer((_: http.IncomingMessage, response: http.ServerResponse): void => {
  response.end(`release ${RELEASE}`);
}).listen(3000);
