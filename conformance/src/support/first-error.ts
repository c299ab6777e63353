/**
 * Runs a test; when it fails and its clean-up fails too, the first error is the one to see: `await using` hides it behind the last.
 */
export async function firstError(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    let first: unknown = error;
    while (isSuppressed(first)) first = first.suppressed;
    throw first;
  }
}

function isSuppressed(error: unknown): error is { readonly suppressed: unknown } {
  return error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
}
