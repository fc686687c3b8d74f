import type { World } from '../feed';
import { bytes, count, duration, milliseconds, percent } from '../format';
import { Empty, Section } from '../ui/section';
import { Swatch } from '../ui/swatch';
import { Tag, type Tone } from '../ui/tag';

const TONES: Record<string, Tone> = {
  serving: 'good',
  proving: 'busy',
  yielding: 'busy',
  starting: 'busy',
  ready: 'busy',
  draining: 'warn',
  stopping: 'warn',
  warm: 'plain',
};

export function Generations({ world }: { world: World }) {
  const several = world.services.length > 1;
  const rows = world.services.flatMap((service) =>
    service.generations.map((generation) => ({ service: service.service, generation })),
  );
  return (
    <Section id="generations" title="Generations and processes">
      {rows.length === 0 ? (
        <Empty>No process runs.</Empty>
      ) : (
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">Generation</th>
              <th scope="col">Memory</th>
              <th scope="col">CPU</th>
              <th scope="col">In flight</th>
              <th scope="col">Requests</th>
              <th scope="col">Failed</th>
              <th scope="col">p99</th>
              <th scope="col">Processes</th>
              <th scope="col">Age</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ service, generation: one }) => (
              <tr key={one.id}>
                <td class="grow">
                  <Swatch generation={one.id} /> {several && `${service} `}
                  <span class="mono">{one.release}</span> <span class="muted small">· {one.id}</span>{' '}
                  <Tag tone={TONES[one.state] ?? 'plain'}>{one.state}</Tag>
                </td>
                <td data-label="Memory">{bytes(one.memory_bytes)}</td>
                <td data-label="CPU">{world.cpu.has(one.id) ? percent(world.cpu.get(one.id) ?? 0) : '–'}</td>
                <td data-label="In flight">{count(one.in_flight)}</td>
                <td data-label="Requests">{count(one.requests)}</td>
                <td data-label="Failed">{count(one.failed + one.timeouts + one.lost)}</td>
                <td data-label="p99">{milliseconds(one.latency_us ? one.latency_us.p99 / 1000 : null)}</td>
                <td data-label="Processes" title={one.pids.join(', ')}>
                  {one.pids.length === 1 ? `pid ${one.pids[0]}` : count(one.pids.length)}
                </td>
                <td data-label="Age">{duration(one.age_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
