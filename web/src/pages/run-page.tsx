import type { DeploymentView } from '../../../src/core/contract/views.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { ask } from '../api/ask.ts';
import { readAll } from '../api/read-all.ts';
import { DeploymentTable } from '../deployments/deployment-table.tsx';
import { useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { RunBadge } from '../parts/badge.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { RunProgress } from '../runs/run-progress.tsx';
import { RunServices } from '../runs/run-services.tsx';
import { countWords, originWords } from '../runs/run-table.tsx';
import { visibleText } from '../words/visible-text.ts';

const isOf = (run: string, { triggers }: DeploymentView): boolean =>
  triggers.some((trigger) => 'run' in trigger && trigger.run === run);

const Run = ({ run }: { readonly run: RunView }) => {
  const { value } = useShown<readonly DeploymentView[]>({
    of: run.dryRun ? null : `deployments of ${run.id}`,
    read: async (signal) => {
      // A run does not list its deployments: read those since it began and keep those that name it.
      const since = await readAll<DeploymentView>(
        '/api/v1/deployments',
        { since: run.startedAt },
        signal,
      );
      return since.filter((deployment) => isOf(run.id, deployment));
    },
    concerns: ({ type }) => type === 'deployment' || type === 'run',
  });
  const deployments = value ?? [];
  const isOver = run.endedAt !== null;
  return (
    <>
      <p class="lead">
        Begun <Age at={run.startedAt} /> by {visibleText(originWords(run))}
        {isOver && (
          <>
            , ended <Age at={run.endedAt} />
          </>
        )}
        . {countWords(run.counts) || 'No service was found'}.
      </p>
      {run.reason !== null && (
        <div class={`notice ${run.state === 'failed' ? 'bad' : 'warn'}`}>
          <Icon name={run.state === 'failed' ? 'cross' : 'question'} />
          <p>{visibleText(run.reason)}</p>
        </div>
      )}
      {!(run.dryRun && isOver) && <RunProgress run={run} deployments={deployments} />}
      {deployments.length > 0 && (
        <Section title="Deployments">
          <DeploymentTable label="Deployments of the run" deployments={deployments} />
        </Section>
      )}
      <Section title={run.dryRun ? 'What it would do' : 'What it found'}>
        {run.services.length === 0 ? (
          <Empty>
            <p>{isOver ? 'No service was selected.' : 'It is still looking.'}</p>
          </Empty>
        ) : (
          <RunServices run={run} />
        )}
      </Section>
    </>
  );
};

export const RunPage = ({ id }: { readonly id: string }) => {
  const shown = useShown<RunView>({
    of: `run ${id}`,
    read: (signal) => ask(`/api/v1/runs/${encodeURIComponent(id)}`, { signal }),
    concerns: (happening) => happening.type === 'run' && happening.id === id,
  });
  return (
    <>
      <PageHead title={shown.value?.dryRun === true ? 'Dry run' : 'SmartRedeploy run'}>
        {shown.value !== null && <RunBadge state={shown.value.state} />}
      </PageHead>
      <ShownAs shown={shown} what="the run">
        {(run) => <Run run={run} />}
      </ShownAs>
    </>
  );
};
