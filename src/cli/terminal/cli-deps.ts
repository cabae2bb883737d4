import type { AskedPush } from './push-check.ts';
import type { ClientInputs } from '../../config/client-settings.ts';
import type { Config } from '../../config/schema/config.ts';
import type { ConfigInputs } from '../../config/load-config.ts';
import type { IncomingDelivery, ReadDelivery } from '../../core/contract/delivery.ts';
import type { RunProgress, RunRequest, ServiceView } from '../../core/contract/views.ts';
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
  /** What else there is to say, one thing a line. */
  readonly lines?: readonly string[];
};

export type InspectEngine = (
  url: string,
  signal: AbortSignal,
  options?: {
    /** Which services, by default all; `pin` plans as a run that pins does. */
    readonly selected?: Pick<RunRequest, 'services' | 'stacks' | 'images'> &
      Partial<Pick<RunRequest, 'pin'>>;
    /** As SmartRedeploy does: the repositories of services that follow tags are listed. */
    readonly listsTags?: boolean;
    readonly onProgress?: (progress: Pick<RunProgress, 'images' | 'checkedImages'>) => void;
  },
) => Promise<readonly ServiceView[]>;

/** Rows of a store that were copied and verified, those of each table that has any. */
export type CopiedRows = {
  readonly rows: number;
  readonly tables: Readonly<Record<string, number>>;
};

/** What of a backup was still to be done when it was made. */
export type EndedWork = {
  readonly deployments: number;
  readonly pushes: number;
  readonly runs: number;
  readonly messages: number;
  readonly waiting: number;
};

export type StoreToolOptions = {
  readonly onProgress: (progress: {
    readonly table: string;
    readonly done: number;
    readonly total: number;
  }) => void;
  readonly signal: AbortSignal;
};

/** Each throws a `CliFailure` that says what to do. */
export type StoreTools = {
  /** Fills the empty store of the configuration with a backup. */
  readonly restore: (
    config: Config,
    file: string,
    options: StoreToolOptions,
  ) => Promise<CopiedRows & { readonly store: string; readonly ended: EndedWork }>;
  /** Copies the store of the configuration into the empty one at `to`. */
  readonly copy: (
    config: Config,
    to: string,
    options: StoreToolOptions,
  ) => Promise<CopiedRows & { readonly from: string; readonly to: string }>;
};

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
  /**
   * Writes a file that only its owner may read, whole or not at all, and never over another (`EEXIST`); gives its size.
   */
  readonly saveNewFile?: (
    path: string,
    read: () => Promise<AsyncIterable<Uint8Array>>,
    onBytes: (bytes: number) => void,
  ) => Promise<number>;
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
  readonly checks: (
    config: Config,
    /** Said for each cluster: what a push of it would do. */
    push: AskedPush | null,
  ) => readonly ConfigCheck[] | Promise<readonly ConfigCheck[]>;
  /** Looks at an engine without any helper; changes nothing there. */
  readonly inspectEngine: InspectEngine;
  /**
   * What the senders make of a captured hook. No secret is shown and no signature checked; `registry`
   * is taken for senders that name none.
   */
  readonly explain?: (delivery: IncomingDelivery, registry: string | null) => ReadDelivery<unknown>;
  /** What is done with a store that no helper has open. */
  readonly stores?: StoreTools;
  /** Between two looks at something that is under way. */
  readonly pollMs?: number;
};
