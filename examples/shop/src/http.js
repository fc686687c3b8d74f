'use strict';

const LARGEST = 64 * 1024; // bytes of a request's body

/** What a customer did wrong, and the status that says so. */
class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The body of a request, as an object. */
async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST) throw new Refusal(413, `a body has at most ${LARGEST} bytes`);
    chunks.push(chunk);
  }
  try {
    const value = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // falls through
  }
  throw new Refusal(400, 'the body is no JSON object');
}

function sendJson(response, status, value, headers = {}) {
  const body = JSON.stringify(value) + '\n';
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

module.exports = { Refusal, readJson, sendJson };
