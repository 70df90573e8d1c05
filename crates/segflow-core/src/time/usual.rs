//! Instants and dates in the form that nearly every text has, written and read digit by digit: a change has half a dozen of
//! them, an event two. Texts of other forms, and years of other lengths, are left to the calendar library.
//!
//! The arithmetic is that of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
//! <https://howardhinnant.github.io/date_algorithms.html>.

/// The days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
/// The days of 400 years.
const ERA_DAYS: i64 = 146_097;
const DAY_MS: i64 = 86_400_000;
/// 0000-01-01 and 9999-01-01, in days since 1970-01-01: years between them have four digits.
const FOUR_DIGITS: std::ops::Range<i64> = -719_528..2_932_532;
/// The years of inputs.
const YEARS: std::ops::Range<i64> = 1900..2200;

/// `YYYY-MM-DD`.
pub(super) fn date_text(days: i64) -> Option<[u8; 10]> {
    let mut text = *b"0000-00-00";
    let (year, month, day) = civil(FOUR_DIGITS.contains(&days).then_some(days)?);
    write(&mut text[..4], year);
    write(&mut text[5..7], month);
    write(&mut text[8..], day);
    Some(text)
}

/// `YYYY-MM-DDThh:mm:ss.mmmZ`.
pub(super) fn instant_text(ms: i64) -> Option<[u8; 24]> {
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let time = ms.rem_euclid(DAY_MS);
    text[..10].copy_from_slice(&date_text(ms.div_euclid(DAY_MS))?);
    write(&mut text[11..13], time / 3_600_000);
    write(&mut text[14..16], time / 60_000 % 60);
    write(&mut text[17..19], time / 1_000 % 60);
    write(&mut text[20..23], time % 1_000);
    Some(text)
}

/// The days since 1970-01-01 of a text `YYYY-MM-DD`.
pub(super) fn date(text: &[u8]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
    let (year, month, day) = (read(&[y1, y2, y3, y4])?, read(&[m1, m2])?, read(&[d1, d2])?);
    if !YEARS.contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let days = days(year, month, day);
    (civil(days) == (year, month, day)).then_some(days)
}

/// The milliseconds since 1970-01-01 of a text `YYYY-MM-DDThh:mm:ssZ`, with or without milliseconds.
pub(super) fn instant(text: &[u8]) -> Option<i64> {
    let (date_text, time) = text.split_at_checked(10)?;
    let ([b'T', h1, h2, b':', m1, m2, b':', s1, s2], rest) = time.split_first_chunk()? else { return None };
    let (hour, minute, second) = (read(&[*h1, *h2])?, read(&[*m1, *m2])?, read(&[*s1, *s2])?);
    let ms = match rest {
        b"Z" => 0,
        [b'.', a, b, c, b'Z'] => read(&[*a, *b, *c])?,
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(date(date_text)? * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1_000 + ms)
}

/// The year, month and day of some days since 1970-01-01.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, turned) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + turned, month, day)
}

/// The days since 1970-01-01 of a date. A day that its month does not have is one of the next month.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    era * ERA_DAYS + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 - EPOCH_DAYS
}

/// Writes a number with leading zeros.
fn write(text: &mut [u8], mut number: i64) {
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789"[number.unsigned_abs() as usize % 10];
        number /= 10;
    }
}

/// The number of some digits.
fn read(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}
