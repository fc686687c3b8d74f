// The time line as it is drawn: a column of seconds, and of each generation a column of figures.
import type { FeedMessage, GenerationId, GenerationName, Second } from './types';

export const WINDOW = 900; // seconds that are kept, as livefix does

export interface Timeline {
  seconds: Second[]; // oldest first, each once
  names: Map<GenerationId, GenerationName>;
}

export const emptyTimeline: Timeline = { seconds: [], names: new Map() };

/** With what a message brings: what is known already is not doubled, what is too old goes. */
export function extended(line: Timeline, message: FeedMessage): Timeline {
  const last = line.seconds.at(-1)?.[0] ?? 0;
  const fresh = message.seconds.filter(([at]) => at > last);
  const all = fresh.length > 0 ? [...line.seconds, ...fresh] : line.seconds;
  const oldest = (all.at(-1)?.[0] ?? 0) - WINDOW;
  const seconds = (all[0]?.[0] ?? 0) > oldest ? all : all.filter(([at]) => at > oldest);
  const names = new Map(line.names);
  for (const [id, name] of Object.entries(message.generations)) names.set(Number(id), name);
  return { seconds, names };
}

export interface Column {
  generation: GenerationId;
  label: string;
  requests: (number | null)[];
  failures: (number | null)[];
  p50: (number | null)[]; // milliseconds
  p99: (number | null)[];
}

export interface Columns {
  at: number[]; // each second of the window, also those in which nothing happened
  generations: Column[]; // at most `MOST`, oldest first
}

export const MOST = 6;

/** The last `span` seconds until `end`. Between its first and its last request a generation had 0. */
export function columnsOf(line: Timeline, end: number, span: number): Columns {
  const begin = end - span + 1;
  const at = Array.from({ length: span }, (_, i) => begin + i);
  const read = new Set<number>(); // seconds that livefix has read: of others nothing is known
  const found = new Map<GenerationId, Column>();
  const blank = () => new Array<number | null>(span).fill(null);
  for (const [second, ...points] of line.seconds) {
    const i = second - begin;
    if (i < 0 || i >= span) continue;
    read.add(i);
    for (const [generation, requests, failures, p50, p99] of points) {
      let column = found.get(generation);
      if (!column) {
        const name = line.names.get(generation);
        const label = name?.release ?? `generation ${generation}`;
        column = { generation, label, requests: blank(), failures: blank(), p50: blank(), p99: blank() };
        found.set(generation, column);
      }
      column.requests[i] = requests;
      column.failures[i] = failures;
      column.p50[i] = p50 > 0 ? p50 / 1000 : null;
      column.p99[i] = p99 > 0 ? p99 / 1000 : null;
    }
  }
  const generations = [...found.values()].sort((a, b) => a.generation - b.generation).slice(-MOST);
  for (const column of generations) {
    const first = column.requests.findIndex((value) => value !== null);
    const last = column.requests.findLastIndex((value) => value !== null);
    for (let i = first; i <= last; ++i) {
      if (column.requests[i] !== null || !read.has(i)) continue;
      column.requests[i] = column.failures[i] = 0;
    }
  }
  return { at, generations };
}

export interface Figures {
  rate: number; // requests a second
  requests: number;
  failures: number;
  share: number | null; // of failures; null: no request
  p50: number | null; // milliseconds
  p99: number | null; // the highest of the seconds
}

/** Of all generations, or of one, in the last `span` seconds. */
export function figuresOf(line: Timeline, span: number, only?: GenerationId): Figures {
  const end = line.seconds.at(-1)?.[0] ?? 0;
  let requests = 0;
  let failures = 0;
  let p50 = 0;
  let p99 = 0;
  for (const [at, ...points] of line.seconds) {
    if (at <= end - span) continue;
    for (const point of points) {
      if (only !== undefined && point[0] !== only) continue;
      requests += point[1];
      failures += point[2];
      p50 = Math.max(p50, point[3]);
      p99 = Math.max(p99, point[4]);
    }
  }
  return {
    rate: requests / Math.max(1, Math.min(span, line.seconds.length)),
    requests,
    failures,
    share: requests > 0 ? failures / requests : null,
    p50: p50 > 0 ? p50 / 1000 : null,
    p99: p99 > 0 ? p99 / 1000 : null,
  };
}
