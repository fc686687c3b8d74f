import { useEffect, useState } from 'preact/hooks';
import { logOut } from './api';
import { emptyWorld, follow, type World } from './feed';
import { useRoute } from './route';
import { Generations } from './sections/generations';
import { Log } from './sections/log';
import { Releases } from './sections/releases';
import { RequestDetail } from './sections/request_detail';
import { Requests } from './sections/requests';
import { RolloutDetail } from './sections/rollout_detail';
import { RolloutSection } from './sections/rollout';
import { Summary } from './sections/summary';
import { Symptoms } from './sections/symptoms';
import { TimelineSection } from './sections/timeline_section';
import type { Session } from './types';
import { Logo } from './ui/logo';

interface Props {
  session: Session;
  onOut: (why: string) => void;
}

const CONNECTIONS = {
  connecting: { sign: '○', text: 'Connecting', tone: 'warn' },
  live: { sign: '●', text: 'Live', tone: 'good' },
  lost: { sign: '○', text: 'Connection lost, trying again', tone: 'bad' },
} as const;

const PARTS = [
  ['rollout', 'Rollout'],
  ['timeline', 'Time line'],
  ['symptoms', 'Symptoms'],
  ['generations', 'Generations'],
  ['releases', 'Releases'],
  ['requests', 'Requests'],
  ['log', 'Log'],
] as const;

export interface Said {
  message: string;
  ok: boolean;
}

export function Overview({ session, onOut }: Props) {
  const [world, setWorld] = useState<World>(emptyWorld);
  const [said, setSaid] = useState<Said | null>(null);
  const route = useRoute();
  useEffect(() => follow(setWorld, () => onOut('You are not logged in any more: the session is over, or the token is gone.')), []);
  useEffect(() => {
    if (!said?.ok) return;
    const timer = window.setTimeout(() => setSaid(null), 8000);
    return () => window.clearTimeout(timer);
  }, [said]);
  useEffect(() => scrollTo(0, 0), [route.page]);

  const tell = (message: string, ok: boolean) => setSaid({ message, ok });
  const connection = CONNECTIONS[world.connection];
  const names = world.services.map((service) => service.service).join(', ');
  document.title = names ? `${names} · livefix` : 'livefix';
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          <Logo /> livefix
        </a>
        <span class="run">{names}</span>
        <span class={`connection ${connection.tone}`} role="status" data-connection={world.connection}>
          <span aria-hidden="true">{connection.sign}</span> {connection.text}
        </span>
        <span class="who">
          <span class="muted">
            {session.token} · {session.may_act ? 'may act' : 'may look'}
          </span>
          <button class="quiet" onClick={() => void logOut().finally(() => onOut(''))}>
            Log out
          </button>
        </span>
      </header>
      {said && (
        <div class={`notice ${said.ok ? 'good' : 'bad'}`} role={said.ok ? 'status' : 'alert'}>
          <span>
            <span aria-hidden="true">{said.ok ? '✓' : '✕'}</span> {said.message}
          </span>
          <button class="quiet" aria-label="Close this message" onClick={() => setSaid(null)}>
            ✕
          </button>
        </div>
      )}
      <main id="main" tabIndex={-1}>
        {route.page === 'request' && <RequestDetail id={route.id} />}
        {route.page === 'rollout' && (
          <RolloutDetail id={route.id} world={world} mayAct={session.may_act} onSaid={tell} />
        )}
        {route.page === 'overview' && (
          <>
            <nav class="parts" aria-label="Parts of this page">
              {PARTS.map(([id, title]) => (
                <a key={id} href={`#${id}`}>
                  {title}
                </a>
              ))}
            </nav>
            <Summary world={world} />
            <RolloutSection world={world} mayAct={session.may_act} onSaid={tell} />
            <TimelineSection world={world} />
            <Symptoms world={world} />
            <Generations world={world} />
            <div class="two">
              <Releases world={world} mayAct={session.may_act} onSaid={tell} />
              <Requests world={world} />
            </div>
            <Log />
          </>
        )}
      </main>
      <footer class="muted small">livefix {session.version}</footer>
    </>
  );
}
