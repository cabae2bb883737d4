/** What an API token may do: read; read and decide about what waits; act. From the least to the most. */
export const ROLES = ['viewer', 'approver', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** Whether somebody with the role may do what needs the other: each role may do what those before it may. */
export const hasRole = (own: Role, needed: Role): boolean =>
  ROLES.indexOf(own) >= ROLES.indexOf(needed);
