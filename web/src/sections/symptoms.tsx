import type { World } from '../feed';
import { ago, answerStatus, count, percent } from '../format';
import type { Symptom } from '../types';
import { Empty, Section } from '../ui/section';
import { Tag, type Tone } from '../ui/tag';

/** Lines of the verdict end with a word for what became of the symptom (observe/symptom_verdict). */
export function toneOf(line: string): Tone {
  if (/: (gone|fewer)$/.test(line)) return 'good';
  if (/: (new|more)$/.test(line)) return 'bad';
  return 'plain';
}

const SIGNS: Partial<Record<Tone, string>> = { good: '✓', bad: '✕' };

export function Verdicts({ lines }: { lines: string[] }) {
  return (
    <ul class="verdicts">
      {lines.map((line) => (
        <li key={line} class={toneOf(line)}>
          <span aria-hidden="true">{SIGNS[toneOf(line)] ?? '·'}</span> {line}
        </li>
      ))}
    </ul>
  );
}

function Row({ symptom, now }: { symptom: Symptom; now: number }) {
  return (
    <tr>
      <td class="grow">
        <span class="mono">
          {symptom.method} {symptom.route}
        </span>{' '}
        <Tag tone={symptom.recent > 0 && !symptom.gone ? 'bad' : 'plain'}>{symptom.cause || answerStatus(symptom)}</Tag>{' '}
        {symptom.gone && <Tag tone="good" sign="✓">gone</Tag>}
        <div class="error mono">{symptom.error || 'nothing was written about it'}</div>
      </td>
      <td data-label="Last 5 min">{count(symptom.recent)}</td>
      <td data-label="Of the route">{symptom.share === null ? '–' : percent(symptom.share)}</td>
      <td data-label="In all">{count(symptom.failures)}</td>
      <td data-label="Last seen">{ago(symptom.last_seen, now)}</td>
      <td data-label="Since" class="mono">{symptom.since_release || '–'}</td>
    </tr>
  );
}

export function Symptoms({ world }: { world: World }) {
  const judged = world.history?.rollouts.find((story) => story.symptoms.length > 0);
  return (
    <Section id="symptoms" title="Symptoms">
      {world.symptoms.length === 0 ? (
        <Empty>✓ No failure in the last hour.</Empty>
      ) : (
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">What fails</th>
              <th scope="col">Last 5 min</th>
              <th scope="col">Of the route</th>
              <th scope="col">In all</th>
              <th scope="col">Last seen</th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {world.symptoms.slice(0, 20).map((symptom) => (
              <Row key={symptom.id} symptom={symptom} now={world.now} />
            ))}
          </tbody>
        </table>
      )}
      {world.unrecorded.length > 0 && (
        <p class="muted small">! Failures of {world.unrecorded.join(', ')} are not recorded, so that only their counts are known.</p>
      )}
      {judged && (
        <div class="judged" data-verdicts>
          <h3>
            With <a class="mono" href={`#/rollout/${judged.id}`}>{judged.release || judged.commit.slice(0, 7)}</a>
          </h3>
          <Verdicts lines={judged.symptoms} />
        </div>
      )}
    </Section>
  );
}
