import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freeAddress } from "./address.mjs";

const peers = fileURLToPath(new URL("../../../shared/peers/", import.meta.url));

/** Starts a throw-away domain controller on a loopback address of its own; it ends with this process. */
export async function startSamba() {
  if (!existsSync(`${peers}start-samba-dc.sh`)) {
    throw new Error(`there is no ${peers}start-samba-dc.sh: ../shared must lie beside the repository`);
  }
  // The DC's ports are fixed, so it needs an address on which nobody has them.
  const address = await freeAddress(10, [53, 88, 135, 389, 445]);
  const folder = mkdtempSync(join(tmpdir(), "comity-samba-"));
  process.once("exit", () => {
    shell("stop-samba-dc.sh", folder);
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  shell("start-samba-dc.sh", address, folder);
  return {
    address,
    domain: "ADTEST",
    user: "Administrator",
    password: "Passw0rd!Ad1",
    /** An account that may do nothing special, made without our help. */
    addUser: (user, password) =>
      run("samba-tool", ["user", "create", user, password, `--configfile=${folder}/etc/smb.conf`]),
  };
}

function shell(script, ...args) {
  return run("bash", [peers + script, ...args]);
}

function run(command, args) {
  // No line in /etc/hosts: names are for Kerberos.
  const env = { ...process.env, HOSTS: "0" };
  const done = spawnSync(command, args, { encoding: "utf8", env, timeout: 120_000 });
  if (done.status === 0) return done.stdout;
  const why = done.error?.message ?? `exit ${done.status}\n${done.stdout}${done.stderr}`;
  throw new Error(`${command} ${args.join(" ")}: ${why}`);
}
