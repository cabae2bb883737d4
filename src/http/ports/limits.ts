/** Limits per client. Times in ms, sizes in bytes. */
export const LIMITS = {
  /** Far longer than any sender's body: Docker Hub's are 1 KiB, an envelope of 50 events 60 KiB. */
  hookBody: 256 * 1024,
  /** How much of a body that is too long is read and discarded, so that the sender receives the reason. */
  discardedBody: 1024 * 1024,
  apiBody: 64 * 1024,
  /** No sender nests deeper than 10. */
  jsonDepth: 64,
  /** One segment of a path: a secret, or a name. */
  pathStep: 512,
  headerBytes: 16 * 1024,
  headerCount: 100,
  headersTimeout: 5_000,
  /** Also the longest time that a slow sender can delay a stop. */
  requestTimeout: 10_000,
  /** Longer than reverse proxies keep an idle connection by default. A shorter time would race with them. */
  keepAliveTimeout: 75_000,
  /** How often the timeouts above are checked. */
  checkInterval: 1_000,
  /** With the limits below, this keeps an anonymous flood under 64 MiB; see `connection-guard.ts`. */
  connections: 1_024,
  /** Requests of one connection that wait for their answers. */
  unanswered: 128,
  /** Assumed cost of an unanswered request besides its headers: objects of Node and Fastify, a short answer. */
  requestCost: 6 * 1024,
  heldPerConnection: 2 * 1024 * 1024,
  heldInAll: 8 * 1024 * 1024,
  /** How long a client may read nothing of its answer. */
  stalledAfter: 30_000,
  /** Longer than nearly every webhook; GitHub's are 10 to 30 KiB. Longer bodies of unproven clients are rationed. */
  shortBody: 32 * 1024,
  unprovenPerSecond: 4 * 1024 * 1024,
  /** Total of all bodies that are read while their senders are unproven. */
  unprovenBodies: 4 * 1024 * 1024,
  /** Limits for files larger than `largeAnswer` in transfer at the same time: the kernel buffers each. */
  largeAnswer: 256 * 1024,
  largeAnswers: 8,
  largePerSecond: 16 * 1024 * 1024,
  /** Connections that wait to be accepted. With Node's default of 511, a flood makes others wait a second. */
  backlog: 4_096,
  /** Delay of the answer to the last failed sign-in before an address must wait. */
  failureDelay: 1_000,
  /** A token and its JSON. */
  signInBody: 8 * 1024,
  /** Deliveries that wait for the disk. Each holds a body. */
  deliveriesUnderWay: 512,
  /**
   * An action that asks a cluster or a registry: longer than a lookup with all its retries (45 s), shorter than the
   * timeouts of proxies.
   */
  actTimeout: 55_000,
  storeProbe: 2_000,
  /** The longest wait of a query for an outcome: proxies time out after a minute or more. */
  outcomeWait: 60_000,
  /** Maximum number of waiting queries per webhook secret, and of all clients together. */
  outcomeWaitsOfSecret: 20,
  outcomeWaits: 1_000,
  /** Maximum length of a message for the holder of a webhook secret. */
  outcomeMessage: 200,
  /** How long one check of the store, or one reading of all metrics, answers all requests. */
  sharedFor: 500,
  /** Clients with an event stream at the same time. Each may use the whole buffer. */
  eventStreams: 100,
  eventStreamsOfToken: 50,
  /** Concurrent searches of the history per token, and the number that may wait. */
  searchesOfToken: 2,
  searchesWaiting: 16,
  eventsBuffered: 256 * 1024,
  /** Proxies close a connection after 30 s or more of silence. */
  eventBeat: 15_000,
} as const;
