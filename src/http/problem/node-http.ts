/**
 * What the server uses of `node:http`. An import of it evaluates every export, and among these are getters that load
 * Node's own fetch and WebSocket: 2 MB of memory for what the helper never calls.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
