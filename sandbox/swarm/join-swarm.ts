import type { Engine } from './engine.ts';

/** Makes an engine leave its own Swarm, which it was started with, and join that of a manager. */
export const joinSwarm = async (
  engine: Engine,
  manager: Engine,
  role: 'manager' | 'worker',
): Promise<void> => {
  const { JoinTokens } = await manager.api.call<{
    JoinTokens: { Manager: string; Worker: string };
  }>('GET', '/swarm');
  await engine.api.call('POST', '/swarm/leave?force=1');
  await engine.api.call('POST', '/swarm/join', {
    body: {
      ListenAddr: `${engine.engineAddress}:2377`,
      AdvertiseAddr: engine.engineAddress,
      RemoteAddrs: [`${manager.engineAddress}:2377`],
      JoinToken: role === 'manager' ? JoinTokens.Manager : JoinTokens.Worker,
    },
  });
};
