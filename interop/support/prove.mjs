/** Prints what a step proved, or what went wrong; answers what the step answers. What a step finds wrong ends the script. */
export async function prove(what, step) {
  const started = performance.now();
  try {
    const value = await step();
    const note = typeof value === "string" ? `: ${value}` : "";
    console.log(`ok      ${what}${note} (${Math.round(performance.now() - started)} ms)`);
    return value;
  } catch (error) {
    console.error(`FAILED  ${what}`);
    throw error;
  }
}

/** Throws `message` unless `condition` holds. */
export function expect(condition, message) {
  if (!condition) throw new Error(message);
}

/** Runs a script and ends the process: exit code 1 when the script throws. */
export async function main(script) {
  try {
    await script();
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

/** The error `promise` is rejected with. */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not refused");
}
