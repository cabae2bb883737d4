const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** `*` stands for any part of one folder's name, `**` for any number of folders. */
const toExpression = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split(/(\*+)/)
      .map((part, index) => (index % 2 === 0 ? escape(part) : part.length > 1 ? '.*' : '[^/]*'))
      .join('')}$`,
  );

/** Whether a name such as `docker.io/acme/app` matches one of the globs; null limits nothing. */
export const createRepositoryLimit = (
  globs: readonly string[] | null,
): ((name: string) => boolean) => {
  if (globs === null) return () => true;
  const expressions = globs.map(toExpression);
  return (name) => expressions.some((expression) => expression.test(name));
};
