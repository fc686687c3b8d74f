// What livefix says on the control port (docs/control-api.md).

export type GenerationId = number;
/** [generation, requests, failures, p50, p99]; times in microseconds. */
export type Point = [GenerationId, number, number, number, number];
/** [second since 1970, a point of each generation that had requests]. */
export type Second = [number, ...Point[]];

export interface GenerationName {
  service: string;
  release: string;
}

export type MarkKind = 'push' | 'promoted' | 'taken_back' | 'refused' | 'rollback' | 'crash';
export interface Mark {
  at: number; // milliseconds since 1970
  kind: MarkKind;
  text: string;
  rollout: number; // 0: of none
}

export interface Generation {
  id: GenerationId;
  release: string;
  state: string;
  pids: number[];
  in_flight: number;
  requests: number;
  failed: number;
  timeouts: number;
  lost: number;
  latency_us: { p50: number; p99: number } | null;
  memory_bytes: number;
  cpu_ms: number;
  age_ms: number;
}

export interface ServiceStatus {
  service: string;
  title: string;
  urls: string[];
  held: number;
  generations: Generation[];
}

export type Status = ServiceStatus | { run: string; services: ServiceStatus[] };

export interface Symptom {
  id: string;
  service: string;
  method: string;
  route: string;
  status: number;
  grpc_status?: number; // of a call of gRPC that has failed
  cause: string;
  error: string;
  first_seen: string;
  last_seen: string;
  failures: number;
  recent: number;
  share: number | null;
  since_release: string;
  /** by the last verdict, and not seen since */
  gone: boolean;
}

export interface Judged {
  errors: { outcome: GateOutcome; candidate: Share; old: Share; limit: number };
  p99: { outcome: GateOutcome; candidate_us: number; old_us: number; limit: number };
}
export type GateOutcome = 'pass' | 'fail' | 'undecided';
export interface Share {
  errors: number;
  requests: number;
}

export interface RolloutService {
  service: string;
  steps: number[];
  bake_ms: number;
  max_error_rate: number;
  max_p99: number;
  health: string | null;
  replay: boolean;
  candidate?: number;
  old?: number;
  share?: number;
  look: Judged | null;
}

export interface Rollout {
  id: number;
  commit: string;
  name: string;
  subject: string;
  who: string;
  phase: string;
  paused: boolean;
  took_ms: number;
  services: RolloutService[];
  lines: string[];
}

export interface Story {
  id: number;
  commit: string;
  release: string;
  subject: string;
  services: string[];
  who: string;
  began: string;
  took_ms: number;
  phase: string;
  outcome: '' | 'promoted' | 'taken_back' | 'refused';
  rollback: boolean;
  gate: string;
  message: string;
  symptoms: string[];
  lines?: string[];
}

export interface History {
  running: Record<string, string>;
  now: string;
  rollouts: Story[];
}

export interface FeedMessage {
  event: 'snapshot' | 'second';
  at: number;
  generations: Record<string, GenerationName>;
  seconds: Second[];
  status?: Status;
  rollout?: Rollout | null;
  symptoms?: { symptoms: Symptom[]; unrecorded: string[] };
  history?: History | null;
  marks?: Mark[];
}

export interface Session {
  token: string;
  scopes: string[];
  may_act: boolean;
  version: string;
}

export interface RecordedLine {
  id: number;
  time: string;
  service: string;
  release: string;
  method: string;
  target: string;
  route: string;
  status: number;
  grpc_status?: number;
  cause: string;
  took_ms: number;
}

export interface RecordedMessage {
  first_line: string;
  fields: [string, string][];
  body: { size: number; bytes: number; cut: boolean; text?: string; binary?: boolean };
}

export interface RecordedRequest extends RecordedLine {
  detail: string;
  unfinished: boolean;
  request: RecordedMessage;
  answer: RecordedMessage | null;
}

export interface LogLine {
  time: string;
  service: string;
  release: string;
  generation: number;
  stream: 'stdout' | 'stderr';
  line: string;
}
