import { Counter, type Registry } from 'prom-client';

/** What became of the requests of senders. */
export type HookMetrics = {
  readonly accepted: (sender: string, result: 'pushes' | 'ignored' | 'duplicate') => void;
  readonly refused: (status: number) => void;
};

/** Labels hold names of senders and statuses only, both few; never anything out of a request. */
export const createHookMetrics = (registry: Registry): HookMetrics => {
  const deliveries = new Counter({
    name: 'cd_helper_deliveries_total',
    help: 'Deliveries that are on disk, by sender and by what they held.',
    labelNames: ['sender', 'result'],
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'cd_helper_hook_refusals_total',
    help: 'Hooks that were refused, by status.',
    labelNames: ['status'],
    registers: [registry],
  });
  return {
    accepted: (sender, result) => deliveries.inc({ sender, result }),
    refused: (status) => refusals.inc({ status: String(status) }),
  };
};
