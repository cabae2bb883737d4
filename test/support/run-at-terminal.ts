import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { COMPILED_CODE } from './compiled-code.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const WITHIN_MS = 120_000;

export type AtTerminal = {
  readonly status: number | null;
  /** Everything that came over the terminal, as it came. */
  readonly raw: string;
  /** What a person has before them in the end, without colours. */
  readonly screen: readonly string[];
  /** The texts that stood on a line which was then wiped. */
  readonly wiped: readonly string[];
};

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** What a terminal makes of text that writes lines, returns to their beginning, and wipes them. */
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
      // Colours, and what the question does with its own line.
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
 * Runs `cd-helper …` at a real terminal of 100 columns, with nothing of this environment but what is
 * given; `answer` is typed once it asks a question.
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
