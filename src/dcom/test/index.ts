import "./objref.test.ts";
import "./orpc.test.ts";
import "./ping.test.ts";
import "./calls.test.ts";
