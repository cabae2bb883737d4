import { messageOfErrno } from '../../../config/source/errno.ts';
import { printCount } from '../../output/copied-rows.ts';
import { printable } from '../../output/cell-text.ts';
import type { Context } from '../../client/context.ts';
import { CliFailure, EXIT, wrongUse } from '../../terminal/exit-status.ts';
import type { AddCommand } from '../add-command.ts';
import { withHelp } from '../../terminal/with-help.ts';

const PATH = '/api/v1/backup';
const TYPE = 'application/vnd.sqlite3';

/** Why a file could not be written. A failure of the helper already has its message. */
const notSaved = (file: string, error: unknown): unknown => {
  if (error instanceof CliFailure || !(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EEXIST') {
    return wrongUse(`${file} exists already`, 'choose another file: a backup never overwrites one');
  }
  if (typeof error.code !== 'string' || error.code.startsWith('UND_')) {
    return new CliFailure(`the backup was interrupted (${error.message}); nothing was saved`, {
      hint: 'take it again',
      mayPass: true,
    });
  }
  return new CliFailure(`${file} could not be written: ${messageOfErrno(error)}`, {
    hint: 'choose a place with enough disk space for the whole store',
  });
};

const save = async ({ deps, api, progress }: Context, file: string): Promise<number> => {
  if (deps.saveNewFile === undefined) throw new CliFailure('no file can be written here');
  const shown = progress();
  let expected: number | null = null;
  try {
    shown.show('the helper copies its store …');
    return await deps.saveNewFile(
      file,
      async () => {
        const { bytes, content } = await api().download(PATH, TYPE);
        expected = bytes;
        return content;
      },
      (bytes) =>
        shown.show(
          `${printCount(bytes)}${expected === null ? '' : ` of ${printCount(expected)}`} bytes`,
        ),
    );
  } catch (error) {
    deps.signal.throwIfAborted();
    throw notSaved(file, error);
  } finally {
    shown.clear();
  }
};

export const addBackup: AddCommand = (program, act) => {
  const command = program
    .command('backup')
    .description('download all data of the helper as one file, while it works')
    .argument('<file>', 'a new file; only you can read it');
  withHelp(command, {
    more: `Needs an operator token without a scope. The file is a SQLite database for both kinds of
store. It contains the bodies of webhooks and the audit, so keep it like a secret. Sessions, links that were
sent in notifications, and leases are left out.`,
    json: '{"file", "bytes"}',
    examples: ['cd-helper backup cd-helper-2026-12-01.db'],
  }).action(
    act(async (context, file: string) => {
      const bytes = await save(context, file);
      if (context.json) context.printJson({ file, bytes });
      else context.print(printable(`Wrote ${file}, ${printCount(bytes)} bytes.`));
      return EXIT.well;
    }),
  );
};
