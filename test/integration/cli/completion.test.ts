import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deploymentOf, runOf, serviceOf } from '../../support/http/api-samples.ts';
import { type FakeHelper, startFakeHelper } from '../../support/program/fake-helper.ts';
import { COMPILED_CODE } from '../../support/program/compiled-code.ts';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const DEADLINE_MS = 30_000;

let folder: string;
let helper: FakeHelper;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  writeFileSync(
    join(folder, 'cd-helper'),
    `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`,
  );
  chmodSync(join(folder, 'cd-helper'), 0o755);
  helper = await startFakeHelper(({ path }) => {
    const lists: Readonly<Record<string, readonly unknown[]>> = {
      services: [
        serviceOf({ name: 'web', stack: 'shop' }),
        serviceOf({ name: 'worker', stack: 'shop' }),
        serviceOf({ name: 'api' }),
      ],
      clusters: [{ name: 'production' }, { name: 'qa' }],
      freezes: [{ id: 'f1', reason: 'sale' }],
      deployments: [deploymentOf({ id: 'd1' })],
      deliveries: [{ id: 'h1', sender: 'docker-hub', pushes: [{ image: 'acme/web:v1' }] }],
      runs: [runOf({ id: 'r1' })],
    };
    return { body: { items: lists[path.slice('/api/v1/'.length)] ?? [], next: null } };
  });
});
afterAll(async () => {
  await helper[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** What bash offers for the last of these words, with the script that the program prints. */
const offered = async (words: readonly string[], url = helper.url): Promise<readonly string[]> => {
  const script = `
source <(cd-helper completion bash)
complete -p cd-helper >/dev/null || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_cd_helper
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['-c', script, 'bash', 'cd-helper', ...words], {
    env: {
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      CD_HELPER_URL: url,
      ...COMPILED_CODE,
    },
    timeout: DEADLINE_MS,
  });
  return stdout.split('\n').filter((line) => line !== '');
};

it.each<[readonly string[], readonly string[]]>([
  [['sta'], ['status']],
  [
    ['hook', ''],
    ['url', 'send', 'explain'],
  ],
  [
    ['status', '--ver'],
    ['--verdict', '--version'],
  ],
  [['status', '--verdict', 'p'], ['pinned']],
  [
    ['status', 'w'],
    ['web', 'worker'],
  ],
  [['services', 'a'], ['api']],
  [
    ['redeploy', ''],
    ['web', 'worker', 'api'],
  ],
  [['redeploy', 'web', ''], []],
  [
    ['redeploy', '--cluster', ''],
    ['production', 'qa'],
  ],
  [['redeploy', '--cluster', '=', 'q'], ['qa']],
  [['redeploy', '--cluster', 'qa', 'ap'], ['api']],
  [['smart-redeploy', '--stack', 's'], ['shop']],
  [['deployments', '-f', '--state', 'rol'], ['rolled-back']],
  [['thaw', ''], ['f1']],
  [['deployments', ''], ['d1']],
  [['deliveries', ''], ['h1']],
  [['runs', '--wait', ''], ['r1']],
  [['completion', 'z'], ['zsh']],
  [['hook', 'send', '--sender', 'docker'], ['docker-hub']],
  [['__'], []],
])('bash completes %j', async (words, expected) => {
  expect((await offered(words)).toSorted()).toEqual(expected.toSorted());
});

it('completes commands where no helper can be reached, and says nothing', async () => {
  expect(await offered(['status', 'w'], 'http://127.0.0.1:1')).toEqual([]);
  expect(await offered(['rol'], 'http://127.0.0.1:1')).toEqual(['rollback']);
});

it.each(['bash', 'zsh', 'fish'])(
  'prints a script for %s that its shell can read',
  async (shell) => {
    const { stdout } = await run(join(folder, 'cd-helper'), ['completion', shell]);
    expect(stdout).toContain('__complete -- ');
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, stdout);
    const isThere = await run('sh', ['-c', `command -v ${shell}`]).then(
      () => true,
      () => false,
    );
    if (isThere) await run(shell, ['-n', file]);
  },
);
