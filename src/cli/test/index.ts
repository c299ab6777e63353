import "./program.test.ts";
import "./account.test.ts";
import "./reg.test.ts";
import "./call.test.ts";
import "./tree.test.ts";
import "./files.test.ts";
import "./tlb.test.ts";
import "./storage.test.ts";
