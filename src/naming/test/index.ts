import "./bytes.test.ts";
import "./compose.test.ts";
