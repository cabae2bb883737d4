import type { ClientInputs } from '../config/client-settings.ts';
import type { Config } from '../config/config.ts';
import type { ConfigInputs } from '../config/load-config.ts';
import type { IncomingDelivery, ReadDelivery } from '../core/delivery.ts';
import type { RunProgress, RunRequest, ServiceView } from '../core/views.ts';
import type { Terminal } from './terminal.ts';

/** One thing that `check-config` tries. It ends when the signal does, and never throws on purpose. */
export type ConfigCheck = {
  /** What is tried: `cluster production`, `registry docker.io`, `hook secret nexus`. */
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<CheckResult>;
};

export type CheckResult = {
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
};

export type InspectEngine = (
  url: string,
  signal: AbortSignal,
  options?: {
    /** Which services, by default all; `pin` plans as a run that pins does. */
    readonly selected?: Pick<RunRequest, 'services' | 'stacks' | 'images'> &
      Partial<Pick<RunRequest, 'pin'>>;
    readonly onProgress?: (progress: Pick<RunProgress, 'images' | 'checkedImages'>) => void;
  },
) => Promise<readonly ServiceView[]>;

/** What the command line is given by whoever wires it. */
export type CliDeps = {
  readonly version: string;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Asks the person at the terminal; resolves with the line typed. Absent where there is nobody. */
  readonly ask?: (question: string, signal: AbortSignal) => Promise<string>;
  /** The same for what nobody may see on the screen. */
  readonly askSecret?: (question: string, signal: AbortSignal) => Promise<string>;
  /** The whole of standard input, for those who pipe something in. */
  readonly readInput?: (signal: AbortSignal) => Promise<string>;
  /** Writes a file that only its owner may read. */
  readonly writePrivateFile?: (path: string, text: string) => void;
  /** False where there was none. */
  readonly removeFile?: (path: string) => boolean;
  /** Ends everything: Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Everything that configuration and settings are read from. */
  readonly sources: Pick<ClientInputs, 'env' | 'readFile' | 'modeOf'> &
    Pick<ConfigInputs, 'senders'>;
  /** Runs the helper until the signal; gives the exit status. */
  readonly serve: (config: Config, signal: AbortSignal) => Promise<number>;
  readonly checks: (config: Config) => readonly ConfigCheck[] | Promise<readonly ConfigCheck[]>;
  /** Looks at an engine without any helper; changes nothing there. */
  readonly inspectEngine: InspectEngine;
  /**
   * What the senders make of a captured hook. No secret is shown and no signature checked; `registry`
   * is taken for senders that name none.
   */
  readonly explain?: (delivery: IncomingDelivery, registry: string | null) => ReadDelivery<unknown>;
  /** Between two looks at something that is under way. */
  readonly pollMs?: number;
};
