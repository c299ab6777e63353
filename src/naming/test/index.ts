import "./file-path.test.ts";
import "./bytes.test.ts";
import "./compose.test.ts";
import "./bind.test.ts";
import "./parse.test.ts";
import "./own-moniker.test.ts";
import "./rot.test.ts";
import "./hostile.test.ts";
