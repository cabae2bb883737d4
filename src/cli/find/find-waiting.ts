import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import type { ApiClient } from '../client/api-client.ts';
import { CliFailure, wrongUse } from '../terminal/exit-status.ts';
import { findService } from './find-service.ts';
import { readList } from '../client/read-list.ts';

export const WAITING = '/api/v1/waiting';

/** The one waiting service with a name or id. `cluster` decides between services of the same name. */
export const findWaiting = async (
  api: ApiClient,
  name: string,
  cluster: string | undefined,
): Promise<WaitingView> => {
  const all = await readList<WaitingView>(api, WAITING, {});
  const meant = all.filter(
    (one) =>
      (one.name === name || one.id === name) && (cluster === undefined || one.cluster === cluster),
  );
  const [one] = meant;
  if (one === undefined) {
    // A service that does not exist is a different error, which `findService` throws.
    const service = await findService(api, name, cluster);
    throw new CliFailure(`${service.name} is not waiting for anything; nothing was changed`, {
      hint: 'cd-helper waiting shows what waits',
    });
  }
  if (meant.length > 1) {
    const clusters = meant.map((each) => each.cluster).join(', ');
    const text = `more than one cluster has a service ${JSON.stringify(name)} that waits: ${clusters}`;
    throw wrongUse(text, 'choose one with --cluster');
  }
  return one;
};
