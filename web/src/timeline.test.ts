import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, emptyTimeline, extended, figuresOf, WINDOW } from './timeline';
import type { FeedMessage, Second } from './types';

const message = (...seconds: Second[]): FeedMessage => ({
  event: 'second',
  at: 0,
  generations: { 3: { service: 'shop', release: '7f3c2d1' } },
  seconds,
});

test('what comes twice, after a reconnect, is there once', () => {
  let line = extended(emptyTimeline, message([100, [3, 5, 1, 1000, 2000]], [101]));
  line = extended(line, message([100, [3, 5, 1, 1000, 2000]], [101], [102, [3, 7, 0, 1000, 2000]]));
  assert.deepEqual(line.seconds.map(([at]) => at), [100, 101, 102]);
});

test('what is older than the window goes', () => {
  let line = extended(emptyTimeline, message([100]));
  line = extended(line, message([100 + WINDOW]));
  assert.deepEqual(line.seconds.map(([at]) => at), [100 + WINDOW]);
});

test('a second without requests is 0 between others, and nothing where livefix did not read', () => {
  const line = extended(
    emptyTimeline,
    message([100, [3, 5, 1, 1000, 2000]], [101], [103, [3, 7, 0, 1000, 2000]]),
  );
  const { at, generations } = columnsOf(line, 104, 6);
  assert.deepEqual(at, [99, 100, 101, 102, 103, 104]);
  assert.equal(generations[0]?.label, '7f3c2d1');
  assert.deepEqual(generations[0]?.requests, [null, 5, 0, null, 7, null]);
  assert.deepEqual(generations[0]?.p99, [null, 2, null, null, 2, null]);
});

test('figures are of the last seconds alone', () => {
  const line = extended(
    emptyTimeline,
    message([100, [3, 50, 50, 1000, 9000]], [101, [3, 10, 1, 1000, 2000]], [102, [3, 30, 1, 1000, 3000]]),
  );
  const figures = figuresOf(line, 2);
  assert.equal(figures.rate, 20);
  assert.equal(figures.share, 0.05);
  assert.equal(figures.p99, 3);
  assert.equal(figuresOf(emptyTimeline, 10).share, null);
});
