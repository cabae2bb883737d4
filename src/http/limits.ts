/** What one client may cost. Times in ms, sizes in bytes. */
export const LIMITS = {
  /** The longest body of any sender by far; Docker Hub's are 1 KiB, an envelope of 50 events 60 KiB. */
  hookBody: 256 * 1024,
  /** What is read and thrown away of a body that is too long, so that the sender hears why. */
  discardedBody: 1024 * 1024,
  apiBody: 64 * 1024,
  /** No sender nests deeper than 10. */
  jsonDepth: 64,
  /** One step of a path: a secret, or a name. */
  pathStep: 512,
  headerBytes: 16 * 1024,
  headerCount: 100,
  headersTimeout: 5_000,
  /** Also the longest that one slow sender can put off a stop. */
  requestTimeout: 10_000,
  /** Longer than what reverse proxies keep an idle connection for by default would be a race with them. */
  keepAliveTimeout: 75_000,
  /** How often the time-outs above are looked after. */
  checkInterval: 1_000,
  connections: 4_096,
  /** Deliveries that wait for the disk; each holds a body. */
  deliveriesUnderWay: 512,
  /** An act that asks a cluster or a registry. */
  actTimeout: 30_000,
  storeProbe: 2_000,
  /** The longest that one question about an outcome is kept waiting: proxies give up after a minute or more. */
  outcomeWait: 60_000,
  /** Such questions that one hook secret may have waiting at one time, and all clients together. */
  outcomeWaitsOfSecret: 20,
  outcomeWaits: 1_000,
  /** Characters of a message that the holder of a hook secret is told. */
  outcomeMessage: 200,
  /** Clients that listen to events at one time; each may hold as much as is buffered for it. */
  eventStreams: 100,
  eventsBuffered: 256 * 1024,
  /** Proxies take a connection for dead after 30 s and more of silence. */
  eventBeat: 15_000,
} as const;
