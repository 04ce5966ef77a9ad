/** The code of a failed system call (`ENOENT`, ...), or nothing for other errors. */
export function errorCode(error: unknown): string | undefined {
  // Not by class: errors of Node's own modules are of another realm where tests run.
  const isCoded =
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
  return isCoded ? (error.code as string) : undefined;
}
