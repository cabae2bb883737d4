import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ownRelease } from '../../sandbox/machine/other-release.ts';
import { addCounts, type Counts, countsLine, parseCounts } from './counts.ts';
import { type Stage, testStages } from './stages.ts';

/** The last line of `.ci/run`. */
const TOTAL = '.cache/test-counts';
const OF_STAGE = '.cache/test-counts.json';

type Ended = { readonly counts: Counts; readonly ok: boolean };

const readIfThere = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

const runStage = async ({ command, env, counts }: Stage): Promise<Ended> => {
  rmSync(OF_STAGE, { force: true });
  const [program, ...args] = command;
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env, CD_HELPER_TEST_COUNTS: OF_STAGE },
  });
  const end = (): void => void child.kill('SIGTERM');
  process.once('SIGTERM', end);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGTERM', end);
  const ok = code === 0;
  if (!counts) return { counts: { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }, ok };
  const told = parseCounts(readIfThere(OF_STAGE));
  // A run can fail without a failed test, such as for a file that was not found.
  return { counts: ok || told.failed > 0 ? told : { ...told, failed: 1 }, ok };
};

// Ctrl-C reaches the stage too, which ends in its own time.
process.on('SIGINT', () => {});
mkdirSync('.cache', { recursive: true });
rmSync(TOTAL, { force: true });
const stages = testStages(process.argv.slice(2), await ownRelease());
const ended: Ended[] = [];
const lines: string[] = [];
for (const stage of stages) {
  if (stages.length > 1) console.log(`\n=== ${stage.name}`);
  const began = performance.now();
  const one = await runStage(stage);
  ended.push(one);
  const seconds = Math.round((performance.now() - began) / 1000);
  lines.push(`${stage.name}: ${countsLine(one.counts)} (${seconds} s)`);
}
if (stages.length > 1) console.log(`\n${lines.join('\n')}`);
const total = countsLine(addCounts(ended.map(({ counts }) => counts)));
writeFileSync(TOTAL, `${total}\n`);
if (stages.length > 1) console.log(total);
process.exitCode = ended.every(({ ok }) => ok) ? 0 : 1;
