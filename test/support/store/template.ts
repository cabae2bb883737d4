/** The schema of the template's store. */
export const TEMPLATE_SCHEMA = 'cd_helper';
/** A database with a store after all migrations. Its copies need none. */
export const TEMPLATE = 'cd_helper_template';

/** Most tests do not need data to survive a crash. A test that does starts its own server. */
export const QUICK = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // Autovacuum would keep the template in use while it is copied.
  autovacuum: 'off',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
};
