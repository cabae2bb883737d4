import { ClusterError } from '../core/cluster.ts';
import type { ServiceView } from '../core/views.ts';
import { printable } from './cell-text.ts';
import type { InspectEngine } from './cli-deps.ts';
import type { Context } from './context.ts';
import { CliFailure } from './exit-status.ts';
import { checkedText } from './progress.ts';

/**
 * Looks at an engine without any helper, and tells how far it has come meanwhile. Throws a
 * {@link CliFailure} where the engine does not answer.
 */
export const inspectEngine = async (
  context: Context,
  url: string,
  selected: NonNullable<Parameters<InspectEngine>[2]>['selected'] = {
    services: [],
    stacks: [],
    images: [],
  },
): Promise<readonly ServiceView[]> => {
  const progress = context.progress();
  progress.show(checkedText({ images: 0, checkedImages: 0 }));
  try {
    const onProgress = (told: Parameters<typeof checkedText>[0]): void =>
      progress.show(checkedText(told));
    const { inspectEngine: inspect, signal } = context.deps;
    return await inspect(url, signal, { selected, onProgress });
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const why = error.message.replace(`cluster ${error.cluster}: `, '');
    throw new CliFailure(printable(why), { cause: error });
  } finally {
    progress.clear();
  }
};
