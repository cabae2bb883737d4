import type { FreezeView } from '../../../src/core/contract/views.ts';
import { readAll } from '../api/read-all.ts';
import type { Source } from './use-shown.ts';

/** Active freezes. */
export const FREEZES: Source<readonly FreezeView[]> = {
  of: 'freezes',
  read: (signal) => readAll<FreezeView>('/api/v1/freezes', {}, signal),
  concerns: ({ type }) => type === 'freeze',
};
