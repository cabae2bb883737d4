import { useMemo, useState } from 'preact/hooks';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { wouldDeploy } from '../../../src/core/verdict/would-deploy.ts';
import { isOperator } from '../live/session-state.ts';
import { CheckField } from '../parts/fields.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { SERVICE_COLUMNS } from '../services/service-columns.tsx';
import { inRunOrder, keyOf } from './choosable.ts';
import { DeployDialog } from './deploy-dialog.tsx';

/** What a run found. After a dry run, a selection can be deployed. */
export const RunServices = ({ run }: { readonly run: RunView }) => {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [pin, setPin] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const services = useMemo(() => inRunOrder(run.services), [run.services]);
  const lines = useMemo(() => rowsOf(services, keyOf), [services]);
  const mayChoose = run.dryRun && isOperator() && run.endedAt !== null;
  const deployable = services.filter((service) => wouldDeploy(service, pin));
  const chosen = deployable.filter((service) => !left.has(keyOf(service)));
  const hasUnpinned = services.some(({ reason }) => reason === 'unpinned');

  const choose = (key: string, isChosen: boolean): void => {
    const next = new Set(left);
    if (isChosen) next.delete(key);
    else next.add(key);
    setLeft(next);
  };
  const chooser: Column<ServiceView> = {
    key: 'choose',
    title: 'Deploy',
    bare: true,
    cell: (service) =>
      wouldDeploy(service, pin) ? (
        <input
          type="checkbox"
          aria-label={`Deploy ${service.name}`}
          checked={!left.has(keyOf(service))}
          onChange={({ currentTarget }) => choose(keyOf(service), currentTarget.checked)}
        />
      ) : null,
  };
  return (
    <>
      {mayChoose && (
        <div class="run-bar">
          <button
            type="button"
            class="primary"
            aria-haspopup="dialog"
            disabled={chosen.length === 0}
            onClick={() => setAsking(true)}
          >
            {chosen.length === deployable.length
              ? `Deploy all ${deployable.length}`
              : `Deploy chosen ${chosen.length} of ${deployable.length}`}
          </button>
          {deployable.length > 0 && (
            <button
              type="button"
              onClick={() => setLeft(left.size > 0 ? new Set() : new Set(deployable.map(keyOf)))}
            >
              {left.size > 0 ? 'Choose all' : 'Choose none'}
            </button>
          )}
          {hasUnpinned && (
            <CheckField isChecked={pin} onChange={setPin}>
              Also services without a digest, to pin them
            </CheckField>
          )}
          {deployable.length === 0 && <p class="faint">There is nothing to deploy.</p>}
        </div>
      )}
      <Table
        label="Services of the run"
        layout={mayChoose ? 'services with-choice' : 'services'}
        columns={mayChoose ? [chooser, ...SERVICE_COLUMNS] : SERVICE_COLUMNS}
        lines={lines}
      />
      {isAsking && <DeployDialog services={chosen} pin={pin} onClose={() => setAsking(false)} />}
    </>
  );
};
