import "./pdu.test.ts";
import "./calls.test.ts";
