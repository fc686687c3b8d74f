import { useEffect, useState } from 'preact/hooks';
import { session } from './api';
import { Login } from './login';
import { Overview } from './overview';
import type { Session } from './types';

type Known = { state: 'asking' } | { state: 'out'; why: string } | { state: 'in'; session: Session };

export function App() {
  const [known, setKnown] = useState<Known>({ state: 'asking' });
  useEffect(() => {
    session().then(
      (found) => setKnown(found ? { state: 'in', session: found } : { state: 'out', why: '' }),
      (error: Error) => setKnown({ state: 'out', why: error.message }),
    );
  }, []);
  if (known.state === 'asking') return null;
  if (known.state === 'out') {
    return <Login why={known.why} onIn={(found) => setKnown({ state: 'in', session: found })} />;
  }
  return <Overview session={known.session} onOut={(why) => setKnown({ state: 'out', why })} />;
}
