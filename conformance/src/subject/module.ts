import { defineClass, defineModule } from "comity";
import { Subject } from "../gen/subject.js";
import { SubjectObject } from "./subject.js";

/** The in-process server of the subject. */
const subjectModule: ReturnType<typeof defineModule> = defineModule({
  classes: [defineClass(Subject, SubjectObject)],
});

export default subjectModule;
