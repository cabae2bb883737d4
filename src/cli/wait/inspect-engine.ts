import { ClusterError } from '../../core/swarm/cluster.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { printable } from '../output/cell-text.ts';
import type { InspectEngine } from '../terminal/cli-deps.ts';
import type { Context } from '../client/context.ts';
import { CliFailure } from '../terminal/exit-status.ts';
import { checkedText } from '../output/progress.ts';

/**
 * Inspects an engine without a helper and shows the progress. With `listsTags`, it lists tags as SmartRedeploy does.
 * Throws a {@link CliFailure} if the engine does not answer.
 */
export const inspectEngine = async (
  context: Context,
  url: string,
  selected: NonNullable<Parameters<InspectEngine>[2]>['selected'] = {
    services: [],
    stacks: [],
    images: [],
  },
  listsTags = false,
): Promise<readonly ServiceView[]> => {
  const progress = context.progress();
  progress.show(checkedText({ images: 0, checkedImages: 0 }));
  try {
    const onProgress = (told: Parameters<typeof checkedText>[0]): void =>
      progress.show(checkedText(told));
    const { inspectEngine: inspect, signal } = context.deps;
    return await inspect(url, signal, { selected, listsTags, onProgress });
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const why = error.message.replace(`cluster ${error.cluster}: `, '');
    throw new CliFailure(printable(why), { cause: error });
  } finally {
    progress.clear();
  }
};
