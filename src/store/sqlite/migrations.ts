/**
 * How many of the migrations a version must know to read a store that has all of them: the others only add. A migration
 * that does more must raise this, one release later.
 */
export const READABLE_FROM = 1;

/**
 * Append-only. A released migration is never edited, and each must leave a store that the previous version can still
 * read, so that a helper can be rolled back.
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
  // Plans are no longer compressed. The column stays for the previous version, for which null means that.
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
  // When a due time was set. If that lies in the future, the clock has been set back since.
  `
  ALTER TABLE look_work ADD COLUMN set_at INTEGER;
  ALTER TABLE deployments ADD COLUMN set_at INTEGER;
  ALTER TABLE notification_messages ADD COLUMN set_at INTEGER;
  `,
  `
  ALTER TABLE checks ADD COLUMN pushes INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX check_deployments_by_deployment ON check_deployments (deployment_id);
  `,
  // The secret whose share of the backlog a check counts towards.
  `
  ALTER TABLE look_work ADD COLUMN secret TEXT;
  `,
  `
  CREATE TABLE unfit_images (
    digest TEXT PRIMARY KEY,
    platforms TEXT NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Images that ran well, to go back to. The previous version used successful deployments instead, and `proven` stays
  // for it.
  `
  CREATE TABLE good_images (
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    name TEXT,
    ran_at INTEGER NOT NULL,
    converged_at INTEGER,
    good_at INTEGER,
    why TEXT,
    check_at INTEGER,
    PRIMARY KEY (cluster, service_id, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX good_images_to_check ON good_images (cluster, check_at) WHERE check_at IS NOT NULL;
  INSERT INTO good_images (cluster, service_id, digest, name, ran_at, converged_at, good_at)
    SELECT cluster, service_id, to_digest, max(name), max(ended_at), max(ended_at), max(ended_at)
    FROM deployments
    WHERE state = 'succeeded' AND to_digest IS NOT NULL AND ended_at IS NOT NULL
    GROUP BY cluster, service_id, to_digest;
  INSERT INTO good_images (cluster, service_id, digest, ran_at, converged_at, good_at)
    SELECT cluster, service_id, digest, proven_at, proven_at, proven_at FROM proven WHERE true
    ON CONFLICT DO UPDATE SET ran_at = max(ran_at, excluded.ran_at);
  `,
  `
  CREATE TABLE told_health (
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    incident TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (cluster, service_id, kind)
  ) STRICT, WITHOUT ROWID;
  `,
  // When a repository was last checked on a cluster. This decides whether a webhook belongs to a burst.
  `
  CREATE TABLE repositories (
    cluster TEXT NOT NULL,
    name TEXT NOT NULL,
    last_check_at INTEGER NOT NULL,
    PRIMARY KEY (cluster, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX repositories_by_age ON repositories (last_check_at);
  `,
  // Null if an earlier version queued it. Earlier versions moved no service to another tag.
  `
  ALTER TABLE deployments ADD COLUMN from_tag TEXT;
  ALTER TABLE holds ADD COLUMN tag TEXT;
  ALTER TABLE good_images ADD COLUMN tag TEXT;
  CREATE INDEX deployments_moved ON deployments (cluster, id) WHERE from_tag != tag;
  `,
  `
  ALTER TABLE deployments ADD COLUMN environment_url TEXT;
  CREATE TABLE forge_ends (
    deployment_id TEXT PRIMARY KEY REFERENCES deployments (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE forge_sources (
    image TEXT PRIMARY KEY,
    forge TEXT NOT NULL,
    repository TEXT NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE forge_reports (
    id TEXT PRIMARY KEY,
    forge TEXT NOT NULL,
    repository TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    ref TEXT,
    environment TEXT NOT NULL,
    state TEXT NOT NULL,
    description TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    environment_url TEXT,
    change INTEGER NOT NULL DEFAULT 0,
    remote_id TEXT,
    remote_url TEXT,
    delivery TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    set_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    changed_at INTEGER NOT NULL,
    UNIQUE (forge, repository, commit_sha, environment)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX forge_reports_waiting ON forge_reports (forge, run_at) WHERE delivery = 'waiting';
  CREATE INDEX forge_reports_by_age ON forge_reports (changed_at);
  CREATE TABLE forge_deployments (
    deployment_id TEXT PRIMARY KEY REFERENCES deployments (id) ON DELETE CASCADE,
    report_id TEXT NOT NULL REFERENCES forge_reports (id) ON DELETE CASCADE,
    commit_url TEXT NOT NULL,
    compare_url TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX forge_deployments_by_report ON forge_deployments (report_id);
  `,
  `
  ALTER TABLE forge_deployments ADD COLUMN pull_request_url TEXT;
  `,
  // Gates: when each digest of a tag was first seen, and what waits. A digest seen earlier gets the time of its check.
  `
  CREATE TABLE seen_digests (
    name TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    appeared_at INTEGER NOT NULL,
    gone_at INTEGER,
    PRIMARY KEY (name, tag, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_digests_by_age ON seen_digests (appeared_at);
  INSERT INTO seen_digests (name, tag, digest, first_seen_at, appeared_at)
    SELECT name, tag, digest, checked_at, checked_at FROM published WHERE digest IS NOT NULL;
  CREATE TABLE waiting (
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    service_name TEXT NOT NULL,
    stack TEXT,
    name TEXT NOT NULL,
    from_tag TEXT NOT NULL,
    from_digest TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    spec_fingerprint TEXT NOT NULL,
    gates TEXT NOT NULL,
    since INTEGER NOT NULL,
    candidate_since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    set_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    PRIMARY KEY (cluster, service_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiting_due ON waiting (cluster, due_at);
  CREATE TABLE waiting_triggers (
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (cluster, service_id, digest, kind, source)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiting_triggers_by_age ON waiting_triggers (at);
  ALTER TABLE deployments ADD COLUMN gates TEXT;
  ALTER TABLE holds ADD COLUMN gate TEXT;
  ALTER TABLE holds ADD COLUMN gate_detail TEXT;
  `,
  // Votes for what waits, one-time links, and gate news for channels.
  `
  CREATE TABLE approval_votes (
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    spec_fingerprint TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    channel TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (cluster, service_id, digest, tag, spec_fingerprint, person)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE approval_links (
    hash TEXT PRIMARY KEY,
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    spec_fingerprint TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    channel TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX approval_links_by_age ON approval_links (expires_at);
  CREATE TABLE gate_news (
    id TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE build_facts (
    digest TEXT PRIMARY KEY,
    facts TEXT NOT NULL,
    read_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Instances and their leases. Null if an earlier version began the run.
  `
  CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT,
    epoch INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE instances (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE runs ADD COLUMN instance TEXT;
  `,
  // Services that wait at a gate, for reports to forges, and the page that a report links to.
  `
  CREATE TABLE forge_waiting (
    cluster TEXT NOT NULL,
    service_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    service_name TEXT NOT NULL,
    from_tag TEXT NOT NULL,
    from_digest TEXT NOT NULL,
    tag TEXT NOT NULL,
    gates TEXT NOT NULL,
    since INTEGER NOT NULL,
    report_id TEXT REFERENCES forge_reports (id) ON DELETE CASCADE,
    commit_url TEXT,
    compare_url TEXT,
    pull_request_url TEXT,
    ended TEXT,
    replaced_by TEXT,
    is_told INTEGER NOT NULL,
    PRIMARY KEY (cluster, service_id, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX forge_waiting_by_report ON forge_waiting (report_id);
  CREATE INDEX forge_waiting_untold ON forge_waiting (report_id) WHERE is_told = 0;
  ALTER TABLE forge_reports ADD COLUMN page TEXT;
  `,
];
