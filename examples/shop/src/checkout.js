'use strict';

const { randomUUID } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');

const cart = require('./cart');
const { discount } = require('./coupons');
const { Refusal } = require('./http');

/** Turns a cart into an order that is paid. */
async function checkout(items, coupon) {
  const { lines, total } = cart.priced(items);
  if (lines.length === 0) throw new Refusal(422, 'the cart is empty');
  const saved = discount(coupon, total);
  await pay(total - saved);
  return { order: randomUUID(), lines, saved, paid: total - saved };
}

/** The card company takes its time. */
async function pay(cents) {
  await sleep(60 + (cents % 120));
}

module.exports = { checkout };
