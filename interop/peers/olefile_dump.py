# Prints what olefile finds in compound files: one JSON object a file, the SHA-1 of each stream by its path, and the summary's texts.
import hashlib
import json
import sys

import olefile

for path in sys.argv[1:]:
    try:
        with olefile.OleFileIO(path, raise_defects=olefile.DEFECT_FATAL) as ole:
            streams = {
                "/".join(name): hashlib.sha1(ole.openstream(name).read()).hexdigest() for name in ole.listdir()
            }
            meta = ole.get_metadata()
            texts = {key: getattr(meta, key) for key in ("title", "author", "company")}
            summary = {
                key: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                for key, value in texts.items()
            }
            issues = [str(issue[1]) for issue in ole.parsing_issues]
            print(json.dumps({"path": path, "streams": streams, "summary": summary, "issues": issues}))
    except Exception as error:
        print(json.dumps({"path": path, "error": str(error)}))
