import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api';
import type { World } from '../feed';
import { answerStatus, clock, milliseconds } from '../format';
import type { RecordedLine } from '../types';
import { Empty, Section } from '../ui/section';
import { Tag } from '../ui/tag';

const EVERY = 5; // seconds

export function Requests({ world }: { world: World }) {
  const [failures, setFailures] = useState(true);
  const [requests, setRequests] = useState<RecordedLine[] | null>(null);
  const [trouble, setTrouble] = useState('');
  const tick = Math.floor(world.now / (EVERY * 1000));
  useEffect(() => {
    if (document.hidden || world.connection !== 'live') return;
    ask<{ requests: RecordedLine[] }>(`/v1/requests?most=8${failures ? '&failures=true' : ''}`).then(
      (found) => {
        setRequests(found.requests);
        setTrouble('');
      },
      (error: Error) => setTrouble(error.message),
    );
  }, [tick, failures, world.connection]);
  const choice = (
    <label class="small">
      <input type="checkbox" checked={failures} onChange={(event) => setFailures(event.currentTarget.checked)} /> failures
      only
    </label>
  );
  return (
    <Section id="requests" title="Recorded requests" aside={choice}>
      {trouble && <p class="said bad">✕ {trouble}</p>}
      {requests && requests.length === 0 && (
        <Empty>{failures ? '✓ No failure was recorded.' : 'Nothing was recorded yet.'}</Empty>
      )}
      {requests && requests.length > 0 && (
        <ol class="stories">
          {requests.map((one) => (
            <li key={one.id}>
              <div class="grow cut">
                <a class="mono" href={`#/request/${one.id}`}>
                  {one.method} {one.target}
                </a>
                <div class="muted small">
                  {clock(one.time)} · <span class="mono">{one.release}</span> · {milliseconds(one.took_ms)}
                </div>
              </div>
              <Tag tone={one.status >= 500 || one.cause ? 'bad' : one.status >= 400 ? 'warn' : 'good'}>
                {one.status ? answerStatus(one) : one.cause}
              </Tag>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
