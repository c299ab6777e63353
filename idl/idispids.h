// The other name under which the DISPIDs of controls are included.
#include "olectl.h"
