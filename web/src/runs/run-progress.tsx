import type { DeploymentView } from '../../../src/core/contract/views.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { isOpen } from '../words/deployment-words.ts';

const Bar = ({
  label,
  done,
  all,
}: {
  readonly label: string;
  readonly done: number;
  readonly all: number;
}) => (
  <div class="progress">
    <span>{label}</span>
    <progress aria-label={label} value={done} max={Math.max(all, 1)} />
    <span class="took">
      {done} of {all}
    </span>
  </div>
);

/** The progress of a run: lookups and deployments. */
export const RunProgress = ({
  run: { progress, dryRun },
  deployments,
}: {
  readonly run: RunView;
  readonly deployments: readonly DeploymentView[];
}) => {
  const ended = deployments.filter((deployment) => !isOpen(deployment));
  return (
    <div class="bars">
      <Bar label="Images looked up" done={progress.checkedImages} all={progress.images} />
      {!dryRun && <Bar label="Deployments ended" done={ended.length} all={deployments.length} />}
    </div>
  );
};
