// Where the page is: "#/" and details behind it, so that Back works and a link can be sent.
import { useEffect, useState } from 'preact/hooks';

export type Route = { page: 'overview' } | { page: 'request'; id: number } | { page: 'rollout'; id: number };

export function parseRoute(hash: string): Route {
  const match = /^#\/(request|rollout)\/(\d+)$/.exec(hash);
  if (!match) return { page: 'overview' };
  return { page: match[1] as 'request' | 'rollout', id: Number(match[2]) };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = () => {
      const next = parseRoute(location.hash);
      // Anchors of sections leave the page where it is.
      if (next.page === 'overview' && !location.hash.startsWith('#/') && location.hash !== '') return;
      setRoute(next);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}
