// What became of something: a sign and a word, and a colour besides.
export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'plain';

const SIGNS: Record<Tone, string> = { good: '✓', bad: '✕', warn: '!', busy: '◐', plain: '·' };

export function Tag({ tone, children, sign }: { tone: Tone; children: string; sign?: string }) {
  return (
    <span class={`tag ${tone}`}>
      <span aria-hidden="true">{sign ?? SIGNS[tone]}</span> {children}
    </span>
  );
}
