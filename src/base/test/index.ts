import "./bytes.test.ts";
import "./clock.test.ts";
import "./error.test.ts";
import "./guid.test.ts";
import "./status.test.ts";
import "./quiet-logger.test.ts";
import "./filetime.test.ts";
