'use strict';

const { Refusal } = require('./http');

const NONE = 'none';
const coupons = new Map([
  [NONE, { percent: 0 }],
  ['FRIDAY20', { percent: 20 }],
  ['EARLYBIRD', { percent: 5 }],
]);

/** How many cents a coupon takes off a total. Most customers have no coupon. */
function discount(coupon, total) {
  if (coupon && !coupons.has(coupon)) throw new Refusal(422, `"${coupon}" is not a coupon of ours`);
  const { percent } = coupons.get(coupon ?? NONE);
  return Math.round((total * percent) / 100);
}

module.exports = { discount };
