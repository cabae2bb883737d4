import { ClusterError, type ClusterIdentity } from '../../../core/swarm/cluster.ts';
import type { EngineInfo } from './engine-answers.ts';

/** The Swarm that an engine belongs to. Throws if the engine cannot manage a Swarm, with what to do. */
export const engineIdentity = (
  cluster: string,
  url: string,
  version: string,
  info: EngineInfo,
): ClusterIdentity => {
  const swarm = info.Swarm;
  const node = `node ${info.Name ?? 'without a name'} at ${url}`;
  const fail = (code: ClusterError['code'], detail: string): ClusterError =>
    new ClusterError(cluster, code, detail, { retryable: true });
  if (!swarm || swarm.LocalNodeState === 'inactive') {
    const todo =
      'run "docker swarm init" there or "docker swarm join", or give the url of a manager';
    throw fail('not-a-manager', `${node} is not in a swarm: ${todo}`);
  }
  if (swarm.LocalNodeState === 'locked') {
    throw fail('refused', `the swarm on ${node} is locked: run "docker swarm unlock" there`);
  }
  if (swarm.ControlAvailable !== true) {
    const managers = (swarm.RemoteManagers ?? []).flatMap(({ Addr }) => Addr ?? []).join(', ');
    const known = managers === '' ? '' : ` (the swarm's are ${managers})`;
    const todo = `give the url of a manager${known}, place the helper on one, or promote the node`;
    throw fail('not-a-manager', `${node} is a worker: ${todo}`);
  }
  return {
    swarmId: swarm.Cluster?.ID || null,
    description: `Docker Engine ${info.ServerVersion ?? 'of unknown version'}, API ${version}`,
  };
};
