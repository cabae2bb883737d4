import { Counter, Gauge, type Registry } from 'prom-client';
import type { ApiToken } from './ports.ts';

/** Counts the results of senders' requests. */
export type HookMetrics = {
  readonly accepted: (sender: string, result: 'pushes' | 'ignored' | 'duplicate') => void;
  readonly refused: (status: number) => void;
};

/** Counts in a plain map that is read on demand: a counter's own bookkeeping costs more than a webhook may. */
const createTally = <Label extends string>(
  registry: Registry,
  options: { readonly name: string; readonly help: string; readonly labelNames: Label[] },
): ((...labels: readonly string[]) => void) => {
  const tally = new Map<
    string,
    { readonly labels: Partial<Record<Label, string>>; count: number }
  >();
  const counter = new Counter({
    ...options,
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const { labels, count } of tally.values()) counter.inc(labels, count);
    },
  });
  return (...values) => {
    const key = values.join(' ');
    const known = tally.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const pairs = options.labelNames.map((name, index) => [name, values[index] ?? '']);
    tally.set(key, { labels: Object.fromEntries(pairs), count: 1 });
  };
};

/** When tokens expire, for those that do. */
export const createTokenMetrics = (
  registry: Registry,
  tokens: readonly Pick<ApiToken, 'name' | 'expiresAt'>[],
): void => {
  const gauge = new Gauge({
    name: 'cd_helper_api_token_expiry_timestamp_seconds',
    help: 'When an API token expires, in seconds since 1970; only tokens that expire are there.',
    labelNames: ['token'],
    registers: [registry],
  });
  for (const { name, expiresAt } of tokens) {
    if (expiresAt !== null) gauge.set({ token: name }, Date.parse(expiresAt) / 1000);
  }
};

/** Labels contain only names of senders and statuses, which are few; never anything from a request. */
export const createHookMetrics = (registry: Registry): HookMetrics => {
  const accepted = createTally(registry, {
    name: 'cd_helper_deliveries_total',
    help: 'Deliveries that are on disk, by sender and by what they held.',
    labelNames: ['sender', 'result'],
  });
  const refused = createTally(registry, {
    name: 'cd_helper_hook_refusals_total',
    help: 'Hooks that were refused, by status.',
    labelNames: ['status'],
  });
  return { accepted, refused: (status) => refused(String(status)) };
};
