import { printable } from './cell-text.ts';
import type { Colours } from './colours.ts';

export type Labelled = readonly [label: string, ...values: string[]];

/** Facts below a heading, each label followed by its values. Empty facts are left out. */
export const labelledLines = (
  { dim }: Pick<Colours, 'dim'>,
  labelWidth: number,
  facts: readonly Labelled[],
): readonly string[] =>
  facts.flatMap(([label, ...values]) =>
    values
      .filter((value) => value !== '')
      .map((value, index) => {
        const told = index === 0 ? label : '';
        return `  ${dim(told.padEnd(labelWidth))}${printable(value)}`;
      }),
  );
