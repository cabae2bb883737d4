import pLimit from 'p-limit';
import type { CheckResult, ConfigCheck } from '../terminal/cli-deps.ts';
import { printable } from '../output/cell-text.ts';
import { hasWrittenTag, parseImageReference } from '../../core/image/image-reference.ts';
import { EXIT, wrongUse } from '../terminal/exit-status.ts';
import type { AskedPush } from '../terminal/push-check.ts';
import type { AddCommand } from './add-command.ts';
import { withHelp } from '../terminal/with-help.ts';

const CONCURRENCY = 8;
/** Longer than a slow registry with a sign-in takes. */
const DEADLINE_MS = 60_000;

/** The check's result, or a failure if it gave none in time. */
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

/** Errors of a cluster begin with its name, which the line already has. */
const withoutName = (detail: string, name: string): string =>
  detail.startsWith(`${name}: `) ? detail.slice(name.length + 2) : detail;

type Options = { readonly push?: string };

const readPush = (text: string): AskedPush => {
  const parsed = parseImageReference(text);
  if (!parsed.ok) throw wrongUse(`--push ${text}: ${parsed.problem}`);
  const { tag } = parsed.image;
  if (tag === null || !hasWrittenTag(text)) {
    throw wrongUse(`--push ${text} names no tag`, 'name one, such as acme/web:v1.4.0');
  }
  return { ...parsed.image, tag };
};

export const addCheckConfig: AddCommand = (program, act) => {
  const command = program
    .command('check-config')
    .description('read the configuration, connect to everything in it, and report what is missing')
    .option(
      '--push <image>',
      'also show what a push of this image and tag would do on each cluster',
    );
  withHelp(command, {
    more: 'It changes nothing. A helper can run at the same time.',
    json: '{"ok", "file", "checks": [{"name", "ok", "detail", "hint"?, "lines"?: [line]}]}',
    examples: [
      'cd-helper check-config',
      'cd-helper check-config --config cd-helper.yaml',
      'cd-helper check-config --push acme/web:v1.4.0   # which services would move there, and why not',
    ],
  }).action(
    act(async ({ deps, config, colours, json, print, printJson }, options: Options) => {
      const push = options.push === undefined ? null : readPush(options.push);
      const read = config();
      const limit = pLimit(CONCURRENCY);
      const checks = await deps.checks(read, push);
      const results = await Promise.all(
        checks.map((check) =>
          limit(async () => ({ name: check.name, ...(await tryOut(check, deps.signal)) })),
        ),
      );
      const allWell = results.every(({ ok }) => ok);
      if (json) printJson({ ok: allWell, file: read.file, checks: results });
      else {
        print(`configuration: ${read.file ?? 'from variables alone'}`);
        for (const { ok, name, detail, hint, lines = [] } of results) {
          const sign = ok ? colours.green('✓') : colours.red('✗');
          print(`${sign} ${printable(name)}: ${printable(withoutName(detail, name))}`);
          print(...lines.map((line) => `    ${printable(line)}`));
          if (hint !== undefined) print(`    ${printable(hint)}`);
        }
        const failed = results.filter(({ ok }) => !ok).length;
        print(allWell ? 'All well.' : `${failed} of ${results.length} failed.`);
      }
      return allWell ? EXIT.well : EXIT.failed;
    }),
  );
};
