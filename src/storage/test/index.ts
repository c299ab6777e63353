import "./docfile.test.ts";
import "./commit.test.ts";
import "./model.test.ts";
import "./propset.test.ts";
import "./persist.test.ts";
import "./hostile.test.ts";
import "./kill.test.ts";
