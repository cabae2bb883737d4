/** What an API token may do: read; read and decide about what waits; act. In ascending order. */
export const ROLES = ['viewer', 'approver', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** Whether a role includes another. Each role may do everything that the roles before it may do. */
export const hasRole = (own: Role, needed: Role): boolean =>
  ROLES.indexOf(own) >= ROLES.indexOf(needed);
