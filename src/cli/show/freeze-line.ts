import type { FreezeView } from '../../core/contract/views.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { printTime } from '../output/print-time.ts';

export const FREEZES = '/api/v1/freezes';

/** One freeze on one line: its id, its scope, until when, why and by whom. */
export const printFreeze = ({ deps }: Context, freeze: FreezeView): string => {
  const where = [
    freeze.cluster === null ? null : `cluster ${freeze.cluster}`,
    freeze.stack === null ? null : `stack ${freeze.stack}`,
    freeze.service === null ? null : `service ${freeze.service}`,
  ].filter((part) => part !== null);
  const until = freeze.until === null ? 'lifted' : printTime(freeze.until, deps.now());
  return printable(
    `${freeze.id}  ${where.join(', ') || 'everything'} until ${until}: ${freeze.reason} (by token ${freeze.by})`,
  );
};
