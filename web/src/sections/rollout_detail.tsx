import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api';
import type { World } from '../feed';
import { clock, duration } from '../format';
import type { Story } from '../types';
import { Empty, Section } from '../ui/section';
import { Tag } from '../ui/tag';
import { outcomeOf, RollBack, runs } from './releases';
import { Verdicts } from './symptoms';

interface Props {
  id: number;
  world: World;
  mayAct: boolean;
  onSaid: (message: string, ok: boolean) => void;
}

export function RolloutDetail({ id, world, mayAct, onSaid }: Props) {
  const [story, setStory] = useState<Story | null>(null);
  const [trouble, setTrouble] = useState('');
  const version = world.history?.rollouts.find((one) => one.id === id);
  const changes = version ? `${version.outcome}${version.phase}${version.symptoms.length}` : '';
  useEffect(() => {
    ask<Story>(`/v1/rollout?id=${id}`).then(setStory, (error: Error) => setTrouble(error.message));
  }, [id, changes]);
  const back = <a href="#/">← Overview</a>;
  if (!story) {
    return (
      <Section id="detail" title={`Rollout ${id}`} aside={back}>
        <Empty>{trouble || 'Asking livefix …'}</Empty>
      </Section>
    );
  }
  const live = runs(world, story) && story.outcome === 'promoted';
  const outcome = live ? { tone: 'good' as const, word: 'live now' } : outcomeOf(story);
  return (
    <Section id="detail" title={`Rollout ${id}`} aside={back}>
      <p class="lead">
        <strong class="mono">{story.release || story.commit.slice(0, 7)}</strong> {story.subject}{' '}
        <Tag tone={outcome.tone}>{outcome.word}</Tag>
      </p>
      <dl class="facts">
        <dt>Commit</dt>
        <dd class="mono">{story.commit}</dd>
        <dt>By</dt>
        <dd>{story.who}</dd>
        <dt>Began</dt>
        <dd>
          {clock(story.began)}
          {story.outcome && story.took_ms > 0 && `, took ${duration(story.took_ms)}`}
        </dd>
        <dt>Services</dt>
        <dd>{story.services.join(', ') || '–'}</dd>
        {story.gate && (
          <>
            <dt>Gate</dt>
            <dd>{story.gate}</dd>
          </>
        )}
      </dl>
      {story.message && <pre class="lines">{story.message}</pre>}
      {story.symptoms.length > 0 && (
        <>
          <h3>What became of symptoms</h3>
          <Verdicts lines={story.symptoms} />
        </>
      )}
      {(story.lines?.length ?? 0) > 0 && (
        <>
          <h3>What the pusher read</h3>
          <pre class="lines" tabIndex={0}>
            {story.lines?.join('\n')}
          </pre>
        </>
      )}
      <div class="buttons">
        <RollBack story={story} world={world} mayAct={mayAct} onSaid={onSaid} />
      </div>
    </Section>
  );
}
