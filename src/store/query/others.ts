/** A connection on which the writes of other instances are heard. */
export type Listening = {
  /** Resolves when nothing is heard any more. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

/** How an instance hears that others have written to the store. What they wrote is to be read. */
export type Others = {
  /** `heard` also hears {@link Others.call} of this instance, and then is told so. */
  readonly listen: (heard: (isOwn: boolean) => void) => Promise<Listening>;
  /** Lets all who listen hear something. */
  readonly call: () => Promise<void>;
  /** Others have written, or may have: rings whoever waits for changes of the store. */
  readonly ring: () => void;
};
