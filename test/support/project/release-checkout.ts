import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/** What the release scripts read, write and start. */
const COPIED =
  '.changeset .gitignore CHANGELOG.md Dockerfile README.md deploy docs/install.md package.json package-lock.json scripts src'.split(
    ' ',
  );

export type ReleaseCheckout = {
  readonly git: (...args: readonly string[]) => string;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
  /** Puts a command that records its calls in front of the real one. `script` is the rest of it, in sh. */
  readonly fake: (command: string, script: string) => void;
  /** How the fake commands were called, in order. */
  readonly calls: () => readonly string[];
  readonly release: (
    script: 'prepare' | 'publish',
    ...args: readonly string[]
  ) => { readonly status: number | null; readonly stdout: string; readonly stderr: string };
  readonly remove: () => void;
};

/** A copy of this checkout on main, with one commit and its own Git configuration. */
export const createReleaseCheckout = (): ReleaseCheckout => {
  const parent = mkdtempSync(join(tmpdir(), 'release-checkout-'));
  const root = join(parent, 'checkout');
  const commands = join(parent, 'commands');
  mkdirSync(commands);
  for (const name of COPIED) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const env = {
    PATH: `${commands}:${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: parent,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'tests',
    GIT_AUTHOR_EMAIL: 'tests@invalid',
    GIT_COMMITTER_NAME: 'tests',
    GIT_COMMITTER_EMAIL: 'tests@invalid',
  };
  const git = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${status}\n${stderr}`);
    return stdout.trim();
  };
  git('init', '--quiet', '--initial-branch=main');
  // Here it is a link, which the pattern for folders does not match.
  appendFileSync(join(root, '.git/info/exclude'), 'node_modules\n');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'feat: everything');
  const log = join(parent, 'calls');
  return {
    git,
    read: (file) => readFileSync(join(root, file), 'utf8'),
    write: (file, text) => writeFileSync(join(root, file), text),
    fake: (command, script) => {
      const file = join(commands, command);
      writeFileSync(file, `#!/bin/sh\necho "${command} $*" >>'${log}'\n${script}\n`);
      chmodSync(file, 0o755);
    },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    release: (script, ...args) => {
      const file = join(root, `scripts/release/${script}.ts`);
      return spawnSync(process.execPath, [file, ...args], { cwd: root, env, encoding: 'utf8' });
    },
    remove: () => rmSync(parent, { recursive: true }),
  };
};
