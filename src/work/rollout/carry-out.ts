import { nextMove } from '../../core/rollout/next-move.ts';
import { findDeployment } from '../../store/deployments.ts';
import type { RolloutDeps } from '../rollout-deps.ts';
import { end } from './end.ts';
import { createFollower } from './follower.ts';
import { gatherFacts } from './gather-facts.ts';
import { observe } from './observe.ts';
import { send } from './send.ts';
import { skip } from './skip.ts';
import { wait } from './wait.ts';

/**
 * Takes one deployment from move to move, from whatever the store says of it, until it ends or has to
 * wait; the same way after a restart as before. Throws the signal's reason when it is aborted, leaving
 * what the next start needs.
 */
export const carryOut = async (
  deps: RolloutDeps,
  id: string,
  signal: AbortSignal,
): Promise<void> => {
  const follower = createFollower();
  for (;;) {
    const deployment = await findDeployment(deps.db, id);
    if (deployment === null || deployment.endedAt !== null || deployment.runAt > deps.clock.now())
      return;
    const run = { deps, deployment, signal };
    const seen = await observe(run);
    await follower.tell(run, seen);
    const facts = await gatherFacts(run, seen, follower.watch());
    const move = nextMove(deployment, seen, { ...facts, now: follower.now(run) });
    switch (move.kind) {
      case 'skip':
        await skip(run, seen, move);
        break;
      case 'send':
        await send(run, { ...move, phase: 'forward', failed: null });
        break;
      case 'revert':
        await send(run, { ...move, phase: 'back', settled: null });
        break;
      case 'follow':
        await follower.follow(run, seen, move);
        break;
      case 'wait':
        await wait(run, move);
        break;
      case 'end':
        await follower.isTold();
        await end(run, move);
        break;
      default:
        return move satisfies never;
    }
  }
};
