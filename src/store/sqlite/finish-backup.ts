import Database from 'better-sqlite3';

/**
 * Empties the given tables of a backup's file, which no backup keeps, and leaves a single file that can be read from
 * read-only media. It is on the disk when this returns.
 */
export const finishBackup = (file: string, tables: readonly string[]): void => {
  const database = new Database(file);
  try {
    // Overwrites removed data instead of only unlinking it.
    database.pragma('secure_delete = ON');
    const remove = database.transaction(() => {
      for (const table of tables) {
        const isThere = database
          .prepare(`select 1 from main.sqlite_master where type = 'table' and name = ?`)
          .get(table);
        if (isThere !== undefined) database.exec(`delete from main.${table}`);
      }
    });
    remove();
    database.pragma('journal_mode = DELETE');
  } finally {
    database.close();
  }
};
