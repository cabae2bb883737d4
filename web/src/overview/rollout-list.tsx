import type { RolloutView } from '../../../src/core/contract/overview.ts';
import { pullingWords } from '../../../src/core/swarm/pulling.ts';
import { deploymentAddress } from '../deployments/deployment-columns.tsx';
import { JoinedName } from '../images/joined-name.tsx';
import { now } from '../live/now.ts';
import { StateBadge } from '../parts/badge.tsx';
import { visibleText } from '../words/visible-text.ts';
import { rolloutWords } from './rollout-words.ts';

/** A part per kind of task: it runs the image, it starts or pulls, or its turn has not come. */
const Progress = ({ rollout }: { readonly rollout: RolloutView }) => {
  const { service, running, desired, starting } = rollout;
  const words = `${rolloutWords(rollout)}${pulling(rollout)}`;
  const isKnown = running !== null && desired !== null && desired > 0;
  const parts = isKnown
    ? { done: running, starting, due: Math.max(0, desired - running - starting) }
    : { done: 0, starting: 0, due: 1 };
  return (
    <>
      <div
        role="progressbar"
        class="tasks-bar"
        aria-label={`Tasks of ${service.name}`}
        aria-valuetext={words}
        aria-valuemin={0}
        {...(isKnown
          ? { 'aria-valuenow': Math.min(running, desired), 'aria-valuemax': desired }
          : {})}
      >
        {Object.entries(parts).map(([part, count]) => (
          <span key={part} class={part} style={{ flexGrow: count }} />
        ))}
      </div>
      <span class="reason">{words}</span>
    </>
  );
};

const pulling = (rollout: RolloutView): string => {
  const words = pullingWords(rollout, now.value);
  return words === '' ? '' : `; ${words}`;
};

export const RolloutList = ({ rollouts }: { readonly rollouts: readonly RolloutView[] }) => (
  <ul class="glance">
    {rollouts.map((rollout) => (
      <li key={rollout.id}>
        <p>
          <a class="name" href={deploymentAddress(rollout.id)}>
            <JoinedName name={rollout.service.name} />
          </a>{' '}
          <span class="faint">to {visibleText(rollout.toTag)}</span>{' '}
          <StateBadge state={rollout.state} />
        </p>
        <Progress rollout={rollout} />
      </li>
    ))}
  </ul>
);
