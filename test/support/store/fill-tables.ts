import Database from 'better-sqlite3';

type Column = { readonly name: string; readonly type: string; readonly notnull: number };
type Reference = { readonly table: string; readonly from: string; readonly to: string };

/** For columns that accept only a few values. */
const CHOICES: Readonly<Record<string, string>> = {
  'notification_messages.state': 'sent',
  'push_results.state': 'done',
  'look_work.state': 'pending',
  'deployments.state': 'succeeded',
  'runs.state': 'done',
};

/**
 * Writes `rows` rows to every table in the SQLite file of a store: a value in each column, JSON if the text is read as
 * JSON. Rows that refer to others use the row with the same number.
 */
export const fillTables = (file: string, rows: number): void => {
  const database = new Database(file);
  try {
    const tables = database
      .prepare<[], { name: string }>(`select name from sqlite_master where type = 'table'`)
      .all();
    database.transaction(() => {
      for (const { name } of tables) {
        database.exec(`delete from ${name}`);
      }
    })();
    database.pragma('foreign_keys = OFF');
    database.transaction(() => {
      for (const { name } of tables) fillTable(database, name, rows);
    })();
  } finally {
    database.close();
  }
};

const fillTable = (database: Database.Database, table: string, rows: number): void => {
  const columns = database.pragma(`table_info(${table})`) as readonly Column[];
  const references = database.pragma(`foreign_key_list(${table})`) as readonly Reference[];
  const names = columns.map(({ name }) => name);
  const insert = database.prepare(
    `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`,
  );
  const valueOf = (column: Column, row: number): string | number => {
    const other = references.find(({ from }) => from === column.name);
    const owner = other === undefined ? `${table}.${column.name}` : `${other.table}.${other.to}`;
    if (column.type === 'INTEGER') return row + 1;
    return CHOICES[owner] ?? `{"${owner}":"${row} ü 🚢 ' \\" \\n"}`;
  };
  for (let row = 0; row < rows; row += 1) insert.run(columns.map((one) => valueOf(one, row)));
};
