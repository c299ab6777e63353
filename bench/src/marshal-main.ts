import { measureMarshaling } from "./marshal.js";

let limit = 0;
for (const row of measureMarshaling(process.argv.includes("--quick") ? 200 : 600)) {
  if (row.contender === "hand-written NDR") limit = row.perSecond;
  console.log(
    `${row.work.padEnd(26)} ${row.contender.padEnd(20)} ${Math.round(row.perSecond).toLocaleString("en").padStart(12)}/s  ${(row.perSecond / limit).toFixed(2)} of hand-written`,
  );
}
