import type { World } from '../feed';
import { ago, duration } from '../format';
import type { Story } from '../types';
import { Act } from '../ui/act';
import { Empty, Section } from '../ui/section';
import { Tag, type Tone } from '../ui/tag';

interface Props {
  world: World;
  mayAct: boolean;
  onSaid: (message: string, ok: boolean) => void;
}

export function outcomeOf(story: Story): { tone: Tone; word: string } {
  if (story.rollback) return { tone: 'warn', word: 'rolled back' };
  switch (story.outcome) {
    case 'promoted':
      return { tone: 'plain', word: 'was live' };
    case 'taken_back':
      return { tone: 'bad', word: 'taken back' };
    case 'refused':
      return { tone: 'bad', word: 'refused' };
    default:
      return { tone: 'busy', word: 'under way' };
  }
}

export function runs(world: World, story: Story): boolean {
  return Object.values(world.history?.running ?? {}).includes(story.commit);
}

export function RollBack({ story, world, mayAct, onSaid }: Props & { story: Story }) {
  const possible = story.outcome === 'promoted' && story.release !== '' && !runs(world, story);
  if (!possible) return null;
  return (
    <Act label="Roll back to this" path={`/v1/rollback?to=${story.id}`} allowed={mayAct} kind="danger" onSaid={onSaid}
      disabled={world.rollout !== null}
      question={`Serve ${story.release} (${story.subject}) again, in the place of what runs now?`} />
  );
}

export function Releases({ world, mayAct, onSaid }: Props) {
  const stories = world.history?.rollouts ?? [];
  return (
    <Section id="releases" title="Releases">
      {stories.length === 0 ? (
        <Empty>Nothing was pushed yet.</Empty>
      ) : (
        <ol class="stories">
          {stories.slice(0, 8).map((story) => {
            const outcome = outcomeOf(story);
            const live = runs(world, story) && story.outcome === 'promoted';
            return (
              <li key={story.id}>
                <div class="grow">
                  <a class="mono" href={`#/rollout/${story.id}`}>
                    {story.release || story.commit.slice(0, 7)}
                  </a>{' '}
                  {story.subject}
                  <div class="muted small">
                    {story.who} · {ago(story.began, world.now)}
                    {story.outcome && story.took_ms > 0 && ` · took ${duration(story.took_ms)}`}
                    {story.gate && ` · gate ${story.gate}`}
                  </div>
                </div>
                {live ? <Tag tone="good" sign="▲">live now</Tag> : <Tag tone={outcome.tone}>{outcome.word}</Tag>}
                <RollBack story={story} world={world} mayAct={mayAct} onSaid={onSaid} />
              </li>
            );
          })}
        </ol>
      )}
    </Section>
  );
}
