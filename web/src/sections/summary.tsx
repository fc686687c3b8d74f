import type { World } from '../feed';
import { count, milliseconds, percent, rate } from '../format';
import { figuresOf } from '../timeline';

const SPAN = 10; // seconds

export function Summary({ world }: { world: World }) {
  const figures = figuresOf(world.timeline, SPAN);
  const failing = figures.failures > 0;
  const serving = world.services.flatMap((service) =>
    service.generations.filter((one) => one.state === 'serving').map((one) => one.release),
  );
  const held = world.services.reduce((sum, service) => sum + service.held, 0);
  return (
    <section class="summary" aria-label={`The last ${SPAN} seconds`}>
      <div class="tile">
        <span class="label">Requests</span>
        <strong>{rate(figures.rate)}</strong>
        <span class="unit">a second</span>
      </div>
      <div class={`tile ${failing ? 'bad' : ''}`} data-tile="errors">
        <span class="label">Errors</span>
        <strong>{figures.share === null ? '–' : percent(figures.share)}</strong>
        <span class="unit">
          {figures.requests === 0
            ? 'no requests now'
            : failing
              ? `✕ ${count(figures.failures)} of ${count(figures.requests)}`
              : '✓ none'}
        </span>
      </div>
      <div class="tile">
        <span class="label">p99</span>
        <strong>{milliseconds(figures.p99)}</strong>
        <span class="unit">half within {milliseconds(figures.p50)}</span>
      </div>
      <div class="tile">
        <span class="label">Serving</span>
        <strong class="mono">{[...new Set(serving)].join(', ') || '–'}</strong>
        <span class="unit">{held > 0 ? `! ${count(held)} requests wait` : serving.length > 0 ? 'nothing waits' : 'nothing runs yet'}</span>
      </div>
    </section>
  );
}
