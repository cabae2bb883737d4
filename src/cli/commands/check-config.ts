import pLimit from 'p-limit';
import type { CheckResult, ConfigCheck } from '../cli-deps.ts';
import { printable } from '../cell-text.ts';
import { EXIT } from '../exit-status.ts';
import type { AddCommand } from '../program.ts';
import { withHelp } from '../with-help.ts';

const CONCURRENCY = 8;
/** Longer than a slow registry with a sign-in may take. */
const DEADLINE_MS = 60_000;

/** The check's own answer, or that it gave none in time. */
const tryOut = async (check: ConfigCheck, signal: AbortSignal): Promise<CheckResult> => {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const timeUp = Promise.withResolvers<CheckResult>();
  deadline.addEventListener('abort', () => {
    timeUp.resolve({ ok: false, detail: `no answer within ${DEADLINE_MS / 1000} s` });
  });
  try {
    return await Promise.race([check.run(AbortSignal.any([signal, deadline])), timeUp.promise]);
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
};

/** Errors of a cluster begin with its name, which stands there already. */
const withoutName = (detail: string, name: string): string =>
  detail.startsWith(`${name}: `) ? detail.slice(name.length + 2) : detail;

export const addCheckConfig: AddCommand = (program, act) => {
  const command = program
    .command('check-config')
    .description('read the configuration, reach everything in it, and say what is missing');
  withHelp(command, {
    more: 'It changes nothing, and may be run beside a helper that runs.',
    json: '{"ok", "file", "checks": [{"name", "ok", "detail", "hint"?}]}',
    examples: ['cd-helper check-config', 'cd-helper check-config --config cd-helper.yaml'],
  }).action(
    act(async ({ deps, config, colours, json, print, printJson }) => {
      const read = config();
      const limit = pLimit(CONCURRENCY);
      const checks = await deps.checks(read);
      const results = await Promise.all(
        checks.map((check) =>
          limit(async () => ({ name: check.name, ...(await tryOut(check, deps.signal)) })),
        ),
      );
      const allWell = results.every(({ ok }) => ok);
      if (json) printJson({ ok: allWell, file: read.file, checks: results });
      else {
        print(`configuration: ${read.file ?? 'from variables alone'}`);
        for (const { ok, name, detail, hint } of results) {
          const sign = ok ? colours.green('✓') : colours.red('✗');
          print(`${sign} ${printable(name)}: ${printable(withoutName(detail, name))}`);
          if (hint !== undefined) print(`    ${printable(hint)}`);
        }
        const failed = results.filter(({ ok }) => !ok).length;
        print(allWell ? 'All well.' : `${failed} of ${results.length} failed.`);
      }
      return allWell ? EXIT.well : EXIT.failed;
    }),
  );
};
