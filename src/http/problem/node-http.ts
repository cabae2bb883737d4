/**
 * The parts of `node:http` that the server uses. An import of the module evaluates every export, including getters that
 * load Node's own fetch and WebSocket: 2 MB of memory that the helper never uses.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
