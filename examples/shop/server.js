'use strict';

// The Black Friday shop. Routes only: what they do is in src/, a file for each idea.

const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');

const cart = require('./src/cart');
const catalogue = require('./src/catalogue');
const { checkout } = require('./src/checkout');
const { readJson, sendJson, Refusal } = require('./src/http');

const routes = {
  'GET /': (request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    fs.createReadStream(path.join(__dirname, 'page.html')).pipe(response);
  },

  'GET /api/products': (request, response) => sendJson(response, 200, catalogue.list()),

  'GET /api/cart': (request, response) => sendJson(response, 200, cart.priced(cart.of(request))),

  'POST /api/cart': async (request, response) => {
    const { product, quantity = 1 } = await readJson(request);
    const filled = cart.add(cart.of(request), product, quantity);
    sendJson(response, 200, cart.priced(filled), { 'Set-Cookie': cart.cookie(filled) });
  },

  'POST /api/checkout': async (request, response) => {
    const { items, coupon } = await readJson(request);
    const order = await checkout(items ?? cart.of(request), coupon);
    sendJson(response, 201, order, { 'Set-Cookie': cart.cookie({}) });
  },
};

async function handle(request, response) {
  try {
    const { pathname } = new URL(request.url, 'http://shop');
    const route = routes[`${request.method} ${pathname}`];
    if (!route) throw new Refusal(404, `there is nothing at ${request.method} ${pathname}`);
    await route(request, response);
  } catch (error) {
    if (error instanceof Refusal) return sendJson(response, error.status, { error: error.message });
    console.error(error.stack);
    sendJson(response, 500, { error: 'the shop is broken' });
  }
}

const port = Number(process.env.PORT ?? 3000);
http.createServer(handle).listen(port, () => console.log(`shop: open on port ${port}`));
