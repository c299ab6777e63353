import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * The folder that holds a machine's state: what is given, else COMITY_HOME, else `comity` in the user's data folder. Two homes are two machines.
 */
export function homeFolder(given?: string, environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = given ?? environment["COMITY_HOME"];
  return chosen === undefined || chosen === "" ? defaultFolder(environment) : resolve(chosen);
}

function defaultFolder(environment: NodeJS.ProcessEnv): string {
  switch (process.platform) {
    case "win32":
      return join(environment["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "comity");
    case "darwin":
      return join(homedir(), "Library", "Application Support", "comity");
    default:
      return join(environment["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "comity");
  }
}
