import { ActRefused } from '../core/contract/act-refused.ts';
import type { DeliveryView } from '../core/contract/delivery-views.ts';
import type { RunRequest, RunView } from '../core/contract/run-views.ts';
import { recordAction } from '../store/access/actions.ts';
import type { Db } from '../store/sqlite/open-store.ts';
import type { Clock } from './loop/clock.ts';
import type { Reads } from '../core/contract/reads.ts';
import type { SmartRedeploy } from './runs/smart-redeploy.ts';
import type { Work } from './work.ts';

type By = { readonly actor: string; readonly address: string; readonly signal: AbortSignal };

/** Acts of people that are not about one service. Each is recorded in the audit once it is done. */
export type RecordedActs = {
  readonly startRun: (request: RunRequest, by: By) => Promise<RunView>;
  readonly replay: (delivery: string, by: By) => Promise<DeliveryView>;
};

export type RecordedActsDeps = {
  readonly start: SmartRedeploy['start'];
  readonly replay: Work['replay'];
  readonly readDelivery: Reads['readDelivery'];
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** Aborted when the helper stops. */
  readonly signal: AbortSignal;
};

export const createRecordedActs = (deps: RecordedActsDeps): RecordedActs => {
  const record = (
    { actor, address }: By,
    action: string,
    target: string,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> =>
    recordAction(
      deps.db,
      { id: deps.newId(), actor, address, action, target, detail },
      deps.clock.now(),
    );

  return {
    startRun: async (request, by) => {
      const { actor } = by;
      const signal = AbortSignal.any([by.signal, deps.signal]);
      const run = await deps.start(request, { origin: 'person', actor, signal });
      // A dry run changes nothing, so it is not recorded.
      if (!request.dryRun) await record(by, 'smart-redeploy', run.id, { ...request });
      return run;
    },
    replay: async (id, by) => {
      const pushes = await deps.replay(id);
      const detail = pushes === null ? null : await deps.readDelivery(id);
      if (detail === null) throw new ActRefused('not-found', `there is no delivery ${id}`);
      await record(by, 'replay', id, { pushes });
      const { headers: _headers, body: _body, ...delivery } = detail;
      return delivery;
    },
  };
};
