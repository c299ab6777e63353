import "./commit.test.ts";
import "./model.test.ts";
