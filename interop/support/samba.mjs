import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const peers = fileURLToPath(new URL("../../../shared/peers/", import.meta.url));

/** Starts a throw-away domain controller on a loopback address of its own; it ends with this process. */
export async function startSamba() {
  if (!existsSync(`${peers}start-samba-dc.sh`)) {
    throw new Error(`there is no ${peers}start-samba-dc.sh: ../shared must lie beside the repository`);
  }
  const address = await freeAddress();
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

/** The DC's ports are fixed, so it gets an address on which nobody has them. */
async function freeAddress() {
  for (let last = 10; last < 30; last++) {
    const address = `127.0.0.${last}`;
    const taken = await Promise.all([53, 88, 135, 389, 445].map((port) => answers(address, port)));
    if (!taken.includes(true)) return address;
  }
  throw new Error("no loopback address is free");
}

function answers(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
