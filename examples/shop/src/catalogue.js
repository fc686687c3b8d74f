'use strict';

const { Refusal } = require('./http');

// What the shop sells. Prices are in cents.
const products = new Map([
  ['kettle', { name: 'Kettle, whistling', price: 2990 }],
  ['lamp', { name: 'Desk lamp, brass', price: 4900 }],
  ['radio', { name: 'Kitchen radio', price: 7900 }],
  ['teapot', { name: 'Teapot, cast iron', price: 5450 }],
  ['umbrella', { name: 'Umbrella, large', price: 1950 }],
]);

/** All products with their ids. */
function list() {
  return [...products].map(([id, product]) => ({ id, ...product }));
}

/** The product with that id; there has to be one. */
function find(id) {
  const product = products.get(id);
  if (!product) throw new Refusal(404, `there is no product "${id}"`);
  return product;
}

module.exports = { list, find };
