import type { IntakeOptions } from './accept-delivery.ts';
import { askForLook } from './insert-deliveries.ts';
import type { Statements, Write } from './write-together.ts';

/**
 * Lets every push of a delivery be looked at once more; null where there is no such delivery, else
 * how many pushes it has.
 */
export const replayDelivery = async (
  write: Write,
  options: IntakeOptions,
  id: string,
): Promise<number | null> => {
  const touched = new Set<string>();
  const { result, onDisk } = await write((statements) => {
    const found = statements.rows('select id from deliveries where id = ?', [id]);
    if (found.length === 0) return null;
    const pushes = statements.rows<{ id: number; name: string }>(
      'select id, name from pushes where delivery_id = ?',
      [id],
    );
    for (const push of pushes) {
      for (const cluster of clustersOf(statements, options, push.id)) {
        statements.run(
          `insert into push_results (push_id, cluster, name, state) values (?, ?, ?, 'waiting')
            on conflict (push_id, cluster) do update set state = 'waiting', ended_at = null`,
          [push.id, cluster, push.name],
        );
        askForLook(statements, options, { cluster, name: push.name });
        touched.add(cluster);
      }
    }
    return pushes.length;
  });
  await onDisk;
  if (touched.size > 0) options.onWork(touched);
  return result;
};

/** Those that the delivery was for; all where that was never worked out, because it was a duplicate. */
const clustersOf = (
  statements: Statements,
  options: IntakeOptions,
  push: number,
): readonly string[] => {
  const rows = statements.rows<{ cluster: string }>(
    'select cluster from push_results where push_id = ?',
    [push],
  );
  return rows.length === 0 ? options.clusters : rows.map(({ cluster }) => cluster);
};
