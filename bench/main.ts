import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { anonymousFlood } from './anonymous-flood.ts';
import type { Benchmark } from './benchmark.ts';
import { dashboard } from './dashboard.ts';
import { footprint } from './footprint.ts';
import { hookBurst } from './hook-burst.ts';
import { hookToUpdate } from './hook-to-update.ts';
import { hooks } from './hooks.ts';
import { postgres } from './postgres.ts';
import { pushToRunning } from './push-to-running.ts';
import { type Report, tableOf } from './report.ts';
import { secretTiming } from './secret-timing.ts';
import { smartRedeployLarge } from './smart-redeploy-large.ts';
import { smartRedeploy } from './smart-redeploy.ts';
import { waiting } from './waiting.ts';

const BENCHMARKS: readonly Benchmark[] = [
  hookToUpdate,
  pushToRunning,
  footprint,
  hooks,
  postgres,
  hookBurst,
  smartRedeploy,
  smartRedeployLarge,
  secretTiming,
  dashboard,
  anonymousFlood,
  waiting,
];

/** Well above the time that any benchmark takes on two busy cores. */
const LONGEST_MS = 10 * 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});

const usage = (): string =>
  [
    'usage: ./dev bench [--json] [name…]',
    ...BENCHMARKS.map(({ name, about }) => `  ${name.padEnd(22)}${about}`),
  ].join('\n');

const build = (): void => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  // Measure the shipped build, not the sources that run in development.
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
};

const tell = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

const main = async (): Promise<number> => {
  if (values.help) {
    console.log(usage());
    return 0;
  }
  const unknown = positionals.filter((name) => !BENCHMARKS.some((one) => one.name === name));
  if (unknown.length > 0) {
    console.error(`bench: no benchmark is named ${unknown.join(', ')}\n${usage()}`);
    return 2;
  }
  const chosen = BENCHMARKS.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  build();
  const reports: Report[] = [];
  let broken = 0;
  for (const benchmark of chosen) {
    tell(benchmark.name);
    try {
      const report = await benchmark.run({ tell, signal: AbortSignal.timeout(LONGEST_MS) });
      reports.push(report);
      if (!values.json) console.log(tableOf(report));
    } catch (error) {
      broken += 1;
      console.error(`bench: ${benchmark.name} is broken`, error);
    }
  }
  if (values.json) console.log(JSON.stringify(reports, null, 2));
  return broken === 0 ? 0 : 1;
};

process.exitCode = await main();
