import "./create-library.test.ts";
import "./objects.test.ts";
import "./names.test.ts";
import "./type-library-marshaling.test.ts";
import "./threads.test.ts";
import "./apartments.test.ts";
import "./synchronous.test.ts";
import "./old-and-new.test.ts";
