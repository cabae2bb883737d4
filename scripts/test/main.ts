import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ownRelease } from '../../sandbox/machine/other-release.ts';
import { addCounts, type Counts, countsLine, parseCounts } from './counts.ts';
import { type Stage, testStages } from './stages.ts';

/** The file for the last line of `.ci/run`. */
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
  const failures = ok ? [] : [`${command.join(' ')} (exit status ${code ?? 'none'})`];
  if (!counts) return { counts: { passed: ok ? 1 : 0, skipped: 0, failures }, ok };
  const told = parseCounts(readIfThere(OF_STAGE));
  // A run can fail without a failed test, for example if a file was not found.
  return { counts: ok || told.failures.length > 0 ? told : { ...told, failures }, ok };
};

// The stage receives Ctrl-C too and needs time to end.
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
const sum = addCounts(ended.map(({ counts }) => counts));
const total = countsLine(sum);
writeFileSync(TOTAL, `${total}\n`);
// Repeated at the end, because the report of an early stage is far above by then.
if (sum.failures.length > 0) console.log(`\nfailed:\n  ${sum.failures.join('\n  ')}\n`);
if (stages.length > 1) console.log(total);
process.exitCode = ended.every(({ ok }) => ok) ? 0 : 1;
