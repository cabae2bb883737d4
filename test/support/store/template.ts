/** The schema of the template's store. */
export const TEMPLATE_SCHEMA = 'cd_helper';
/** A database with a store after all migrations. Its copies need none. */
export const TEMPLATE = 'cd_helper_template';
