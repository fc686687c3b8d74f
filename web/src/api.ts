// Requests to livefix, which is wherever this page came from.
import type { Session } from './types';

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function answered(response: Response): Promise<unknown> {
  const text = await response.text();
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // A sentence, or nothing.
  }
  if (response.ok) return value;
  const message = (value as { message?: string } | null)?.message ?? text.replace(/^livefix: /, '').trim();
  throw new Refused(response.status, message || `livefix answered ${response.status}`);
}

export async function ask<T>(path: string): Promise<T> {
  return (await answered(await fetch(path, { credentials: 'same-origin' }))) as T;
}

/** The sentence that it came to. */
export async function act(path: string): Promise<string> {
  const value = await answered(await fetch(path, { method: 'POST', credentials: 'same-origin' }));
  return (value as { message?: string } | null)?.message ?? '';
}

export async function logIn(token: string): Promise<Session> {
  const response = await fetch('/login', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return (await answered(response)) as Session;
}

export const logOut = (): Promise<string> => act('/logout');

/** null: nobody is logged in. */
export async function session(): Promise<Session | null> {
  try {
    return await ask<Session>('/v1/session');
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return null;
    throw error;
  }
}
