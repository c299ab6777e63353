import "./pdu.test.ts";
import "./calls.test.ts";
import "./security.test.ts";
import "./epm.test.ts";
import "./ntlm.test.ts";
import "./hostile.test.ts";
import "./wire.test.ts";
import "./association.test.ts";
