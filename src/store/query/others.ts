import type { Db } from './db.ts';

/** A connection that hears the writes of other instances. */
export type Listening = {
  /** Resolves when it no longer hears anything. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

/** How an instance hears that others have written to the store. It must then read what they wrote. */
export type Others = {
  /** `heard` also receives {@link Others.call} of this instance; its argument then says so. */
  readonly listen: (heard: (isOwn: boolean) => void) => Promise<Listening>;
  /** Sends something to all listeners. */
  readonly call: () => Promise<void>;
  /** The same store, whose writes wake nobody: for heartbeats, which tell others nothing new. */
  readonly quiet: Db;
  /** Others have written, or may have: notifies all listeners for changes of the store. */
  readonly ring: () => void;
};
