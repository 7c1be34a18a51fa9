#include "cphonenumber.h"

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <cstring>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

template <size_t size>
void copy(const std::string &text, char (&destination)[size]) {
    if (text.size() >= size) return;
    std::memcpy(destination, text.c_str(), text.size() + 1);
}

// How it misses the length of a mobile number there, which is what it was meant to be.
cphone_kind by_length(const PhoneNumberUtil &numbers, const PhoneNumber &number) {
    switch (numbers.IsPossibleNumberForTypeWithReason(number, PhoneNumberUtil::MOBILE)) {
        case PhoneNumberUtil::TOO_SHORT: return CPHONE_TOO_SHORT;
        case PhoneNumberUtil::TOO_LONG: return CPHONE_TOO_LONG;
        // Longer than the shortest, and none of the longer ones.
        case PhoneNumberUtil::INVALID_LENGTH: return CPHONE_TOO_LONG;
        case PhoneNumberUtil::INVALID_COUNTRY_CODE: return CPHONE_NO_SUCH_COUNTRY;
        default: return CPHONE_UNASSIGNED;
    }
}

cphone_kind kind(const PhoneNumberUtil &numbers, const PhoneNumber &number) {
    switch (numbers.GetNumberType(number)) {
        case PhoneNumberUtil::MOBILE:
        case PhoneNumberUtil::FIXED_LINE_OR_MOBILE: return CPHONE_MOBILE;
        case PhoneNumberUtil::FIXED_LINE: return CPHONE_LANDLINE;
        case PhoneNumberUtil::TOLL_FREE: return CPHONE_TOLL_FREE;
        case PhoneNumberUtil::PREMIUM_RATE: return CPHONE_PREMIUM_RATE;
        case PhoneNumberUtil::SHARED_COST: return CPHONE_SHARED_COST;
        case PhoneNumberUtil::VOIP: return CPHONE_VOIP;
        case PhoneNumberUtil::PERSONAL_NUMBER: return CPHONE_PERSONAL;
        case PhoneNumberUtil::PAGER: return CPHONE_PAGER;
        case PhoneNumberUtil::UAN: return CPHONE_COMPANY;
        case PhoneNumberUtil::VOICEMAIL: return CPHONE_VOICEMAIL;
        default: return by_length(numbers, number);
    }
}

cphone_kind unread(PhoneNumberUtil::ErrorType error) {
    switch (error) {
        case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR: return CPHONE_NO_SUCH_COUNTRY;
        case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
        case PhoneNumberUtil::TOO_SHORT_NSN: return CPHONE_TOO_SHORT;
        case PhoneNumberUtil::TOO_LONG_NSN: return CPHONE_TOO_LONG;
        default: return CPHONE_NO_NUMBER;
    }
}

}  // namespace

cphone_number cphone_read(const char *digits, const char *region) {
    const PhoneNumberUtil &numbers = *PhoneNumberUtil::GetInstance();
    cphone_number result = {};
    PhoneNumber number;
    const PhoneNumberUtil::ErrorType error = numbers.Parse(digits, region, &number);
    if (error != PhoneNumberUtil::NO_PARSING_ERROR) {
        result.kind = unread(error);
        return result;
    }
    // A 0 that people dial out of habit where the country has none before its numbers.
    if (!numbers.IsValidNumber(number) && number.italian_leading_zero() &&
        number.number_of_leading_zeros() == 1) {
        PhoneNumber bare = number;
        bare.clear_italian_leading_zero();
        if (numbers.IsValidNumber(bare)) number = bare;
    }
    std::string e164;
    std::string home;
    numbers.Format(number, PhoneNumberUtil::E164, &e164);
    numbers.GetRegionCodeForNumber(number, &home);
    result.kind = kind(numbers, number);
    result.country_code = number.country_code();
    if (home.empty() || home == "ZZ") {
        numbers.GetRegionCodeForCountryCode(number.country_code(), &home);
    }
    copy(home, result.region);
    copy(e164, result.e164);
    return result;
}

int cphone_region(int32_t country_code, char region[4]) {
    std::string home;
    PhoneNumberUtil::GetInstance()->GetRegionCodeForCountryCode(country_code, &home);
    // "ZZ" is nowhere, "001" everywhere.
    if (home.size() != 2 || home == "ZZ") return 0;
    std::memcpy(region, home.c_str(), home.size() + 1);
    return 1;
}

int32_t cphone_country_code(const char *region) {
    return PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(region);
}
