import type { World } from '../feed';
import { count, duration, milliseconds, percent } from '../format';
import type { GateOutcome, Rollout, RolloutService } from '../types';
import { Act } from '../ui/act';
import { Empty, Section } from '../ui/section';
import { Tag, type Tone } from '../ui/tag';

interface Props {
  world: World;
  mayAct: boolean;
  onSaid: (message: string, ok: boolean) => void;
}

const PHASES = ['preparing', 'building', 'starting', 'verifying', 'shifting', 'promoting'];
const PHASE_WORDS: Record<string, string> = {
  preparing: 'Lay out',
  building: 'Build',
  starting: 'Start',
  verifying: 'Verify',
  promoting: 'Keep',
};

const GATES: Record<GateOutcome, { tone: Tone; word: string }> = {
  pass: { tone: 'good', word: 'passes' },
  fail: { tone: 'bad', word: 'fails' },
  undecided: { tone: 'warn', word: 'undecided' },
};

interface Step {
  label: string;
  state: 'done' | 'now' | 'ahead';
}

/** Each phase, with the shares of the traffic in the place of "shifting". */
function stepsOf(rollout: Rollout, steps: number[], share: number): Step[] {
  const at = PHASES.indexOf(rollout.phase);
  return PHASES.flatMap((phase, i): Step[] => {
    const state = i < at ? 'done' : i === at ? 'now' : 'ahead';
    if (phase !== 'shifting') return [{ label: PHASE_WORDS[phase] ?? phase, state }];
    return steps.map((percents) => ({
      label: `${percents} %`,
      state: state !== 'now' ? state : percents < share ? 'done' : percents === share ? 'now' : 'ahead',
    }));
  });
}

function Steps({ steps }: { steps: Step[] }) {
  const words = { done: 'done', now: 'now', ahead: 'to come' };
  return (
    <ol class="steps" aria-label="Steps">
      {steps.map((step) => (
        <li key={step.label} class={step.state} aria-current={step.state === 'now' ? 'step' : undefined}>
          <span class="dot" aria-hidden="true">
            {step.state === 'done' ? '✓' : step.state === 'now' ? '●' : ''}
          </span>
          {step.label}
          <span class="hidden"> ({words[step.state]})</span>
        </li>
      ))}
    </ol>
  );
}

function Gates({ of }: { of: RolloutService }) {
  const { look } = of;
  const share = (part: { errors: number; requests: number }) =>
    part.requests === 0 ? 'no requests' : `${percent(part.errors / part.requests)} of ${count(part.requests)}`;
  const verdict = (outcome: GateOutcome | undefined) =>
    outcome ? <Tag tone={GATES[outcome].tone}>{GATES[outcome].word}</Tag> : <span class="muted">not yet</span>;
  return (
    <table class="rows gates">
      <thead>
        <tr>
          <th scope="col">Gate</th>
          <th scope="col">New</th>
          <th scope="col">Old</th>
          <th scope="col">At most</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td class="grow">Errors</td>
          <td data-label="New">{look ? share(look.errors.candidate) : '–'}</td>
          <td data-label="Old">{look ? share(look.errors.old) : '–'}</td>
          <td data-label="At most">+{percent(of.max_error_rate)}</td>
          <td>{verdict(look?.errors.outcome)}</td>
        </tr>
        <tr>
          <td class="grow">p99</td>
          <td data-label="New">{look ? milliseconds(look.p99.candidate_us / 1000) : '–'}</td>
          <td data-label="Old">{look ? milliseconds(look.p99.old_us / 1000) : '–'}</td>
          <td data-label="At most">+{percent(of.max_p99)}</td>
          <td>{verdict(look?.p99.outcome)}</td>
        </tr>
        <tr>
          <td class="grow" colSpan={5}>
            Before it gets traffic: {of.health ? `${of.health} answers` : 'it listens'}
            {of.replay ? ', recorded requests do not fail anew' : ''}, it does not crash
          </td>
        </tr>
      </tbody>
    </table>
  );
}

export function RolloutSection({ world, mayAct, onSaid }: Props) {
  const { rollout } = world;
  if (!rollout) {
    const last = world.history?.rollouts[0];
    return (
      <Section id="rollout" title="Rollout">
        <Empty>
          {world.connection === 'connecting'
            ? 'Asking livefix …'
            : last
              ? 'No rollout is under way. What is pushed next shows up here.'
              : 'Nothing was pushed yet. git push brings the first release.'}
        </Empty>
      </Section>
    );
  }
  const steps = [...new Set(rollout.services.flatMap((one) => one.steps))].sort((a, b) => a - b);
  const share = Math.max(0, ...rollout.services.map((one) => one.share ?? 0));
  const common = { allowed: mayAct, onSaid };
  const aside = rollout.paused ? <Tag tone="warn" sign="‖">paused</Tag> : <Tag tone="busy">{duration(rollout.took_ms)}</Tag>;
  return (
    <Section id="rollout" title="Rollout" aside={aside}>
      <p class="lead">
        <strong class="mono">{rollout.name}</strong> {rollout.subject} <span class="muted">by {rollout.who}</span>
      </p>
      <Steps steps={stepsOf(rollout, steps, share)} />
      <div class="buttons" role="group" aria-label="This rollout">
        {rollout.paused ? (
          <Act {...common} label="Resume" path="/v1/resume" kind="primary" />
        ) : (
          <Act {...common} label="Pause" path="/v1/pause" />
        )}
        <Act {...common} label="Promote" path="/v1/promote"
          question={`Give ${rollout.name} all traffic now, without the steps that are left?`} />
        <Act {...common} label="Abort" path="/v1/abort" kind="danger"
          question={`Take ${rollout.name} back? What ran before has all traffic again.`} />
        {!mayAct && <span class="muted small">Your token may only look.</span>}
      </div>
      {rollout.services.map((one) => (
        <div key={one.service}>
          {rollout.services.length > 1 && <h3>{one.service}</h3>}
          <Gates of={one} />
        </div>
      ))}
      {rollout.lines.length > 0 && (
        <pre class="lines" aria-label="What the pusher reads" tabIndex={0}>
          {rollout.lines.join('\n')}
        </pre>
      )}
    </Section>
  );
}
