import { useEffect, useRef, useState } from 'preact/hooks';
import { clock } from '../format';
import type { LogLine } from '../types';
import { Empty, Section } from '../ui/section';

const MOST = 500; // lines

/** What programs write, as it comes. Lines of a busy program are drawn together, once a frame. */
function useLog(): LogLine[] {
  const [lines, setLines] = useState<LogLine[]>([]);
  useEffect(() => {
    let waiting: LogLine[] = [];
    let frame = 0;
    let begins = false; // what is kept comes first, also after a reconnect
    let source: EventSource | null = null;
    const draw = () => {
      frame = 0;
      const fresh = waiting;
      const anew = begins;
      waiting = [];
      begins = false;
      setLines((before) => [...(anew ? [] : before), ...fresh].slice(-MOST));
    };
    const onMessage = (event: MessageEvent) => {
      const message = JSON.parse(event.data as string) as Partial<LogLine> & { services?: string[] };
      if (message.services) {
        begins = true;
        waiting = [];
      } else if (message.line !== undefined) {
        waiting.push(message as LogLine);
      }
      if (!frame) frame = requestAnimationFrame(draw);
    };
    const shown = () => {
      source?.close();
      if (document.hidden) return;
      source = new EventSource('/v1/logs?follow=true&most=200');
      source.onmessage = onMessage;
    };
    shown();
    document.addEventListener('visibilitychange', shown);
    return () => {
      document.removeEventListener('visibilitychange', shown);
      source?.close();
      cancelAnimationFrame(frame);
    };
  }, []);
  return lines;
}

export function Log() {
  const all = useLog();
  const [words, setWords] = useState('');
  const [follows, setFollows] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const wanted = words.toLowerCase();
  const lines = wanted ? all.filter((one) => one.line.toLowerCase().includes(wanted)) : all;
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, follows]);
  const scrolled = () => {
    const element = box.current;
    if (element) setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < 8);
  };
  const aside = (
    <>
      <input class="filter" type="search" placeholder="Filter" aria-label="Lines with these words" value={words}
        onInput={(event) => setWords(event.currentTarget.value)} />
      <label class="small">
        <input type="checkbox" checked={follows} onChange={(event) => setFollows(event.currentTarget.checked)} /> follow
      </label>
    </>
  );
  return (
    <Section id="log" title="Live log" aside={aside}>
      {lines.length === 0 ? (
        <Empty>{wanted ? 'No line has these words.' : 'No program has written anything yet.'}</Empty>
      ) : (
        <div class="log mono" ref={box} tabIndex={0} role="log" aria-live="off" aria-label="What programs write" onScroll={scrolled}>
          {lines.map((one, i) => (
            <div key={i} class={one.stream}>
              <time>{clock(one.time)}</time>
              <span class="release">{one.release}</span>
              <span class="sign">{one.stream === 'stderr' ? '!' : ' '}</span>
              <span class="text">{one.line}</span>
            </div>
          ))}
        </div>
      )}
    </Section>
  );
}
