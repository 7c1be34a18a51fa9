// The one door to libphonenumber, which is C++: what Swift asks of it, and nothing else.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a number is. Numbers stay inside the shim, as do the library's own.
typedef enum {
    CPHONE_MOBILE,              // also where the country's plan can't tell it from a landline
    CPHONE_LANDLINE,
    CPHONE_TOLL_FREE,
    CPHONE_PREMIUM_RATE,
    CPHONE_SHARED_COST,
    CPHONE_VOIP,
    CPHONE_PERSONAL,
    CPHONE_PAGER,
    CPHONE_COMPANY,             // one number of an organisation, wherever it answers
    CPHONE_VOICEMAIL,
    CPHONE_UNASSIGNED,          // as long as a mobile number there, but none that exists
    CPHONE_TOO_SHORT,           // for a mobile number there
    CPHONE_TOO_LONG,
    CPHONE_NO_NUMBER,
    CPHONE_NO_SUCH_COUNTRY,     // the country code is nobody's
} cphone_kind;

typedef struct {
    cphone_kind kind;
    int32_t country_code;       // 31; 0 where there is none
    char region[4];             // "NL"; empty where the number is no country's
    char e164[20];              // "+31612345678"; a plus and at most 15 digits
} cphone_number;

/// Reads "+" and digits, or the digits that are dialled in `region` ("NL").
///
/// The first call of the process reads the numbering plans of all countries, about 10 ms; any thread
/// may call at any time.
cphone_number cphone_read(const char *digits, const char *region);

/// The main country of a country code: 31 becomes "NL". False where it has none.
int cphone_region(int32_t country_code, char region[4]);

/// The country code of a country: "NL" becomes 31; 0 where there is no such country.
int32_t cphone_country_code(const char *region);

#ifdef __cplusplus
}
#endif
