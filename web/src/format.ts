// Figures as people read them.
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const count = (value: number): string => whole.format(value);

export const rate = (value: number): string => (value < 10 ? tenth : whole).format(value);

export const percent = (share: number): string => {
  const value = share * 100;
  if (value === 0) return '0 %';
  if (value < 0.1) return '< 0.1 %';
  return `${tenth.format(value)} %`;
};

export const milliseconds = (value: number | null): string => {
  if (value === null) return '–';
  if (value < 10) return `${tenth.format(value)} ms`;
  if (value < 1000) return `${whole.format(value)} ms`;
  return `${tenth.format(value / 1000)} s`;
};

export const bytes = (value: number): string => {
  if (value < 1024) return `${value} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let size = value / 1024;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    ++unit;
  }
  return `${(size < 10 ? tenth : whole).format(size)} ${units[unit]}`;
};

export const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
};

export const ago = (time: string, now: number): string => {
  const passed = Math.max(0, now - Date.parse(time));
  return passed < 2000 ? 'now' : `${duration(passed).replace(/ \d+ s$/, '')} ago`;
};

// Of gRPC, those that are a server's failures (model/grpc_status.h).
const GRPC: Record<number, string> = {
  2: 'UNKNOWN',
  4: 'DEADLINE_EXCEEDED',
  12: 'UNIMPLEMENTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  15: 'DATA_LOSS',
};

export const answerStatus = (ended: { status: number; grpc_status?: number }): string =>
  ended.grpc_status === undefined
    ? String(ended.status)
    : `grpc ${ended.grpc_status} ${GRPC[ended.grpc_status] ?? ''}`.trim();

export const clock = (time: string | number): string =>
  new Date(time).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
