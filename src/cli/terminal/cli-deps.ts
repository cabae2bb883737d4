import type { AskedPush } from './push-check.ts';
import type { ClientInputs } from '../../config/client-settings.ts';
import type { Config } from '../../config/schema/config.ts';
import type { ConfigInputs } from '../../config/load-config.ts';
import type { IncomingDelivery, ReadDelivery } from '../../core/contract/delivery.ts';
import type { RunProgress, RunRequest } from '../../core/contract/run-views.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import type { Terminal } from './terminal.ts';

/** One check of `check-config`. It ends when the signal is aborted, and never throws on purpose. */
export type ConfigCheck = {
  /** What is checked: `cluster production`, `registry docker.io`, `hook secret nexus`. */
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<CheckResult>;
};

export type CheckResult = {
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
  /** More information, one item per line. */
  readonly lines?: readonly string[];
};

export type InspectEngine = (
  url: string,
  signal: AbortSignal,
  options?: {
    /** The services to select; default: all. `pin` plans like a run with `pin`. */
    readonly selected?: Pick<RunRequest, 'services' | 'stacks' | 'images'> &
      Partial<Pick<RunRequest, 'pin'>>;
    /** Lists the repositories of services that follow tags, as SmartRedeploy does. */
    readonly listsTags?: boolean;
    readonly onProgress?: (progress: Pick<RunProgress, 'images' | 'checkedImages'>) => void;
  },
) => Promise<readonly ServiceView[]>;

/** Copied and verified rows of a store, with the count of each table that has any. */
export type CopiedRows = {
  readonly rows: number;
  readonly tables: Readonly<Record<string, number>>;
};

/** Work in a backup that was still open when the backup was made. */
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
  /** Fills the empty store of the configuration from a backup. */
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

/** What the command line needs from its caller. */
export type CliDeps = {
  readonly version: string;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Asks the person at the terminal and resolves with the typed line. Absent without a terminal. */
  readonly ask?: (question: string, signal: AbortSignal) => Promise<string>;
  /** The same, but hides what is typed. */
  readonly askSecret?: (question: string, signal: AbortSignal) => Promise<string>;
  /** Reads all of standard input, for piped input. */
  readonly readInput?: (signal: AbortSignal) => Promise<string>;
  /** Writes a file that only its owner may read. */
  readonly writePrivateFile?: (path: string, text: string) => void;
  /**
   * Writes a file that only its owner may read, completely or not at all, and never over an existing one (`EEXIST`).
   * Returns its size.
   */
  readonly saveNewFile?: (
    path: string,
    read: () => Promise<AsyncIterable<Uint8Array>>,
    onBytes: (bytes: number) => void,
  ) => Promise<number>;
  /** Returns false if there was none. */
  readonly removeFile?: (path: string) => boolean;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Where configuration and settings are read from. */
  readonly sources: Pick<ClientInputs, 'env' | 'readFile' | 'modeOf'> &
    Pick<ConfigInputs, 'senders'>;
  /** Runs the helper until the signal is aborted. Returns the exit status. */
  readonly serve: (config: Config, signal: AbortSignal) => Promise<number>;
  readonly checks: (
    config: Config,
    /** If given: adds for each cluster what this push would do. */
    push: AskedPush | null,
  ) => readonly ConfigCheck[] | Promise<readonly ConfigCheck[]>;
  /** Inspects an engine without a helper. Changes nothing there. */
  readonly inspectEngine: InspectEngine;
  /**
   * How the senders parse a captured webhook. No secret is shown and no signature is checked. `registry` is for
   * senders that name none.
   */
  readonly explain?: (delivery: IncomingDelivery, registry: string | null) => ReadDelivery<unknown>;
  /** Tools for a store that no helper has open. */
  readonly stores?: StoreTools;
  /** Pause between two reads of something in progress, in ms. */
  readonly pollMs?: number;
};
