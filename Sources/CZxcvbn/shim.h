#pragma once
// The library's header uses malloc without declaring it.
#include <stdlib.h>
#include <zxcvbn.h>
