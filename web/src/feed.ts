// What livefix sends each second, as one value that the page is drawn from.
import { session } from './api';
import { emptyTimeline, extended, type Timeline } from './timeline';
import type { FeedMessage, Generation, History, Mark, Rollout, ServiceStatus, Symptom } from './types';

export type Connection = 'connecting' | 'live' | 'lost';

export interface World {
  connection: Connection;
  now: number; // livefix's clock, milliseconds since 1970
  timeline: Timeline;
  services: ServiceStatus[];
  rollout: Rollout | null;
  symptoms: Symptom[];
  unrecorded: string[];
  history: History | null;
  marks: Mark[];
  cpu: Map<number, number>; // of generations, in processors
}

export const emptyWorld: World = {
  connection: 'connecting',
  now: 0,
  timeline: emptyTimeline,
  services: [],
  rollout: null,
  symptoms: [],
  unrecorded: [],
  history: null,
  marks: [],
  cpu: new Map(),
};

const RETRY = 1000; // ms
const SILENCE = 6000; // ms without a word, which comes each second: the connection is dead

/** CPU time that was used between two looks, by the time that passed for the program itself. */
function cpuOf(before: ServiceStatus[], now: ServiceStatus[], old: Map<number, number>) {
  const seen = new Map<number, Generation>();
  for (const service of before) for (const one of service.generations) seen.set(one.id, one);
  const cpu = new Map<number, number>();
  for (const service of now) {
    for (const one of service.generations) {
      const earlier = seen.get(one.id);
      const passed = earlier ? one.age_ms - earlier.age_ms : 0;
      const used = earlier ? one.cpu_ms - earlier.cpu_ms : 0;
      if (passed > 0 && used >= 0) cpu.set(one.id, used / passed);
      else if (old.has(one.id)) cpu.set(one.id, old.get(one.id) ?? 0);
    }
  }
  return cpu;
}

export function joined(world: World, message: FeedMessage): World {
  const status = message.status;
  const services = status ? ('services' in status ? status.services : [status]) : world.services;
  return {
    connection: 'live',
    now: message.at * 1000,
    timeline: extended(world.timeline, message),
    services,
    rollout: message.rollout === undefined ? world.rollout : message.rollout,
    symptoms: message.symptoms?.symptoms ?? world.symptoms,
    unrecorded: message.symptoms?.unrecorded ?? world.unrecorded,
    history: message.history === undefined ? world.history : message.history,
    marks: message.marks ?? world.marks,
    cpu: status ? cpuOf(world.services, services, world.cpu) : world.cpu,
  };
}

/** Goes on until it is stopped; a connection that breaks is made again, from where it was. */
export function follow(changed: (world: World) => void, loggedOut: () => void): () => void {
  let world = emptyWorld;
  let source: EventSource | null = null;
  let timer = 0;
  let stopped = false;

  const set = (next: World) => {
    world = next;
    changed(world);
  };
  const expectWord = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(again, SILENCE);
  };
  const again = () => {
    source?.close();
    window.clearTimeout(timer);
    if (stopped) return;
    if (world.connection !== 'lost') set({ ...world, connection: 'lost' });
    timer = window.setTimeout(() => {
      session().then(
        (known) => (known ? open() : loggedOut()),
        () => again(), // livefix is not there
      );
    }, RETRY);
  };
  const open = () => {
    if (stopped) return;
    const last = world.timeline.seconds.at(-1)?.[0];
    source = new EventSource(last === undefined ? '/v1/watch' : `/v1/watch?since=${last}`);
    source.onmessage = (event) => {
      set(joined(world, JSON.parse(event.data as string) as FeedMessage));
      expectWord();
    };
    source.onerror = again;
    expectWord();
  };
  // A page that nobody sees costs livefix nothing, and its browser none of its few connections.
  const shown = () => {
    source?.close();
    window.clearTimeout(timer);
    if (!document.hidden) open();
  };
  document.addEventListener('visibilitychange', shown);
  open();
  return () => {
    stopped = true;
    document.removeEventListener('visibilitychange', shown);
    window.clearTimeout(timer);
    source?.close();
  };
}
