import "./bytes.test.ts";
import "./compose.test.ts";
import "./bind.test.ts";
import "./parse.test.ts";
