/** Minimum number of events kept for clients that reconnect. The oldest are removed, `FORGOTTEN_AT_ONCE` at a time. */
export const EVENTS_KEPT = 5_000;
export const FORGOTTEN_AT_ONCE = 100;
/** Maximum number of times of verified pushes that wait to be taken. */
export const VERIFIED_KEPT = 10_000;

type EventOf = {
  readonly type: string;
  /** Field by field, in SQL. */
  readonly data: Readonly<Record<string, string>>;
  /** Where the fields come from besides the changed row. */
  readonly from?: string;
};

/** Reports a change of a table as an event, in the transaction of the change. */
const tell = (name: string, on: string, { type, data, from = '' }: EventOf): string => {
  const pairs = Object.entries(data).map(([key, value]) => `'${key}', ${value}`);
  return `CREATE TEMP TRIGGER ${name} AFTER ${on} BEGIN
    INSERT INTO events (type, data) SELECT '${type}', json_object(${pairs.join(', ')}) ${from};
  END`;
};

const DEPLOYMENT = {
  id: 'NEW.id',
  cluster: 'NEW.cluster',
  service: `json_object('id', NEW.service_id, 'name', NEW.service_name)`,
  stack: 'NEW.stack',
  image: `NEW.name || ':' || NEW.tag`,
  state: 'NEW.state',
  reason: 'NEW.reason',
};
const RUN = {
  id: 'NEW.id',
  state: 'NEW.state',
  dryRun: `json(iif(NEW.dry_run = 1, 'true', 'false'))`,
  progress: 'json(NEW.progress)',
};
const PUBLISHED = {
  image: `NEW.name || ':' || NEW.tag`,
  digest: 'NEW.digest',
  failure: 'NEW.failure',
};
const FREEZE = {
  id: 'NEW.id',
  stands: `json(iif(NEW.ended_at IS NULL, 'true', 'false'))`,
};

const CHECK_ENDED = `DELETE ON main.look_work WHEN OLD.state = 'running'`;
const PUBLISHED_ANEW =
  'UPDATE ON main.published WHEN (NEW.digest, NEW.failure) IS NOT (OLD.digest, OLD.failure)';
const DEPLOYMENT_MOVED = 'UPDATE ON main.deployments WHEN NEW.state IS NOT OLD.state';

/** Changes in the store that may change the state of a service. */
const CHANGES: readonly string[] = [
  CHECK_ENDED,
  'INSERT ON main.published',
  PUBLISHED_ANEW,
  'INSERT ON main.deployments',
  DEPLOYMENT_MOVED,
  'INSERT ON main.holds',
  'UPDATE ON main.holds',
  'INSERT ON main.freezes',
  'UPDATE ON main.freezes',
  `INSERT ON events WHEN NEW.type = 'cluster'`,
];

const TABLES: readonly string[] = [
  'PRAGMA temp_store = MEMORY',
  // The newest is never removed, so no id is used twice.
  `CREATE TEMP TABLE events (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    type TEXT NOT NULL,
    data TEXT NOT NULL
  )`,
  `CREATE TEMP TRIGGER forget_events AFTER INSERT ON events WHEN NEW.id % ${FORGOTTEN_AT_ONCE} = 0 BEGIN
    DELETE FROM events WHERE id <= NEW.id - ${EVENTS_KEPT};
  END`,
  'CREATE TEMP TABLE changes (count INTEGER NOT NULL)',
  'INSERT INTO changes VALUES (0)',
  ...CHANGES.map(
    (on, index) => `CREATE TEMP TRIGGER count_change_${index} AFTER ${on} BEGIN
    UPDATE changes SET count = count + 1;
  END`,
  ),
  `CREATE TEMP TABLE deployment_ends (
    cluster TEXT NOT NULL,
    state TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (cluster, state)
  )`,
  `CREATE TEMP TABLE verified (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster TEXT NOT NULL,
    seconds REAL NOT NULL
  )`,
  `CREATE TEMP TRIGGER forget_verified AFTER INSERT ON verified BEGIN
    DELETE FROM verified WHERE id = NEW.id - ${VERIFIED_KEPT};
  END`,
  `CREATE TEMP TRIGGER count_deployment_end AFTER UPDATE ON main.deployments
    WHEN NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL BEGIN
    INSERT INTO deployment_ends (cluster, state, count) VALUES (NEW.cluster, NEW.state, 1)
      ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO verified (cluster, seconds)
      SELECT NEW.cluster, (NEW.ended_at - min(deliveries.received_at)) / 1000.0
      FROM triggers JOIN deliveries ON deliveries.id = triggers.source
      WHERE triggers.deployment_id = NEW.id AND triggers.kind = 'hook' AND NEW.state = 'succeeded'
      HAVING min(deliveries.received_at) IS NOT NULL;
  END`,
];

const TELLERS: readonly string[] = [
  tell('tell_delivery', 'INSERT ON main.deliveries', {
    type: 'delivery',
    data: {
      id: 'NEW.id',
      sender: 'NEW.sender',
      duplicateOf: 'NEW.duplicate_of',
      ignored: `json(iif(NEW.counted = 1, 'false', 'true'))`,
    },
  }),
  tell(
    'tell_push',
    `UPDATE ON main.push_results
      WHEN (NEW.state, NEW.outcome, NEW.detail) IS NOT (OLD.state, OLD.outcome, OLD.detail)`,
    {
      type: 'push',
      data: {
        delivery: 'delivery_id',
        cluster: 'NEW.cluster',
        image: `NEW.name || ':' || tag`,
        state: 'NEW.state',
        outcome: 'NEW.outcome',
      },
      from: 'FROM pushes WHERE id = NEW.push_id',
    },
  ),
  tell('tell_check', CHECK_ENDED, {
    type: 'check',
    data: {
      cluster: 'OLD.cluster',
      image: 'OLD.name',
    },
  }),
  tell('tell_published', 'INSERT ON main.published', { type: 'published', data: PUBLISHED }),
  tell('tell_published_anew', PUBLISHED_ANEW, { type: 'published', data: PUBLISHED }),
  tell('tell_deployment', 'INSERT ON main.deployments', { type: 'deployment', data: DEPLOYMENT }),
  tell('tell_deployment_state', DEPLOYMENT_MOVED, { type: 'deployment', data: DEPLOYMENT }),
  tell('tell_step', 'INSERT ON main.deployment_steps', {
    type: 'step',
    data: { deployment: 'NEW.deployment_id', step: 'NEW.step', cluster: 'cluster', stack: 'stack' },
    from: 'FROM deployments WHERE id = NEW.deployment_id',
  }),
  tell('tell_run', 'INSERT ON main.runs', { type: 'run', data: RUN }),
  tell(
    'tell_run_progress',
    `UPDATE ON main.runs WHEN (NEW.state, NEW.progress) IS NOT (OLD.state, OLD.progress)`,
    { type: 'run', data: RUN },
  ),
  tell('tell_freeze', 'INSERT ON main.freezes', { type: 'freeze', data: FREEZE }),
  tell('tell_thaw', 'UPDATE ON main.freezes WHEN NEW.ended_at IS NOT OLD.ended_at', {
    type: 'freeze',
    data: FREEZE,
  }),
  tell('tell_action', 'INSERT ON main.actions', {
    type: 'action',
    data: {
      id: 'NEW.id',
      actor: 'NEW.actor',
      action: 'NEW.action',
      target: 'NEW.target',
    },
  }),
];

/**
 * Events and metrics for the store's one connection, in temporary tables in memory. Triggers write them in the
 * transaction of the change that they report, so neither exists without the other.
 */
export const EVENT_TRIGGERS = [...TABLES, ...TELLERS].join(';\n');
