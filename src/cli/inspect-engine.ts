import type { ServiceView } from '../core/views.ts';
import type { InspectEngine } from './cli-deps.ts';
import type { Context } from './context.ts';
import { checkedText, createProgress } from './progress.ts';

/** Looks at an engine without any helper, and tells how far it has come meanwhile. */
export const inspectEngine = async (
  { deps }: Context,
  url: string,
  selected: NonNullable<Parameters<InspectEngine>[2]>['selected'] = {
    services: [],
    stacks: [],
    images: [],
  },
): Promise<readonly ServiceView[]> => {
  const progress = createProgress(deps.stderr);
  progress.show(checkedText({ images: 0, checkedImages: 0 }));
  try {
    const onProgress = (told: Parameters<typeof checkedText>[0]): void =>
      progress.show(checkedText(told));
    return await deps.inspectEngine(url, deps.signal, { selected, onProgress });
  } finally {
    progress.clear();
  }
};
