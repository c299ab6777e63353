import { defineClass, defineModule } from "comity";
import { Subject } from "../gen/subject.js";
import { suiteClasses } from "../suites/classes.js";
import { SubjectObject } from "./subject.js";

/** The in-process server of the subject and of the classes of the suites. */
const subjectModule: ReturnType<typeof defineModule> = defineModule({
  classes: [defineClass(Subject, SubjectObject), ...suiteClasses],
});

export default subjectModule;
