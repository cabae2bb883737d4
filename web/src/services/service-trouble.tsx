import type { ComponentChildren } from 'preact';
import { adviceWords } from '../../../src/core/story/advice.ts';
import { originWords } from '../../../src/core/story/origin-words.ts';
import { type ServiceStory, tellStory } from '../../../src/core/story/service-story.ts';
import { whyNotReverted } from '../../../src/core/story/words.ts';
import type {
  DeploymentView,
  RollbackView,
  ServiceView,
} from '../../../src/core/contract/views.ts';
import { readRollback } from '../api/acts.ts';
import { deploymentAddress, whyEnded } from '../deployments/deployment-columns.tsx';
import { useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { StateBadge } from '../parts/badge.tsx';
import { Icon } from '../parts/icon.tsx';
import { shortDigest } from '../words/digest-words.ts';
import { triggersWords } from '../words/deployment-words.ts';
import { explainHealth, healthLook, isNoteworthy } from '../words/health-words.ts';
import { visibleText } from '../words/visible-text.ts';

const NO_PAST: Pick<RollbackView, 'targets' | 'others'> = { targets: [], others: [] };

/** How a service came to run its image, and what to do if it is not healthy. Each is null until it is known. */
export type Standing = {
  readonly story: ServiceStory | null;
  readonly advice: string | null;
};

/** @param deployments its history, newest first; null until it is read */
export const useStanding = (
  service: ServiceView,
  deployments: readonly DeploymentView[] | null,
): Standing => {
  // A healthy service needs no advice.
  const isWell = !isNoteworthy(service);
  const past = useShown<RollbackView>({
    of: isWell ? null : `rollback ${service.cluster}/${service.id}`,
    read: (signal) => readRollback(service, signal),
    concerns: ({ type }) => type === 'deployment',
  }).value;
  if (deployments === null) return { story: null, advice: null };
  const story = tellStory(service, deployments, past ?? NO_PAST);
  return { story, advice: past === null ? null : adviceWords(service, story) };
};

/** What is wrong with the service, since when, who caused it, what its tasks said, and what to do. */
const Health = ({
  service,
  standing: { story, advice },
}: {
  readonly service: ServiceView;
  readonly standing: Standing;
}) => {
  const { health, healthSince, restarts, lastError } = service;
  if (!isNoteworthy(service)) return null;
  const { tone, icon } = healthLook(health);
  return (
    <div class={`notice ${tone}`} {...(health === 'failing' ? { role: 'alert' } : {})}>
      <Icon name={icon} />
      <div class="trouble">
        <p>
          <strong>{visibleText(explainHealth(service))}</strong>
          {healthSince !== null && (
            <>
              {' '}
              Since <Age at={healthSince} />.
            </>
          )}
          {restarts > 0 &&
            ` ${restarts} failed ${restarts === 1 ? 'task' : 'tasks'} in the last hour.`}
          {lastError !== null && (
            <>
              {' '}
              The last said: <code>{visibleText(lastError)}</code>
            </>
          )}
        </p>
        {advice !== null && (
          <p>
            <strong>What to do:</strong> {visibleText(advice)}
          </p>
        )}
        {story !== null && advice !== null && (
          <p>Its image was deployed by {visibleText(originWords(story, triggersWords))}.</p>
        )}
      </div>
    </div>
  );
};

const WHY_HELD = {
  'known-bad': 'failed on this service',
  'left-by-person': 'a person rolled back',
} as const;

/** A held image that somebody else deployed. */
const Held = ({ service: { runsHeld } }: { readonly service: ServiceView }) =>
  runsHeld === undefined ? null : (
    <div class="notice bad" role="alert">
      <Icon name="cross" />
      <p>
        <strong>
          Somebody else deployed {shortDigest(runsHeld.digest)}, which {WHY_HELD[runsHeld.hold]}{' '}
          <Age at={runsHeld.heldSince} />.
        </strong>{' '}
        Roll back to what ran before, or publish a fix.
      </p>
    </div>
  );

/** What a person should see first on a service's page. */
export const ServiceTrouble = ({
  service,
  standing,
}: {
  readonly service: ServiceView;
  readonly standing: Standing;
}) => (
  <>
    <Health service={service} standing={standing} />
    <Held service={service} />
  </>
);

const lastTry = (failed: DeploymentView): string =>
  [whyEnded(failed), whyNotReverted(failed)].filter(Boolean).join('; not reverted: ');

/** Who deployed what runs, and how the last deployment failed, if it did. */
export const storyFacts = (
  story: ServiceStory,
): readonly (readonly [name: string, value: ComponentChildren])[] => {
  const { failed } = story;
  const by = ['Deployed by', visibleText(originWords(story, triggersWords))] as const;
  if (failed === null) return [by];
  return [
    by,
    [
      'Last try',
      <span key="last" class="verdict">
        <a href={deploymentAddress(failed.id)}>
          <StateBadge state={failed.state} />
        </a>
        <Age at={failed.endedAt ?? failed.queuedAt} />
        <span class="reason">{visibleText(lastTry(failed))}</span>
      </span>,
    ],
  ];
};
