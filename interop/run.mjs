// npm run interop [-- NAME...]: independent programs against ours. Each peer prints what it proves. A peer that is missing is installed when we are
// root on Debian, else it is a failure: nothing is skipped in silence. COMITY_PEERS=name,name narrows the run as the arguments do.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sambaDc = [
  "samba-ad-dc",
  "samba-ad-provision",
  "samba",
  "python3-samba",
  "samba-dsdb-modules",
  "samba-vfs-modules",
  "winbind",
  "ldap-utils",
  "libsasl2-modules-gssapi-mit",
  "krb5-user",
  "smbclient",
  "iproute2",
];
const storage = [
  "libgsf-bin",
  "python3-olefile",
  "msitools",
  "libreoffice-writer-nogui",
  "libreoffice-calc-nogui",
];
const peers = [
  { name: "tshark-decode", packages: ["tshark"] },
  { name: "impacket", packages: ["python3-impacket"] },
  { name: "automation", packages: ["python3-impacket"] },
  { name: "types", packages: ["python3-impacket"] },
  { name: "endpoints", packages: ["python3-impacket"] },
  { name: "smbtorture", packages: ["samba-testsuite"] },
  { name: "tshark-own", packages: ["tshark"] },
  { name: "idl-corpus", packages: ["libwine-dev"] },
  { name: "typelib-corpus", packages: ["libwine"] },
  { name: "wine-typelibs", packages: ["wine64", "gcc-mingw-w64-x86-64"] },
  { name: "ndr64", packages: ["samba-testsuite"] },
  { name: "samba-dc", packages: sambaDc },
  { name: "storage", packages: storage },
  // No peer but ourselves in numbers: 100,000 objects and 200 connections, a third of them killed.
  { name: "scale", packages: [] },
];

const wanted = process.argv.slice(2).concat((process.env.COMITY_PEERS ?? "").split(",").filter(Boolean));
const unknown = wanted.filter((name) => !peers.some((peer) => peer.name === name));
if (unknown.length > 0) {
  console.error(
    `no peer is called ${unknown.join(", ")}; there are ${peers.map((peer) => peer.name).join(", ")}`,
  );
  process.exit(2);
}
const chosen = wanted.length === 0 ? peers : peers.filter((peer) => wanted.includes(peer.name));

const missing = [...new Set(chosen.flatMap((peer) => peer.packages))].filter((name) => !installed(name));
if (missing.length > 0) install(missing);

let passed = 0;
const failed = [];
for (const peer of chosen) {
  console.log(`\n== ${peer.name}`);
  const started = performance.now();
  const code = await run(`interop/${peer.name}.mjs`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`== ${peer.name}: ${code === 0 ? "passed" : `FAILED (exit ${code})`} in ${seconds} s`);
  if (code === 0) passed++;
  else failed.push(peer.name);
}
console.log(`\n${passed} passed, ${failed.length} failed`);
if (failed.length > 0) console.error(`peers that failed: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);

function installed(name) {
  return spawnSync("dpkg", ["-s", name], { stdio: "ignore" }).status === 0;
}

function install(names) {
  if (process.getuid?.() !== 0 || spawnSync("which", ["apt-get"]).status !== 0) {
    console.error(`missing, and only root on Debian can install them here: ${names.join(" ")}`);
    process.exit(1);
  }
  console.log(`installing ${names.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...names]]) {
    const done = spawnSync("apt-get", ["-qq", ...args], { env, encoding: "utf8" });
    if (done.status !== 0) {
      console.error(`apt-get ${args.join(" ")} failed:\n${done.stdout}${done.stderr}`);
      process.exit(1);
    }
  }
}

/** A peer's script gets ten minutes; then it has hung, which is a failure. */
function run(script) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--enable-source-maps", script], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
    });
    const timer = setTimeout(() => {
      console.error(`${script} did not end within ten minutes`);
      child.kill("SIGKILL");
    }, 600_000);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? signal);
    });
  });
}
