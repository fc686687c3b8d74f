const cluster = require("cluster");
const http = require("http");
const RELEASE = "one";

if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
} else {
  http.createServer((request, response) => response.end(`release ${RELEASE}`)).listen(3000);
}
