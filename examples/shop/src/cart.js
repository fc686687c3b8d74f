'use strict';

const catalogue = require('./catalogue');
const { Refusal } = require('./http');

// A cart maps product ids to quantities: { kettle: 2 }. It lives in a cookie of the customer
// ("cart=kettle.2-lamp.1") and not in this process, so that any process can serve any customer.

const MOST = 99; // of one product

/** The cart that came with a request. Nonsense in a cookie is an empty cart. */
function of(request) {
  const [, text = ''] = /(?:^|;\s*)cart=([\w.-]*)/.exec(request.headers.cookie ?? '') ?? [];
  const pairs = text.split('-').filter(Boolean).map((pair) => pair.split('.'));
  return Object.fromEntries(pairs.map(([id, quantity]) => [id, Number(quantity)]));
}

/** The header that gives a cart to the customer. */
function cookie(cart) {
  const text = Object.entries(cart).map(([id, quantity]) => `${id}.${quantity}`).join('-');
  return `cart=${text}; Path=/; HttpOnly; SameSite=Lax`;
}

/** A new cart with more of a product in it. */
function add(cart, id, quantity) {
  catalogue.find(id);
  return { ...cart, [id]: checked((cart[id] ?? 0) + quantity) };
}

/** The lines of a cart with their prices, and what they cost together. */
function priced(cart) {
  const lines = Object.entries(cart).map(([id, quantity]) => {
    const { name, price } = catalogue.find(id);
    return { id, name, quantity: checked(quantity), price: price * quantity };
  });
  return { lines, total: lines.reduce((sum, line) => sum + line.price, 0) };
}

function checked(quantity) {
  if (Number.isInteger(quantity) && quantity >= 1 && quantity <= MOST) return quantity;
  throw new Refusal(422, `a quantity is a number from 1 to ${MOST}`);
}

module.exports = { of, cookie, add, priced };
