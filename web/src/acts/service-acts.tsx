import { useState } from 'preact/hooks';
import type { FreezeView, ServiceView } from '../../../src/core/contract/views.ts';
import { CLUSTERS } from '../live/clusters-shown.ts';
import { FREEZES } from '../live/freezes-shown.ts';
import { isOperator } from '../live/session-state.ts';
import { useShown } from '../live/use-shown.ts';
import { CheckDialog } from './check-dialog.tsx';
import { FreezeDialog } from './freeze-dialog.tsx';
import { isFrozenBy } from './freeze-words.ts';
import { RedeployDialog } from './redeploy-dialog.tsx';
import { ReleaseDialog } from './release-dialog.tsx';
import { RollBackDialog } from './roll-back-dialog.tsx';
import { ThawDialog } from './thaw-dialog.tsx';

const DIALOGS = {
  check: CheckDialog,
  redeploy: RedeployDialog,
  'roll-back': RollBackDialog,
  freeze: FreezeDialog,
  release: ReleaseDialog,
} as const;
type Act = keyof typeof DIALOGS;

/** Holds that a release ends. */
const LIFTED: ReadonlySet<string> = new Set(['known-bad', 'left-by-person', 'rejected', 'expired']);

const mayRelease = ({ verdict, reason }: ServiceView): boolean =>
  verdict === 'held' && LIFTED.has(reason ?? '');

/** What a person may do to a service, each with a dialog that explains the consequences. */
export const ServiceActs = ({
  service,
  onDone,
}: {
  readonly service: ServiceView;
  readonly onDone: () => void;
}) => {
  const [open, setOpen] = useState<Act | FreezeView | null>(null);
  const clusters = useShown(CLUSTERS);
  const freezes = useShown(FREEZES);
  if (!isOperator()) {
    return <p class="lead faint">You need an operator token to change it. Yours can only read.</p>;
  }
  const cluster = clusters.value?.find(({ name }) => name === service.cluster) ?? null;
  const [freeze] = (freezes.value ?? []).filter((one) => isFrozenBy(one, service));
  const close = (): void => setOpen(null);
  const Chosen = typeof open === 'string' ? DIALOGS[open] : null;
  const button = (act: Act | FreezeView, label: string, isFirst = false) => (
    <button
      type="button"
      class={isFirst ? 'primary' : ''}
      aria-haspopup="dialog"
      onClick={() => setOpen(act)}
    >
      {label}
    </button>
  );
  return (
    <div class="acts" role="group" aria-label={`Acts on ${service.name}`}>
      {button('redeploy', 'Redeploy', service.verdict === 'obsolete')}
      {button('roll-back', 'Roll back')}
      {button('check', 'Check now')}
      {mayRelease(service) && button('release', 'Release')}
      {freeze === undefined ? button('freeze', 'Freeze') : button(freeze, 'Lift the freeze')}
      {Chosen !== null && (
        <Chosen service={service} cluster={cluster} onDone={onDone} onClose={close} />
      )}
      {open !== null && typeof open !== 'string' && (
        <ThawDialog freeze={open} onDone={onDone} onClose={close} />
      )}
    </div>
  );
};
