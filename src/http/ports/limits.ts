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
  /** With everything below, this is what keeps an anonymous flood under 64 MiB; see `connection-guard.ts`. */
  connections: 1_024,
  /** Requests of one connection that wait for their answers. */
  unanswered: 128,
  /** What an unanswered request is taken to cost beside its headers: objects of Node and Fastify, a short answer. */
  requestCost: 6 * 1024,
  heldPerConnection: 2 * 1024 * 1024,
  heldInAll: 8 * 1024 * 1024,
  /** A client that takes nothing of its answer for so long. */
  stalledAfter: 30_000,
  /** Longer than nearly every webhook; GitHub's are 10 to 30 KiB. Longer bodies of unproven clients are rationed. */
  shortBody: 32 * 1024,
  unprovenPerSecond: 4 * 1024 * 1024,
  /** All bodies that are read before anything has proven their sender. */
  unprovenBodies: 4 * 1024 * 1024,
  /** Files larger than `largeAnswer` on their way at one time: the kernel buffers each. */
  largeAnswer: 256 * 1024,
  largeAnswers: 8,
  largePerSecond: 16 * 1024 * 1024,
  /** Connections that wait to be taken. With Node's default of 511 a flood makes others wait a second. */
  backlog: 4_096,
  /** Delay of the answer to the last failed sign-in before an address must wait. */
  failureDelay: 1_000,
  /** A token and what JSON adds to it. */
  signInBody: 8 * 1024,
  /** Deliveries that wait for the disk; each holds a body. */
  deliveriesUnderWay: 512,
  /** An act that asks a cluster or a registry: longer than a look-up with all its tries (45 s), less than proxies wait. */
  actTimeout: 55_000,
  storeProbe: 2_000,
  /** The longest that one question about an outcome is kept waiting: proxies give up after a minute or more. */
  outcomeWait: 60_000,
  /** Such questions that one hook secret may have waiting at one time, and all clients together. */
  outcomeWaitsOfSecret: 20,
  outcomeWaits: 1_000,
  /** Maximum length of a message for the holder of a hook secret. */
  outcomeMessage: 200,
  /** How long one probe of the store, and one reading of all metrics, answers everybody who asks. */
  sharedFor: 500,
  /** Clients that listen to events at one time; each may hold as much as is buffered for it. */
  eventStreams: 100,
  eventStreamsOfToken: 50,
  /** Searches in the history of one token at one time, and those that wait for them. */
  searchesOfToken: 2,
  searchesWaiting: 16,
  eventsBuffered: 256 * 1024,
  /** Proxies take a connection for dead after 30 s and more of silence. */
  eventBeat: 15_000,
} as const;
