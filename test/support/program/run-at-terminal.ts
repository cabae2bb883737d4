import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { COMPILED_CODE } from './compiled-code.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const WITHIN_MS = 120_000;

export type AtTerminal = {
  readonly status: number | null;
  /** Everything that the terminal received, unchanged. */
  readonly raw: string;
  /** The final content of the screen, without colours. */
  readonly screen: readonly string[];
  /** The texts on lines that were then erased. */
  readonly wiped: readonly string[];
};

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The result on a terminal of text that writes lines, returns to their start, and erases them. */
const show = (raw: string): Pick<AtTerminal, 'screen' | 'wiped'> => {
  const screen: string[] = [];
  const wiped: string[] = [];
  let line = '';
  let column = 0;
  for (const [sign, code = ''] of raw.matchAll(/(?!\n|\r)\p{Cc}\[[0-9;?]*([A-Za-z])|[^]/gu)) {
    if (code === 'K') {
      if (line !== '') wiped.push(line);
      line = '';
    } else if (code !== '') {
      // Colours, and the codes that the question uses on its own line.
    } else if (sign === '\r') {
      column = 0;
    } else if (sign === '\n') {
      screen.push(line.trimEnd());
      line = '';
      column = 0;
    } else {
      line = line.slice(0, column).padEnd(column) + sign + line.slice(column + 1);
      column += 1;
    }
  }
  return { screen: [...screen, line.trimEnd()], wiped };
};

/**
 * Runs `cd-helper …` in a real terminal with 100 columns. The environment contains only what is given. `answer` is
 * typed when it asks a question.
 */
export const runAtTerminal = (
  args: readonly string[],
  given: { readonly env?: Readonly<Record<string, string>>; readonly answer?: string } = {},
): Promise<AtTerminal> => {
  const command = [process.execPath, MAIN, ...args].map(quote).join(' ');
  const child = spawn('script', ['-qec', `stty cols 100 rows 40; ${command}`, '/dev/null'], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      TERM: 'xterm-256color',
      ...COMPILED_CODE,
      ...given.env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: WITHIN_MS,
  });
  let raw = '';
  let isAnswered = false;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    raw += text;
    if (isAnswered || given.answer === undefined || !raw.includes('[y/N]')) return;
    isAnswered = true;
    child.stdin.write(`${given.answer}\n`);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, raw, ...show(raw) }));
  });
};
