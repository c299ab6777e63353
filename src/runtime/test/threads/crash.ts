/** Runs in an apartment: throws where nobody catches it. */
export default function crash(): void {
  setImmediate(() => {
    throw new Error("on purpose");
  });
}
