import { Counter, Gauge, type Registry } from 'prom-client';
import type { StoreServer } from '../../store/query/store-server.ts';

/** Registers the metrics of the database server. */
export const registerStoreServer = (registry: Registry, server: StoreServer): void => {
  const failures: Counter = new Counter({
    name: 'cd_helper_store_failures_total',
    help: 'Failed queries of the database server, by kind.',
    labelNames: ['kind'],
    registers: [registry],
    collect: () => {
      failures.reset();
      for (const [kind, count] of Object.entries(server.failures())) failures.inc({ kind }, count);
    },
  });
  const connections: Gauge = new Gauge({
    name: 'cd_helper_store_connections',
    help: 'Connections to the database server in use, and queries waiting for one.',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      const { inUse, waiting } = server.connections();
      connections.set({ state: 'in-use' }, inUse);
      connections.set({ state: 'waiting' }, waiting);
    },
  });
};
