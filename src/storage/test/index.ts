import "./docfile.test.ts";
import "./commit.test.ts";
import "./model.test.ts";
import "./propset.test.ts";
