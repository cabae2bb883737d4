import type { CopiedRows, StoreToolOptions } from '../terminal/cli-deps.ts';
import type { Context } from '../client/context.ts';

/** `12,345` */
export const printCount = (count: number): string =>
  String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** `1 run`, `2 runs` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${printCount(count)} ${count === 1 ? one : many}`;

/** The tables that people think of as the content of a store. */
const SHOWN: readonly (readonly [table: string, one: string, many: string])[] = [
  ['deliveries', 'delivery', 'deliveries'],
  ['deployments', 'deployment', 'deployments'],
  ['runs', 'run', 'runs'],
  ['holds', 'hold', 'holds'],
];

/** `1,234 rows, verified: 12 deliveries, 1 deployment` */
export const copiedText = ({ rows, tables }: CopiedRows): string => {
  const parts = SHOWN.flatMap(([table, one, many]) => {
    const count = tables[table] ?? 0;
    return count === 0 ? [] : [counted(count, one, many)];
  });
  const what = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  return `${counted(rows, 'row')}, verified by counts and checksums${what}`;
};

/** Options for a tool that copies rows, with a progress line. */
export const copyOptions = (
  context: Context,
): StoreToolOptions & { readonly clear: () => void } => {
  const progress = context.progress();
  return {
    signal: context.deps.signal,
    onProgress: ({ table, done, total }) => {
      const share = Math.floor((100 * done) / Math.max(1, total));
      const rows = `${printCount(done)} of ${printCount(total)} rows`;
      progress.show(`${share} %, ${rows} (${table.replaceAll('_', ' ')})`);
    },
    clear: progress.clear,
  };
};
