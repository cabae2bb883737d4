/**
 * Draws docs/images/demo.svg from the real output of `./dev demo`: `node scripts/record-demo.ts`. Needs what the demo
 * needs: root on Linux, and a minute.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { SYSTEM_PATH } from '../sandbox/machine/child.ts';
import { drawTerminal } from './terminal-svg.ts';

const ROOT = join(import.meta.dirname, '..');
const PICTURE = join(ROOT, 'docs', 'images', 'demo.svg');
const WITHIN_MS = 300_000;
/** The rest is for people at the terminal and contains a secret, even if it no longer works. */
const END = 'Your turn';

const runDemo = async (): Promise<string> => {
  const child = spawn(process.execPath, [join(ROOT, 'sandbox', 'demo.ts')], {
    cwd: ROOT,
    env: { PATH: SYSTEM_PATH, FORCE_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) output += String(chunk);
  const status = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  if (status !== 0) throw new Error(`the demo ended with ${String(status)}`);
  return output;
};

const output = await runDemo();
const lines = output.split('\n');
const end = lines.findIndex((line) => stripVTControlCharacters(line) === END);
if (end === -1) throw new Error(`the demo says nothing of "${END}": where does its account end?`);
writeFileSync(
  PICTURE,
  drawTerminal(`\u001B[2m$\u001B[22m ./dev demo\n${lines.slice(0, end).join('\n').trim()}`, {
    title: './dev demo',
    description:
      'The demo: an image is pushed to a registry, its hook reaches the helper, both services that run the image are updated and verified, and a dry run of SmartRedeploy finds both current.',
  }),
);
console.log(`${PICTURE} is drawn`);
