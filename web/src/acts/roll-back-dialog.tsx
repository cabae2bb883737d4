import { useState } from 'preact/hooks';
import type { RollbackView } from '../../../src/core/contract/views.ts';
import { readRollback, rollBackService } from '../api/acts.ts';
import { useShown } from '../live/use-shown.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Age } from '../parts/age.tsx';
import { Build } from '../images/build-facts.tsx';
import { Digest } from '../images/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { CheckField, TextField } from '../parts/fields.tsx';
import { ShownAs } from '../parts/notice.tsx';
import { visibleText } from '../words/visible-text.ts';
import type { ServiceActProps } from './act-props.ts';
import { clusterWords } from './cluster-words.ts';
import { Consequences } from './consequences.tsx';
import { DeploymentQueued } from './deployment-queued.tsx';
import { tasksWords } from './tasks-words.ts';

/** The forms that the helper accepts: a full digest, or the beginning of one in the service's history. */
const DIGEST = /^(?:sha256:)?[0-9a-f]{6,64}$/;
const MOST_OFFERED = 8;

const GoodImages = ({
  targets,
  chosen,
  onChoose,
}: {
  readonly targets: RollbackView['targets'];
  readonly chosen: string | null;
  readonly onChoose: (digest: string) => void;
}) => (
  <fieldset class="choices">
    <legend>Back to</legend>
    {targets.map(({ digest, tag, build, goodAt }, index) => (
      <label key={digest} class="check">
        <input
          type="radio"
          name="to"
          checked={chosen === digest}
          onChange={() => onChoose(digest)}
        />
        <span class="choice">
          {tag !== null && <strong>{visibleText(tag)}</strong>}
          <Digest value={digest} />
          {build !== null && <Build build={build} />}
          <span class="faint">
            {index === 0 && 'the last good image · '}
            good <Age at={goodAt} />
          </span>
        </span>
      </label>
    ))}
  </fieldset>
);

const WHY = {
  'known-bad': 'failed on this service',
  'left-by-person': 'a person rolled back from it, or while it was published',
  'not-good': 'has not run well for long enough',
} as const;

const HELD = {
  'known-bad': WHY['known-bad'],
  'left-by-person': 'is held by a rollback',
} as const;

/** Why a digest that begins so is held; undefined if it is not. */
const heldAs = (
  others: RollbackView['others'],
  typed: string,
): 'known-bad' | 'left-by-person' | undefined => {
  const begins = typed.startsWith('sha256:') ? typed : `sha256:${typed}`;
  const reason = others.find(({ digest }) => digest.startsWith(begins))?.reason;
  return typed === '' || reason === 'not-good' ? undefined : reason;
};

/** Shown if there is nothing to offer: what a person may still name, and why the helper does not offer it. */
const NoGoodImage = ({ others }: Pick<RollbackView, 'others'>) => (
  <>
    <p class="faint">No earlier good image is known.</p>
    {others.slice(0, MOST_OFFERED).map(({ digest, tag, reason }) => (
      <p key={digest} class="faint">
        {tag !== null && `${visibleText(tag)} `}
        <Digest value={digest} /> {WHY[reason]}
      </p>
    ))}
  </>
);

export const RollBackDialog = ({ service, cluster, onDone, onClose }: ServiceActProps) => {
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const [insists, setInsists] = useState(false);
  const past = useShown<RollbackView>({
    of: `rollback ${service.cluster}/${service.id}`,
    read: (signal) => readRollback(service, signal),
    concerns: () => false,
  });
  const targets = past.value?.targets ?? [];
  const to = typed === '' ? (chosen ?? targets[0]?.digest ?? null) : typed.trim();
  const held = typed === '' ? undefined : heldAs(past.value?.others ?? [], typed.trim());
  const isRestore = cluster?.capabilities.goesBackTo === 'previous-spec';
  const blocked = isRestore
    ? null
    : to === null
      ? 'Name a digest.'
      : DIGEST.test(to)
        ? held !== undefined && !insists
          ? 'Tick the box to confirm.'
          : null
        : 'This is not a digest. A digest is sha256: and hexadecimal digits.';
  return (
    <ActDialog
      title={`Roll ${service.name} back`}
      confirm="Roll back"
      isDangerous
      blocked={blocked}
      act={(key) =>
        rollBackService(
          service,
          { to: isRestore ? null : to, force: held !== undefined && insists },
          key,
        )
      }
      onDone={onDone}
      onClose={onClose}
      result={(deployment) => <DeploymentQueued deployment={deployment} />}
    >
      <Facts
        facts={[
          ['Service', service.name],
          ['Cluster', clusterWords(service.cluster, cluster)],
          [
            'From',
            <span key="from" class="change">
              <Digest value={service.running} /> <Build build={service.build} />
            </span>,
          ],
        ]}
      />
      {!isRestore && (
        <>
          <ShownAs shown={past} what="what it may go back to">
            {({ others }) =>
              targets.length === 0 ? (
                <NoGoodImage others={others} />
              ) : (
                <GoodImages
                  targets={targets.slice(0, MOST_OFFERED)}
                  chosen={typed === '' ? to : null}
                  onChoose={(digest) => {
                    setTyped('');
                    setChosen(digest);
                  }}
                />
              )
            }
          </ShownAs>
          <TextField
            label="Or another digest"
            value={typed}
            onChange={setTyped}
            placeholder="sha256:…"
            hint="Whole, or its first six digits or more where it is in the history of the service."
          />
          {held !== undefined && (
            <CheckField isChecked={insists} onChange={setInsists}>
              Go back to it although it {HELD[held]}
            </CheckField>
          )}
        </>
      )}
      <Consequences
        items={[
          isRestore
            ? `The complete previous spec is restored; ${tasksWords(service)} will restart with it.`
            : `${tasksWords(service)} will restart with that digest, as the update policy of the service says.`,
          'The present digest is held for this service. No push and no SmartRedeploy deploys it again until another digest is published or somebody releases the service.',
          'A newer digest that is already published is held too, and its queued deployment is skipped.',
        ]}
      />
    </ActDialog>
  );
};
