import Database from 'better-sqlite3';

/**
 * Empties those tables of a backup's file of which none keeps anything, and leaves one file that can be read from a read-only place.
 * It is on the disk when this returns.
 */
export const finishBackup = (file: string, tables: readonly string[]): void => {
  const database = new Database(file);
  try {
    // What is removed is overwritten, not only forgotten.
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
