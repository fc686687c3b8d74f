import { useState } from 'preact/hooks';
import { logIn } from './api';
import { Logo } from './ui/logo';
import type { Session } from './types';

export function Login({ why, onIn }: { why: string; onIn: (session: Session) => void }) {
  const [token, setToken] = useState('');
  const [said, setSaid] = useState(why);
  const [busy, setBusy] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    setBusy(true);
    logIn(token.trim()).then(onIn, (error: Error) => {
      setSaid(error.message);
      setBusy(false);
    });
  };
  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <h1>
          <Logo /> livefix
        </h1>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          name="token"
          autocomplete="current-password"
          autofocus
          required
          value={token}
          aria-describedby="token-help"
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        {said && (
          <p class="said bad" role="alert">
            ✕ {said}
          </p>
        )}
        <button class="primary" disabled={busy || token.trim() === ''}>
          Log in
        </button>
        <p id="token-help" class="muted small">
          On the server, <code>livefix token add NAME --scope read</code> makes one that looks, <code>--scope push</code>{' '}
          one that may also act.
        </p>
      </form>
    </main>
  );
}
