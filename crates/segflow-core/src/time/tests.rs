//! Days by the table as by the calendar; texts as the calendar library writes and reads them.

use super::*;

#[test]
fn days_are_added_by_the_table_as_by_the_calendar() {
    // An hour at midnight, half an hour, a day that was left out, a year with four changes, a zone without any.
    let names = ["America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata"];
    for zone in names.map(|name| Zone::named(name).expect("a zone")) {
        let mut plain = 0;
        for hour in (0..24 * 365 * 12).step_by(7) {
            let at = Timestamp(1_262_304_000_123 + i64::from(hour) * 3_600_000);
            for days in [1, 29, 400, -3] {
                let Some(sum) = zone.plus_plain_days(at, days) else { continue };
                assert_eq!(sum, zone.plus_days(at, days), "{} {at} {days}", zone.name());
                plain += 1;
            }
        }
        assert!(plain > 50_000, "{plain}");
    }
}

/// The first of January of a year, some days on.
fn day(year: i16, days: i32) -> Date {
    Date::of(civil::date(year, 1, 1)).plus_days(days)
}

#[test]
fn dates_are_written_and_read_as_the_library_does() {
    let near = (day(1890, 0).0..day(2210, 0).0).map(Date);
    let far = (day(-400, 0).0..day(9999, 300).0).step_by(97).map(Date);
    for date in near.chain(far) {
        let text = date.to_string();
        assert_eq!(text, date.civil().to_string());
        assert_eq!(text.parse().ok(), (1900..2200).contains(&date.civil().year()).then_some(date), "{text}");
    }
}

#[test]
fn instants_are_written_and_read_as_the_library_does() {
    let days = (day(-400, 0).0..day(9998, 0).0).step_by(41);
    let times = [0, 1, 999, 1_000, 59_999, 3_599_999, 3_600_000, 43_200_123, 86_399_999];
    for (days, time) in days.zip(times.into_iter().cycle()) {
        let at = Timestamp(i64::from(days) * 86_400_000 + time);
        let text = at.to_string();
        assert_eq!(text, format!("{:.3}", at.timestamp()));
        assert_eq!(text.parse(), Ok(at));
        assert_eq!(text.replace(".000Z", "Z").parse(), Ok(at));
    }
    assert_eq!(Timestamp(i64::MAX - 1).to_string(), format!("{:.3}", Timestamp(i64::MAX - 1).timestamp()));
}

/// The library reads or refuses each of these, but for the leap day.
#[test]
fn unusual_texts_are_left_to_the_library() {
    let instants = [
        "2026-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-05-03T24:00:00Z",
        "2026-05-03T23:59:60Z",
        "2026-05-03T23:60:00Z",
        "2026-05-03t09:30:00z",
        "2026-05-03 09:30:00Z",
        "2026-05-03T09:30Z",
        "2026-05-03T09:30:00+02:00",
        "2026-05-03T09:30:00.1Z",
        "2026-05-03T09:30:00.1239Z",
        "2026-05-03T09:30:00",
        "2026-05-03T+9:30:00Z",
        "2026-05-0éT9:30:00Z",
        "1899-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "",
    ];
    for text in instants {
        let theirs = text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp(at.as_millisecond()));
        assert_eq!(text.parse::<Timestamp>().ok(), theirs, "{text}");
    }
    for text in ["2026-02-29", "2024-02-29", "2026-13-01", "2026-04-31", "2026-00-01", "2026-01-00", "+026-01-01"] {
        assert_eq!(text.parse::<Date>().ok(), text.parse::<civil::Date>().ok().map(Date::of), "{text}");
    }
}
