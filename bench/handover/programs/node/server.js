'use strict';
const http = require('node:http');

const RELEASE = 'r0';

http.createServer((request, response) => {
  const answer = () => response.end(RELEASE);
  if (request.url === '/slow') setTimeout(answer, 200);
  else answer();
}).listen(Number(process.env.PORT));
