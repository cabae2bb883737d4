import { createInterface } from 'node:readline';
import { createAccount } from './demo/account.ts';
import type { Helper } from './demo/helper.ts';
import { playInstances } from './demo/play-instances.ts';
import { type Play, play } from './demo/play.ts';
import { openRealStage } from './demo/real-stage.ts';
import { openSimulatedStage } from './demo/simulated-stage.ts';
import { REPOSITORY, type Stage, TAG } from './demo/stage.ts';
import { type Postgres, startPostgres } from './postgres/postgres.ts';

const USAGE = 'usage: ./dev demo [--instances] [--simulated]';
const OPTIONS: readonly string[] = ['--instances', '--simulated'];
const WRONG_USE = 2;

const account = createAccount((line) => console.log(line));
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${reasonOf(error.cause)}`;
};

const openStage = async (simulated: boolean): Promise<Stage> => {
  if (simulated) return await openSimulatedStage();
  try {
    return await openRealStage((line) => account.note('sandbox', line), interrupted.signal);
  } catch (error) {
    interrupted.signal.throwIfAborted();
    throw new Error(`${reasonOf(error)}\nWithout a real engine: ./dev demo --simulated`, {
      cause: error,
    });
  }
};

const openDatabase = async (): Promise<Postgres> => {
  const tell = (line: string): void => account.note('sandbox', line);
  const postgres = await startPostgres({ tell, signal: interrupted.signal });
  account.note('sandbox', `PostgreSQL, port ${postgres.primary.port}`);
  return postgres;
};

/** Pushes a version for each line typed, until Ctrl-C. */
const stayUp = async (stage: Stage, { helper, push }: Play): Promise<void> => {
  const body = JSON.stringify({ image: `${stage.registryHost}/${REPOSITORY}:${TAG}` });
  account.title('Your turn');
  account.plain(`The dashboard: ${helper.url}/   sign in with the token ${helper.token}`);
  account.plain('Another hook (nothing is deployed while nothing differs):');
  account.plain(`  curl -H 'content-type: application/json' -d '${body}' ${helper.hookUrl}`);
  if (!process.stdout.isTTY) return;
  account.plain(
    'Enter pushes the next version, "crash" one that crashes, Ctrl-C stops everything.',
  );
  const lines = createInterface({ input: process.stdin, signal: interrupted.signal });
  let number = 2;
  for await (const line of lines) {
    number += 1;
    const crashes = line.trim() === 'crash';
    await push({ name: crashes ? `v${number} (crashes)` : `v${number}`, crashes }).catch(
      (error: unknown) => {
        interrupted.signal.throwIfAborted();
        account.plain(`That did not work: ${reasonOf(error)}`);
      },
    );
  }
  // The input can end before the person has seen enough.
  if (!interrupted.signal.aborted) {
    await new Promise((resolve) => {
      interrupted.signal.addEventListener('abort', resolve);
      setInterval(() => {}, 2 ** 30);
    });
  }
};

const main = async (): Promise<number> => {
  const options = process.argv.slice(2);
  if (options.some((option) => !OPTIONS.includes(option))) {
    console.error(USAGE);
    return WRONG_USE;
  }
  const simulated = options.includes('--simulated');
  const several = options.includes('--instances');
  if (simulated) account.banner('SIMULATED: NO REAL ENGINE, NO REAL REGISTRY, NO CONTAINERS');
  account.title(several ? 'A push redeploys, although a helper dies' : 'A push redeploys');
  let stage: Stage | undefined;
  let postgres: Postgres | undefined;
  const helpers: Helper[] = [];
  let done = false;
  try {
    stage = await openStage(simulated);
    if (several) postgres = await openDatabase();
    const store = (await postgres?.createDatabase())?.url;
    const started = (helper: Helper): void => void helpers.push(helper);
    const { signal } = interrupted;
    const played = await (store === undefined
      ? play(stage, account, signal, started)
      : playInstances({ stage, store }, account, signal, started));
    done = true;
    await stayUp(stage, played);
    return 0;
  } catch (error) {
    // Once the demo has finished, Ctrl-C is the normal way to end it.
    if (done && interrupted.signal.aborted) return 0;
    // An error caused by stopping is not the cause of the failure.
    const { aborted, reason } = interrupted.signal;
    console.error(`\nThe demo did not work: ${reasonOf(aborted ? reason : error)}`);
    return 1;
  } finally {
    await Promise.all(helpers.map((helper) => helper.stop()));
    await postgres?.stop();
    await stage?.stop();
    if (simulated) account.banner('SIMULATED: NOTHING OF THIS WAS REAL BUT THE HELPER');
  }
};

process.exit(await main());
