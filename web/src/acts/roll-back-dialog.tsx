import { useState } from 'preact/hooks';
import type { DeploymentView } from '../../../src/core/views.ts';
import { rollBackService } from '../api/acts.ts';
import { type Newest, readNewest } from '../api/read-newest.ts';
import { useShown } from '../live/use-shown.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Age } from '../parts/age.tsx';
import { Build } from '../parts/build-facts.tsx';
import { Digest } from '../parts/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { TextField } from '../parts/fields.tsx';
import { ShownAs } from '../parts/notice.tsx';
import type { ServiceActProps } from './act-props.ts';
import { clusterWords } from './cluster-words.ts';
import { Consequences } from './consequences.tsx';
import { DeploymentQueued } from './deployment-queued.tsx';
import { digestsBefore, type FormerDigest } from './digests-before.ts';
import { tasksWords } from './tasks-words.ts';

const LOOKED_BACK = 100;
/** As the helper takes it: whole, or its beginning where that is in the history of the service. */
const DIGEST = /^(?:sha256:)?[0-9a-f]{6,64}$/;

const FormerDigests = ({
  digests,
  chosen,
  onChoose,
}: {
  readonly digests: readonly FormerDigest[];
  readonly chosen: string | null;
  readonly onChoose: (digest: string) => void;
}) => (
  <fieldset class="choices">
    <legend>Back to</legend>
    {digests.map(({ digest, build, provenAt }, index) => (
      <label key={digest} class="check">
        <input
          type="radio"
          name="to"
          checked={chosen === digest}
          onChange={() => onChoose(digest)}
        />
        <span class="choice">
          <Digest value={digest} />
          {build !== null && <Build build={build} />}
          <span class="faint">
            {index === 0 && 'the one before · '}
            {provenAt === null ? (
              'ran before the first deployment that is known'
            ) : (
              <>
                proven <Age at={provenAt} />
              </>
            )}
          </span>
        </span>
      </label>
    ))}
  </fieldset>
);

export const RollBackDialog = ({ service, cluster, onDone, onClose }: ServiceActProps) => {
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const history = useShown<Newest<DeploymentView>>({
    of: `history ${service.cluster}/${service.id}`,
    read: (signal) =>
      readNewest(
        '/api/v1/deployments',
        { cluster: service.cluster, service: service.id },
        LOOKED_BACK,
        signal,
      ),
    concerns: () => false,
  });
  const digests = digestsBefore(history.value?.items ?? [], service.running);
  const to = typed === '' ? (chosen ?? digests[0]?.digest ?? null) : typed.trim();
  const isRestore = cluster?.capabilities.goesBackTo === 'previous-spec';
  const blocked = isRestore
    ? null
    : to === null
      ? 'Name a digest.'
      : DIGEST.test(to)
        ? null
        : 'That is no digest: sha256: and hexadecimal digits.';
  return (
    <ActDialog
      title={`Roll ${service.name} back`}
      confirm="Roll back"
      isDangerous
      blocked={blocked}
      act={(key) => rollBackService(service, isRestore ? null : to, key)}
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
          <ShownAs shown={history} what="its history">
            {() =>
              digests.length === 0 ? (
                <p class="faint">No digest that it ran before is known.</p>
              ) : (
                <FormerDigests
                  digests={digests.slice(0, 8)}
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
        </>
      )}
      <Consequences
        items={[
          isRestore
            ? `The whole spec before the present one comes back, whatever differs; ${tasksWords(service)} will restart with it.`
            : `${tasksWords(service)} will restart with that digest, as the update policy of the service says.`,
          'The present digest is held for this service: no push and no SmartRedeploy brings it back until another is published, or somebody releases it.',
        ]}
      />
    </ActDialog>
  );
};
