import { type Runtime, registerMessageFilter } from "../../../com/index.ts";

/** Runs in an apartment: its calls that are rejected are answered with these numbers, one after the other. */
export default function retryingFilter(_com: Runtime, answers: number[]): void {
  registerMessageFilter({ RetryRejectedCall: () => answers.shift() ?? -1 });
}
