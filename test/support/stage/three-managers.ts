import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../sandbox/sandbox.ts';
import type { Engine } from '../../../sandbox/swarm/engine.ts';
import { joinSwarm } from '../../../sandbox/swarm/join-swarm.ts';

export type SwarmNode = {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly Availability: string };
  readonly Description: { readonly Hostname: string };
  readonly Status: { readonly State: string };
  readonly ManagerStatus?: { readonly Leader?: boolean; readonly Reachability: string };
};

export const nodesOf = (engine: Engine): Promise<readonly SwarmNode[]> =>
  engine.api.call<readonly SwarmNode[]>('GET', '/nodes');

/** A sandbox whose three engines are the managers of one Swarm. The third one is the first leader. */
export const startThreeManagers = async (
  options: SandboxOptions = {},
): Promise<Sandbox & { readonly managers: readonly [Engine, Engine, Engine] }> => {
  const sandbox = await startSandbox({ ...options, engines: 3 });
  try {
    const [first, second, third] = sandbox.engines;
    if (second === undefined || third === undefined) throw new Error('a sandbox of three has less');
    await joinSwarm(first, third, 'manager');
    await joinSwarm(second, third, 'manager');
    await waitUntil(
      async () => {
        const nodes = await nodesOf(first);
        const ready = nodes.filter((one) => one.ManagerStatus?.Reachability === 'reachable');
        return ready.length === 3 ? true : null;
      },
      { what: 'three managers reach each other', withinMs: 30_000 },
    );
    return { ...sandbox, managers: [first, second, third] };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
};
