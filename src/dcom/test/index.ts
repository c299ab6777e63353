import "./objref.test.ts";
import "./orpc.test.ts";
