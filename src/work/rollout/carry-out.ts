import { nextMove } from '../../core/rollout/next-move.ts';
import type { Deployment } from '../../core/rollout/deployment.ts';
import { findDeployment } from '../../store/deployments/deployments.ts';
import type { RolloutDeps } from './rollout-deps.ts';
import { end } from './end.ts';
import { createFollower } from './follower.ts';
import { gatherFacts } from './gather-facts.ts';
import { observe } from './observe.ts';
import { askFit } from './read-fit.ts';
import { send } from './send.ts';
import { skip } from './skip.ts';
import { wait } from './wait.ts';

/** Queued a moment ago and never postponed: it will most likely be sent now. */
const isNew = ({ state, intent, runAt, queuedAt }: Deployment): boolean =>
  state === 'queued' && intent === null && runAt <= queuedAt;

/**
 * Carries out one deployment move by move, from whatever state the store has, until it ends or must wait. A restart
 * changes nothing about this. Throws the signal's reason when it is aborted; the next start continues.
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
    const fit = isNew(deployment) ? askFit(run) : null;
    // If `fit` is awaited, the error surfaces there. Otherwise it does not matter.
    fit?.catch(() => {});
    const seen = await observe(run);
    await follower.tell(run, seen);
    const facts = await gatherFacts(run, seen, { ...follower.known(run), fit });
    const move = nextMove(deployment, seen, facts);
    switch (move.kind) {
      case 'skip':
        await skip(run, seen, move);
        break;
      case 'send':
        await send(run, { ...move, phase: 'forward', failed: null, note: '' });
        break;
      case 'revert':
        await send(run, { ...move, phase: 'back', settled: null, left: null });
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
