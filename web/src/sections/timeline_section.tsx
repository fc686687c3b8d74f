import { useMemo, useState } from 'preact/hooks';
import type { World } from '../feed';
import { clock, count, milliseconds, percent, rate } from '../format';
import { columnsOf, figuresOf, type Column } from '../timeline';
import { Chart } from '../ui/chart';
import { MARK_LOOKS } from '../ui/marks';
import { useScheme } from '../ui/scheme';
import { Empty, Section } from '../ui/section';
import { Swatch } from '../ui/swatch';

const SPANS = [
  [120, '2 min'],
  [300, '5 min'],
  [900, '15 min'],
] as const;

const LEAST = 60; // seconds

function at(values: (number | null)[], index: number | null): number | null {
  if (index !== null) return values[index] ?? null;
  return values.findLast((value) => value !== null) ?? null;
}

function Legend({ columns, index, seconds }: { columns: Column[]; index: number | null; seconds: number[] }) {
  const time = index === null ? null : seconds[index];
  return (
    <table class="legend">
      <caption class="small muted">{time ? clock(time * 1000) : 'the last second of each'}</caption>
      <thead>
        <tr>
          <th scope="col">Generation</th>
          <th scope="col">Req/s</th>
          <th scope="col">Err/s</th>
          <th scope="col">p50</th>
          <th scope="col">p99</th>
        </tr>
      </thead>
      <tbody>
        {columns.map((column) => (
          <tr key={column.generation}>
            <th scope="row">
              <Swatch generation={column.generation} /> <span class="mono">{column.label}</span>
              <span class="muted small"> · {column.generation}</span>
            </th>
            <td>{count(at(column.requests, index) ?? 0)}</td>
            <td>{count(at(column.failures, index) ?? 0)}</td>
            <td>{milliseconds(at(column.p50, index))}</td>
            <td>{milliseconds(at(column.p99, index))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function TimelineSection({ world }: { world: World }) {
  const [span, setSpan] = useState<number>(300);
  const [index, setIndex] = useState<number | null>(null);
  const scheme = useScheme();
  const end = world.timeline.seconds.at(-1)?.[0] ?? 0;
  // Of a livefix that has just begun there is no more to see.
  const known = end - (world.timeline.seconds[0]?.[0] ?? end) + 1;
  const shown = Math.min(span, Math.max(known, LEAST));
  const { at: seconds, generations } = useMemo(() => columnsOf(world.timeline, end, shown), [world.timeline, end, shown]);
  const lines = useMemo(
    () => ({
      requests: generations.map((one) => ({ ...one, values: one.requests, filled: true })),
      failures: generations.map((one) => ({ ...one, values: one.failures, filled: true })),
      latency: [
        ...generations.map((one) => ({ ...one, values: one.p99 })),
        ...generations.map((one) => ({ ...one, values: one.p50, faint: true })),
      ],
    }),
    [generations],
  );
  const now = figuresOf(world.timeline, 10);
  const within = useMemo(() => world.marks.filter((mark) => mark.at / 1000 > end - span), [world.marks, end, span]);
  const share = now.share === null ? 'no requests' : percent(now.share);
  const common = { at: seconds, marks: within, scheme, onCursor: setIndex };
  const spans = (
    <div class="choice" role="group" aria-label="How much of the time line">
      {SPANS.map(([value, label]) => (
        <button key={value} class="quiet" aria-pressed={value === span} onClick={() => setSpan(value)}>
          {label}
        </button>
      ))}
    </div>
  );
  return (
    <Section id="timeline" title="Time line" aside={spans}>
      {generations.length === 0 ? (
        <Empty>No request in the last {span / 60} minutes.</Empty>
      ) : (
        <div data-seconds={world.timeline.seconds.length}>
          <Chart {...common} title="Requests a second" summary={`${rate(now.rate)} now`} lines={lines.requests}
            unit={count} least={5} height={150} showsTime={false} showsMarks />
          <Chart {...common} title="Errors a second" summary={`${share} now`} lines={lines.failures}
            unit={rate} least={1} height={110} showsTime={false} showsMarks={false} />
          <Chart {...common} title="Latency, p99 and (thin) p50" summary={`p99 ${milliseconds(now.p99)} now`}
            lines={lines.latency} unit={milliseconds} least={1} height={136} showsTime showsMarks={false} />
          <Legend columns={generations} index={index} seconds={seconds} />
        </div>
      )}
      {within.length > 0 && (
        <ol class="marks" aria-label="Changes">
          {within.map((mark) => (
            <li key={`${mark.at}${mark.kind}`} data-mark={mark.kind}>
              <time>{clock(mark.at)}</time>
              <span class={`sign ${mark.kind}`} aria-hidden="true">
                {MARK_LOOKS[mark.kind].sign}
              </span>
              {mark.rollout > 0 ? <a href={`#/rollout/${mark.rollout}`}>{mark.text}</a> : mark.text}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
