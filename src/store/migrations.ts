/**
 * How many of the migrations a version must know to read a store that has them all: the others only
 * add. To be raised, one release later, by a migration that does more.
 */
export const READABLE_FROM = 1;

/**
 * Append-only: a migration that was released is never edited, and each leaves a store that the
 * version before can still read, so that a helper which is rolled back opens it again.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    secret TEXT NOT NULL,
    address TEXT NOT NULL,
    status INTEGER NOT NULL,
    sender_delivery_id TEXT,
    duplicate_of TEXT,
    headers TEXT,
    body TEXT,
    ignored TEXT NOT NULL,
    counted INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_by_sender_id ON deliveries (sender, sender_delivery_id)
    WHERE sender_delivery_id IS NOT NULL;
  CREATE INDEX deliveries_ignored ON deliveries (id) WHERE counted = 0;

  CREATE TABLE ignored_counts (
    sender TEXT NOT NULL,
    secret TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (sender, secret, reason)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pushes (
    id INTEGER PRIMARY KEY,
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT,
    received_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX pushes_by_delivery ON pushes (delivery_id);

  CREATE TABLE push_results (
    push_id INTEGER NOT NULL REFERENCES pushes (id) ON DELETE CASCADE,
    cluster TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done')),
    outcome TEXT,
    detail TEXT,
    ended_at INTEGER,
    PRIMARY KEY (push_id, cluster)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX push_results_waiting ON push_results (cluster, name) WHERE state = 'waiting';

  CREATE TABLE look_work (
    id INTEGER PRIMARY KEY,
    cluster TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'running')),
    run_at INTEGER NOT NULL,
    asked_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
  ) STRICT;
  CREATE UNIQUE INDEX look_work_one_pending ON look_work (cluster, name) WHERE state = 'pending';
  CREATE UNIQUE INDEX look_work_one_running ON look_work (cluster, name) WHERE state = 'running';
  CREATE INDEX look_work_due ON look_work (cluster, run_at) WHERE state = 'pending';

  CREATE TABLE published (
    name TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT,
    members TEXT,
    failure TEXT,
    detail TEXT,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (name, tag)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE deployments (
    id TEXT PRIMARY KEY,
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    service_name TEXT NOT NULL,
    stack TEXT,
    name TEXT NOT NULL,
    tag TEXT NOT NULL,
    from_digest TEXT,
    to_digest TEXT,
    cause TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    queued_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    deadline_at INTEGER,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    intent TEXT,
    failure TEXT,
    build TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX deployments_one_active ON deployments (cluster, service_id)
    WHERE state IN ('updating', 'verifying');
  CREATE UNIQUE INDEX deployments_one_queued ON deployments (cluster, service_id)
    WHERE state = 'queued';
  CREATE INDEX deployments_by_service ON deployments (cluster, service_id, id);

  CREATE TABLE deployment_steps (
    id INTEGER PRIMARY KEY,
    deployment_id TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    step TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX deployment_steps_by_deployment ON deployment_steps (deployment_id);

  CREATE TABLE triggers (
    deployment_id TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (deployment_id, kind, source)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX triggers_by_source ON triggers (kind, source);

  CREATE TABLE holds (
    id TEXT PRIMARY KEY,
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    spec_fingerprint TEXT NOT NULL,
    kind TEXT NOT NULL,
    deployment_id TEXT,
    created_at INTEGER NOT NULL,
    released_at INTEGER,
    released_by TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX holds_standing ON holds (cluster, service_id) WHERE released_at IS NULL;

  CREATE TABLE proven (
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    spec_fingerprint TEXT NOT NULL,
    force_update INTEGER NOT NULL,
    proven_at INTEGER NOT NULL,
    PRIMARY KEY (cluster, service_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    origin TEXT NOT NULL,
    actor TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    dry_run INTEGER NOT NULL,
    progress TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE run_services (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    verdict TEXT NOT NULL,
    deployment_id TEXT,
    view TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE actions (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE freezes (
    id TEXT PRIMARY KEY,
    cluster TEXT,
    stack TEXT,
    service TEXT,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    until INTEGER,
    ended_at INTEGER,
    ended_by TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX freezes_standing ON freezes (id) WHERE ended_at IS NULL;

  CREATE TABLE notifications (
    deployment_id TEXT PRIMARY KEY REFERENCES deployments (id) ON DELETE CASCADE,
    ended_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE notification_messages (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    created_at INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    give_up_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    ended_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notification_messages_waiting ON notification_messages (channel, run_at)
    WHERE state = 'waiting';

  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE request_keys (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    status INTEGER,
    body TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
  ) STRICT;
  CREATE INDEX request_keys_by_age ON request_keys (created_at);
  `,
  `
  CREATE TABLE sessions (
    id_hash TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_token ON sessions (token, used_at);
  `,
  `
  CREATE TABLE run_plans (
    run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    counts TEXT NOT NULL,
    services TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE INDEX deliveries_by_secret ON deliveries (secret, received_at);
  ALTER TABLE deployments ADD COLUMN changes TEXT;
  `,
  `
  ALTER TABLE run_plans ADD COLUMN packed TEXT;
  `,
  `
  ALTER TABLE published ADD COLUMN media_type TEXT;
  `,
  // Plans are no longer packed. The column stays for the version before, which takes null for that.
  `
  UPDATE run_plans SET packed = NULL, services = (
    SELECT json_group_array(json_set(
      json_extract(packed, '$.shared[' || (value ->> 0) || ']'),
      '$.id', value ->> 1, '$.name', value ->> 2, '$.stack', value ->> 3,
      '$.replicas', json(value -> 4), '$.updatedAt', value ->> 5, '$.deployment', value ->> 6
    )) FROM json_each(packed, '$.services')
  ) WHERE packed IS NOT NULL;
  `,
  `
  CREATE TABLE checks (
    id INTEGER PRIMARY KEY,
    cluster TEXT NOT NULL,
    name TEXT NOT NULL,
    tag TEXT NOT NULL,
    checked_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE check_digests (
    check_id INTEGER NOT NULL REFERENCES checks (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    PRIMARY KEY (check_id, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX check_digests_by_digest ON check_digests (digest);
  CREATE TABLE check_services (
    check_id INTEGER NOT NULL REFERENCES checks (id) ON DELETE CASCADE,
    service_id TEXT NOT NULL,
    service_name TEXT NOT NULL,
    stack TEXT,
    verdict TEXT NOT NULL,
    reason TEXT,
    detail TEXT,
    digest TEXT,
    deployment_id TEXT,
    PRIMARY KEY (check_id, service_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE check_deployments (
    check_id INTEGER NOT NULL REFERENCES checks (id) ON DELETE CASCADE,
    deployment_id TEXT NOT NULL,
    PRIMARY KEY (check_id, deployment_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE index_members (
    member TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (member, digest)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE push_results ADD COLUMN check_id INTEGER;
  CREATE INDEX push_results_by_check ON push_results (check_id) WHERE check_id IS NOT NULL;
  CREATE INDEX pushes_by_digest ON pushes (digest) WHERE digest IS NOT NULL;
  CREATE INDEX pushes_by_image ON pushes (name, tag, received_at);
  ALTER TABLE deployments ADD COLUMN follows TEXT;
  CREATE INDEX deployments_by_target ON deployments (to_digest, id);
  `,
  `
  CREATE TABLE seen_indexes (
    digest TEXT PRIMARY KEY,
    members TEXT NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_indexes_by_age ON seen_indexes (seen_at);
  `,
  // When a due time was set: one that was set later than now was set by a clock that has been set back since.
  `
  ALTER TABLE look_work ADD COLUMN set_at INTEGER;
  ALTER TABLE deployments ADD COLUMN set_at INTEGER;
  ALTER TABLE notification_messages ADD COLUMN set_at INTEGER;
  `,
  `
  ALTER TABLE checks ADD COLUMN pushes INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX check_deployments_by_deployment ON check_deployments (deployment_id);
  `,
];
