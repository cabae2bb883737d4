import { type ClientSettings, readClientSettings } from '../../config/client-settings.ts';
import type { Config } from '../../config/schema/config.ts';
import { messageOfErrno } from '../../config/source/errno.ts';
import { loadConfig } from '../../config/load-config.ts';
import { formatProblems } from '../../config/source/problem.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { CliDeps } from '../terminal/cli-deps.ts';
import { type Colours, createColours } from '../output/colours.ts';
import { CliFailure, wrongUse } from '../terminal/exit-status.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import { widthOf } from '../terminal/terminal.ts';

export type GlobalOptions = {
  readonly url?: string;
  readonly token?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly color?: boolean;
};

/** What a command works with. */
export type Context = {
  readonly deps: CliDeps;
  readonly options: GlobalOptions;
  readonly colours: Colours;
  readonly json: boolean;
  /** Columns of the terminal; null if there is no terminal. */
  readonly width: number | null;
  readonly print: (...lines: readonly string[]) => void;
  readonly printJson: (value: unknown) => void;
  /** Prints to standard error: questions and warnings. */
  readonly note: (line: string) => void;
  /** A progress line, shown only on a terminal. */
  readonly progress: () => Progress;
  /** Address and token of the helper to talk to. */
  readonly client: () => ClientSettings;
  /** The helper's address, with or without a token. */
  readonly address: () => string;
  readonly api: () => ApiClient;
  /** Reads a file that the person named. */
  readonly readFile: (path: string) => string;
  readonly config: () => Config;
};

const POLL_MS = 1_000;
export const pollMsOf = (deps: CliDeps): number => deps.pollMs ?? POLL_MS;

/** Whether the terminal only prints text and understands no escape sequences. */
const isDumb = ({ sources }: CliDeps): boolean => sources.env['TERM'] === 'dumb';

/** Whether to use colours: on a terminal, unless they are turned off ({@link https://no-color.org}). */
const wantsColour = (deps: CliDeps, options: GlobalOptions): boolean =>
  options.color !== false &&
  (deps.sources.env['NO_COLOR'] ?? '') === '' &&
  !isDumb(deps) &&
  deps.stdout.isTTY === true;

export const createContext = (deps: CliDeps, options: GlobalOptions): Context => {
  const { sources, stdout, stderr } = deps;
  const json = options.json === true;
  const client = (change: GlobalOptions = {}): ClientSettings => {
    const read = readClientSettings({ ...options, ...change, ...sources });
    if (!read.ok) throw wrongUse(read.problem, read.hint);
    return read.settings;
  };
  return {
    deps,
    options,
    json,
    colours: createColours(wantsColour(deps, options) && !json),
    width: widthOf(stdout),
    print: (...lines) => {
      if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
    },
    printJson: (value) => {
      stdout.write(`${JSON.stringify(value)}\n`);
    },
    note: (line) => {
      stderr.write(`${line}\n`);
    },
    progress: () => createProgress(isDumb(deps) ? null : stderr),
    client,
    // With any token set, an unreadable profile does not matter.
    address: () => client({ token: 'any' }).url,
    api: () => createApiClient({ ...client(), signal: deps.signal }),
    readFile: (path) => {
      try {
        return sources.readFile(path);
      } catch (error) {
        throw wrongUse(`${path}: ${messageOfErrno(error)}`);
      }
    },
    config: () => {
      const loaded = loadConfig({ argvConfig: options.config, ...sources });
      if (!loaded.ok) throw new CliFailure(formatProblems(loaded.problems));
      return loaded.config;
    },
  };
};
