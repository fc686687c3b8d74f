import { useEffect, useState } from 'preact/hooks';

/** Whether the page is light or dark, as the system says. */
export function useScheme(): 'light' | 'dark' {
  const dark = () => matchMedia('(prefers-color-scheme: dark)');
  const [scheme, setScheme] = useState<'light' | 'dark'>(dark().matches ? 'dark' : 'light');
  useEffect(() => {
    const query = dark();
    const changed = () => setScheme(query.matches ? 'dark' : 'light');
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return scheme;
}
