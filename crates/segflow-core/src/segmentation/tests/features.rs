//! Every feature of the catalogue, and every way to give its parameters wrongly.

use expect_test::{Expect, expect};

use super::{check, file_with, rule};
use crate::feature::catalogue::entries;
use crate::segmentation::Segmentation;

/// A file whose rule may read `first_payment_default`.
fn complete(rule: &str) -> String {
    file_with(rule)
        .replace("  age: int\n", "  customer_since: date\n  date_of_birth: date\n")
        .replace("parameters: {", "parameters: {history_since: 2024-01-01, ")
        .replace("sensitive: [score]", "sensitive: [score, since]")
}

#[test]
fn every_feature_of_the_catalogue_can_be_read() {
    let mut types = String::new();
    for entry in entries() {
        for example in entry.examples {
            let text = format!("{}{}", entry.name, example.replace("NAME", "since"));
            let loaded = Segmentation::load("t.yaml", complete(&format!("known({text})")));
            let features = loaded.unwrap_or_else(|error| panic!("{error}")).segmentation.features;
            assert_eq!(features[1].text, text);
            types += &format!("{} {text} = {:?}\n", entry.kind.word(), features[1].feature);
        }
    }
    expect![[r#"
        money balance = Facts(Owed(Balance))
        money credit = Facts(Owed(Credit))
        money disputed.amount = Facts(Owed(DisputedAmount))
        money written_off.amount = Facts(Owed(WrittenOffAmount))
        int invoices.open = Facts(Owed(InvoicesOpen))
        money overdue.amount = Facts(Owed(OverdueAmount([])))
        money overdue.amount("LOAN") = Facts(Owed(OverdueAmount(["LOAN"])))
        money overdue.amount("LOAN", "CARD") = Facts(Owed(OverdueAmount(["LOAN", "CARD"])))
        money overdue.amount_aged(90) = Facts(Owed(OverdueAmountAged(90, None)))
        money overdue.amount_aged(31, 60) = Facts(Owed(OverdueAmountAged(31, Some(60))))
        int overdue.days = Facts(Owed(OverdueDays([])))
        int overdue.days("LOAN") = Facts(Owed(OverdueDays(["LOAN"])))
        int overdue.days("LOAN", "CARD") = Facts(Owed(OverdueDays(["LOAN", "CARD"])))
        int overdue.business_days = Facts(Owed(OverdueBusinessDays))
        int overdue.invoices = Facts(Owed(OverdueInvoices))
        int next_due.days = Facts(Owed(NextDueDays))
        money next_due.amount = Facts(Owed(NextDueAmount))
        int invoices.count("90d") = Facts(Owed(InvoicesCount(Calendar(Days(90)))))
        money invoices.sum("90d") = Facts(Owed(InvoicesSum(Calendar(Days(90)))))
        money held.amount = Facts(Owed(HeldAmount))
        money written_off.recovered("90d") = Facts(Owed(WrittenOffRecovered(Calendar(Days(90)))))
        money payments.unmatched = Facts(Owed(PaymentsUnmatched))
        int episodes("90d") = Facts(History(Episodes(Calendar(Days(90)))))
        int episode.days = Facts(History(EpisodeDays))
        int cured.days = Facts(History(CuredDays))
        int roll("90d") = Facts(History(Roll(Days(90))))
        ratio self_cure_ratio("90d") = Facts(History(SelfCureRatio(Calendar(Days(90)), None)))
        ratio self_cure_ratio("90d", "CALL") = Facts(History(SelfCureRatio(Calendar(Days(90)), Some(Call))))
        bool first_payment_default = Facts(History(FirstPaymentDefault))
        int payments.count("90d") = Facts(Payments(Count(Calendar(Days(90)))))
        money payments.sum("90d") = Facts(Payments(Sum(Calendar(Days(90)))))
        money payments.average("90d") = Facts(Payments(Average(Calendar(Days(90)))))
        int payments.last_days = Facts(Payments(LastDays))
        string payments.last_method = Facts(Payments(LastMethod))
        int payments.reversed("90d") = Facts(Payments(Reversed(Calendar(Days(90)))))
        int payments.failed("90d") = Facts(Payments(Failed(Calendar(Days(90)), None)))
        int payments.failed("90d", "DECLINED") = Facts(Payments(Failed(Calendar(Days(90)), Some(Declined))))
        money payments.pending = Facts(Payments(Pending))
        ratio pay_ratio("90d") = Facts(Payments(PayRatio(Calendar(Days(90)))))
        int days_late.median(6) = Facts(Payments(DaysLateMedian(6)))
        int days_late.trend(6) = Facts(Payments(DaysLateTrend(6)))
        int pay_day.of_month = Facts(Payments(PayDayOfMonth))
        ratio pay_day.confidence = Facts(Payments(PayDayConfidence))
        int pay_day.next_days = Facts(Payments(PayDayNextDays))
        int pay_day.missed_days = Facts(Payments(PayDayMissedDays))
        int promises.open = Facts(Promises(Open))
        int promises.due_days = Facts(Promises(DueDays))
        int promises.kept("90d") = Facts(Promises(Kept(Calendar(Days(90)))))
        int promises.broken("90d") = Facts(Promises(Broken(Calendar(Days(90)))))
        ratio promises.kept_ratio("90d") = Facts(Promises(KeptRatio(Calendar(Days(90)))))
        int plans.open = Facts(Promises(PlansOpen))
        int plans.broken("90d") = Facts(Promises(PlansBroken(Calendar(Days(90)))))
        int plans.kept("90d") = Facts(Promises(PlansKept(Calendar(Days(90)))))
        int plans.missed = Facts(Promises(PlansMissed))
        int contacts.outbound("90d") = Facts(Contacts(Outbound(Calendar(Days(90)), None)))
        int contacts.outbound("90d", "CALL") = Facts(Contacts(Outbound(Calendar(Days(90)), Some(Call))))
        int contacts.inbound("90d") = Facts(Contacts(Inbound(Calendar(Days(90)), None)))
        int contacts.inbound("90d", "CALL") = Facts(Contacts(Inbound(Calendar(Days(90)), Some(Call))))
        ratio contacts.right_party_ratio("90d") = Facts(Contacts(RightPartyRatio(Calendar(Days(90)))))
        bool contacts.reachable("CALL") = Facts(Contacts(Reachable(Call)))
        ratio response_ratio("90d", "CALL") = Facts(Contacts(ResponseRatio(Calendar(Days(90)), Call)))
        int response_hours("90d", "CALL") = Facts(Contacts(ResponseHours(Calendar(Days(90)), Call)))
        int silent.days = Facts(Contacts(SilentDays))
        int call_headroom = Facts(Contacts(CallHeadroom))
        int disputes.open = Facts(Disputes(Open))
        ratio dispute_ratio("90d") = Facts(Disputes(Ratio(Calendar(Days(90)))))
        int disputes.rejected("90d") = Facts(Disputes(Rejected(Calendar(Days(90)))))
        int disputes.resolved_days = Facts(Disputes(ResolvedDays))
        int customer.days = Facts(Customer(Days))
        int days_since(profile.since) = Facts(Customer(DaysSince(AttributeIndex(5))))
        int days_until(profile.since) = Facts(Customer(DaysUntil(AttributeIndex(5))))
        int days_until_anniversary(profile.since) = Facts(Customer(DaysUntilAnniversary(AttributeIndex(5))))
        bool today.business = Facts(Customer(TodayBusiness))
        int today.month = Facts(Customer(TodayMonth))
        int today.day = Facts(Customer(TodayDay))
        int today.weekday = Facts(Customer(TodayWeekday))
        string segment("guard") = Membership(Segment(DimensionIndex(0)))
        int segment.days("guard") = Membership(SegmentDays(DimensionIndex(0)))
        int bucket("arm") = Facts(Experiment(Bucket("arm")))
    "#]]
    .assert_eq(&types);
}

#[test]
fn debt_types_are_texts() {
    rule(
        r#"overdue.amount("LOAN") > 5 && overdue.days("rent") < overdue.days"#,
        expect![[r#"And[overdue.amount("LOAN") > Money(500), overdue.days("rent") < overdue.days]"#]],
    );
    rule(r#"'overdue.days("a\"b\\c") > 5'"#, expect![[r#"overdue.days("a\"b\\c") > Int(5)"#]]);
    rule(
        "overdue.amount(LOAN) > 5",
        expect![[
            r#"t.yaml:24:30: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `LOAN`: write `overdue.amount("LOAN") > 5`"#
        ]],
    );
    rule(
        "overdue.amount() > 5",
        expect![[
            r#"t.yaml:24:15: `overdue.amount` takes nothing, or debt types: write `overdue.amount` or `overdue.amount("LOAN")` or `overdue.amount("LOAN", "CARD")`"#
        ]],
    );
    rule(
        "overdue.amount(5) > 5",
        expect![[
            r#"t.yaml:24:30: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `5`; what has been overdue for at least 5 days is `overdue.amount_aged(5)`"#
        ]],
    );
    rule(
        "overdue.days(\"\") > 5",
        expect![[r#"t.yaml:24:28: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `""`"#]],
    );
    rule("overdue.days(\"LOAN\", \"RENT\") > 5", expect![[r#"overdue.days("LOAN", "RENT") > Int(5)"#]]);
    rule(
        "overdue.invoices(\"LOAN\") > 5",
        expect![["t.yaml:24:15: `overdue.invoices` takes no arguments: write `overdue.invoices`"]],
    );
    rule(
        &format!("overdue.days(\"{}\") in [5]", "d".repeat(257)),
        expect![[
            r#"t.yaml:24:28: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd..."`"#
        ]],
    );
    let longest = format!("overdue.days(\"{}\") in [5]", "d".repeat(256));
    check(&file_with(&longest), expect![["fine"]]);
}

#[test]
fn failures_are_counted_by_their_code() {
    rule(
        r#"payments.failed("90d") >= 2 || payments.failed("30d", "MANDATE_CANCELLED") > 0"#,
        expect![[r#"Or[payments.failed("90d") >= Int(2), payments.failed("30d", "MANDATE_CANCELLED") > Int(0)]"#]],
    );
    rule(
        "payments.failed > 0",
        expect![[
            r#"t.yaml:24:15: `payments.failed` takes a window, and perhaps a failure code: write `payments.failed("90d")` or `payments.failed("90d", "DECLINED")`"#
        ]],
    );
    rule(
        "payments.failed() > 0",
        expect![[
            r#"t.yaml:24:15: `payments.failed` takes a window, and perhaps a failure code: write `payments.failed("90d")` or `payments.failed("90d", "DECLINED")`"#
        ]],
    );
    rule(
        "payments.failed(\"DECLINED\") > 0",
        expect![[
            r#"t.yaml:24:31: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"DECLINED"`"#
        ]],
    );
    rule(
        "payments.failed(\"90d\", \"DECLINE\") > 0",
        expect![[
            r#"t.yaml:24:38: expected a failure code (`INSUFFICIENT_FUNDS`, `MANDATE_CANCELLED`, `ACCOUNT_CLOSED`, `EXPIRED`, `DECLINED`, `OTHER`), found `"DECLINE"`; did you mean `DECLINED`?"#
        ]],
    );
    rule(
        "payments.failed(\"90d\", \"declined\") > 0",
        expect![[
            r#"t.yaml:24:38: expected a failure code (`INSUFFICIENT_FUNDS`, `MANDATE_CANCELLED`, `ACCOUNT_CLOSED`, `EXPIRED`, `DECLINED`, `OTHER`), found `"declined"`; did you mean `DECLINED`?"#
        ]],
    );
    rule(
        "payments.failed(\"90d\", \"BOUNCED\") > 0",
        expect![[
            r#"t.yaml:24:38: expected a failure code (`INSUFFICIENT_FUNDS`, `MANDATE_CANCELLED`, `ACCOUNT_CLOSED`, `EXPIRED`, `DECLINED`, `OTHER`), found `"BOUNCED"`"#
        ]],
    );
    rule(
        "payments.failed(\"90d\", 5) > 0",
        expect![[
            "t.yaml:24:38: expected a failure code (`INSUFFICIENT_FUNDS`, `MANDATE_CANCELLED`, `ACCOUNT_CLOSED`, `EXPIRED`, `DECLINED`, `OTHER`), found `5`"
        ]],
    );
    rule(
        "payments.failed(\"90d\", \"DECLINED\", \"EXPIRED\") > 0",
        expect![[
            r#"t.yaml:24:15: `payments.failed` takes a window, and perhaps a failure code: write `payments.failed("90d")` or `payments.failed("90d", "DECLINED")`"#
        ]],
    );
    rule(
        "payments.reversed(\"90d\", \"DECLINED\") > 0",
        expect![[r#"t.yaml:24:15: `payments.reversed` takes a window: write `payments.reversed("90d")`"#]],
    );
    rule(
        "payments.reversed > 0",
        expect![[r#"t.yaml:24:15: `payments.reversed` takes a window: write `payments.reversed("90d")`"#]],
    );
}

#[test]
fn channels_are_optional_or_not() {
    rule(
        r#"self_cure_ratio("365d") > 0.5 || self_cure_ratio("365d", "EMAIL") > 0.5 || contacts.inbound("7d", "CHAT") > 0"#,
        expect![[
            r#"Or[self_cure_ratio("365d") > Ratio(1, 2), self_cure_ratio("365d", "EMAIL") > Ratio(1, 2), contacts.inbound("7d", "CHAT") > Int(0)]"#
        ]],
    );
    rule(
        r#"contacts.reachable("CALL") && response_ratio("90d", "SMS") > 0.2 && response_hours("90d", "SMS") < 24"#,
        expect![[
            r#"And[Holds(contacts.reachable("CALL")), response_ratio("90d", "SMS") > Ratio(1, 5), response_hours("90d", "SMS") < Int(24)]"#
        ]],
    );
    rule(
        "self_cure_ratio > 0.5",
        expect![[
            r#"t.yaml:24:15: `self_cure_ratio` takes a window of days, of hours or of the calendar, and perhaps a channel: write `self_cure_ratio("90d")` or `self_cure_ratio("90d", "CALL")`"#
        ]],
    );
    rule(
        "self_cure_ratio(\"90d\", \"MAIL\") > 0.5",
        expect![[
            r#"t.yaml:24:38: expected a channel (`CALL`, `SMS`, `EMAIL`, `LETTER`, `CHAT`, `PORTAL`, `VISIT`), found `"MAIL"`; did you mean `EMAIL`?"#
        ]],
    );
    rule(
        "self_cure_ratio(\"EMAIL\", \"90d\") > 0.5",
        expect![[
            r#"t.yaml:24:31: expected a window that `self_cure_ratio` takes, from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", found `"EMAIL"`"#
        ]],
    );
    rule(
        "response_ratio(\"90d\") > 0.5",
        expect![[
            r#"t.yaml:24:15: `response_ratio` takes a window and a channel: write `response_ratio("90d", "CALL")`"#
        ]],
    );
    rule(
        "response_ratio(\"90d\", \"CAL\") > 0.5",
        expect![[
            r#"t.yaml:24:37: expected a channel (`CALL`, `SMS`, `EMAIL`, `LETTER`, `CHAT`, `PORTAL`, `VISIT`), found `"CAL"`; did you mean `CALL`?"#
        ]],
    );
    rule(
        "response_ratio(\"731d\", \"CALL\") > 0.5",
        expect![[
            r#"t.yaml:24:30: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"731d"`, which needs the parameter `horizon: 731d`"#
        ]],
    );
    rule(
        "response_hours(\"CALL\") > 5",
        expect![[
            r#"t.yaml:24:15: `response_hours` takes a window and a channel: write `response_hours("90d", "CALL")`"#
        ]],
    );
    rule(
        "response_hours(\"90d\", CALL) > 5",
        expect![[
            r#"t.yaml:24:37: expected a channel (`CALL`, `SMS`, `EMAIL`, `LETTER`, `CHAT`, `PORTAL`, `VISIT`), found `CALL`: write `response_hours("90d", "CALL") > 5`"#
        ]],
    );
    rule(
        "contacts.reachable",
        expect![[r#"t.yaml:24:15: `contacts.reachable` takes a channel: write `contacts.reachable("CALL")`"#]],
    );
    rule(
        "contacts.reachable()",
        expect![[r#"t.yaml:24:15: `contacts.reachable` takes a channel: write `contacts.reachable("CALL")`"#]],
    );
    rule(
        "contacts.reachable(\"PHONE\")",
        expect![[
            r#"t.yaml:24:34: expected a channel (`CALL`, `SMS`, `EMAIL`, `LETTER`, `CHAT`, `PORTAL`, `VISIT`), found `"PHONE"`"#
        ]],
    );
    rule(
        "contacts.reachable(\"90d\", \"CALL\")",
        expect![[r#"t.yaml:24:15: `contacts.reachable` takes a channel: write `contacts.reachable("CALL")`"#]],
    );
    rule(
        "contacts.reachable(\"CALL\") > 0",
        expect![[r#"t.yaml:24:44: expected `true` or `false`, since `contacts.reachable("CALL")` is bool, found `0`"#]],
    );
    rule(
        "contacts.right_party_ratio(\"90d\", \"CALL\") > 0.5",
        expect![[
            r#"t.yaml:24:15: `contacts.right_party_ratio` takes a window: write `contacts.right_party_ratio("90d")`"#
        ]],
    );
}

#[test]
fn invoices_are_counted_from_1_to_12() {
    rule(
        "days_late.median(1) > 3 && days_late.trend(12) > 3 && days_late.trend(012) < 9",
        expect![["And[days_late.median(1) > Int(3), days_late.trend(12) > Int(3), days_late.trend(12) < Int(9)]"]],
    );
    rule(
        "days_late.median > 3",
        expect![[
            "t.yaml:24:15: `days_late.median` takes a number of invoices from 1 to 12: write `days_late.median(6)`"
        ]],
    );
    rule(
        "days_late.median() > 3",
        expect![[
            "t.yaml:24:15: `days_late.median` takes a number of invoices from 1 to 12: write `days_late.median(6)`"
        ]],
    );
    rule(
        "days_late.median(0) > 3",
        expect![["t.yaml:24:32: expected a whole number of invoices from 1 to 12, found `0`"]],
    );
    rule(
        "days_late.median(13) > 3",
        expect![["t.yaml:24:32: expected a whole number of invoices from 1 to 12, found `13`"]],
    );
    rule(
        "days_late.median(-1) > 3",
        expect![["t.yaml:24:32: expected a whole number of invoices from 1 to 12, found `-1`"]],
    );
    rule(
        "days_late.trend(6.0) > 3",
        expect![["t.yaml:24:31: expected a whole number of invoices from 1 to 12, found `6.0`"]],
    );
    rule(
        "days_late.trend(\"6\") > 3",
        expect![[r#"t.yaml:24:31: expected a whole number of invoices from 1 to 12, found `"6"`"#]],
    );
    rule(
        "days_late.trend(\"90d\") > 3",
        expect![[r#"t.yaml:24:31: expected a whole number of invoices from 1 to 12, found `"90d"`"#]],
    );
    rule(
        "days_late.trend(3, 6) > 3",
        expect![[
            "t.yaml:24:15: `days_late.trend` takes a number of invoices from 1 to 12: write `days_late.trend(6)`"
        ]],
    );
    rule(
        "days_late.trend(99999999999999999999) > 3",
        expect![["t.yaml:24:31: expected a whole number of invoices from 1 to 12, found `99999999999999999999`"]],
    );
    rule(
        "days_late.trend(2 + 1) > 3",
        expect![["t.yaml:24:33: expected a whole number of invoices from 1 to 12, found arithmetic (`+`)"]],
    );
    rule(
        "days_late.mean(3) > 3",
        expect![["t.yaml:24:15: unknown feature `days_late.mean`; did you mean `days_late.median`?"]],
    );
}

#[test]
fn days_since_and_until_are_of_declared_dates() {
    rule(
        "days_since(profile.since) > 365 && days_until(profile.since) < 30",
        expect![["And[days_since(profile.since) > Int(365), days_until(profile.since) < Int(30)]"]],
    );
    rule(
        "days_since > 365",
        expect![[
            "t.yaml:24:15: `days_since` takes a declared attribute of type date: write `days_since(profile.NAME)`"
        ]],
    );
    rule(
        "days_since() > 365",
        expect![[
            "t.yaml:24:15: `days_since` takes a declared attribute of type date: write `days_since(profile.NAME)`"
        ]],
    );
    rule(
        "days_since(\"2026-01-01\") > 365",
        expect![[
            r#"t.yaml:24:26: expected a declared attribute of type date, as in `profile.NAME`, found `"2026-01-01"`"#
        ]],
    );
    rule(
        "days_since(since) > 365",
        expect![[
            "t.yaml:24:26: expected a declared attribute of type date, as in `profile.NAME`, found `since`; did you mean `profile.since`?"
        ]],
    );
    rule(
        "days_since(profile.sinze) > 365",
        expect![[
            "t.yaml:24:26: expected an attribute that `attributes` declares, found `profile.sinze`; did you mean `since`?"
        ]],
    );
    rule(
        "days_since(profile.score) > 365",
        expect![[
            "t.yaml:24:26: expected a declared attribute of type date, as in `profile.NAME`, found `profile.score`, which is int"
        ]],
    );
    rule(
        "days_since(profile.since()) > 365",
        expect![["t.yaml:24:26: an attribute takes no arguments: write `profile.since`"]],
    );
    rule(
        "days_since(balance) > 365",
        expect![["t.yaml:24:26: expected a declared attribute of type date, as in `profile.NAME`, found `balance`"]],
    );
    rule(
        "days_until(profile.since, profile.since) > 365",
        expect![[
            "t.yaml:24:15: `days_until` takes a declared attribute of type date: write `days_until(profile.NAME)`"
        ]],
    );
    rule(
        "days_until(profile.since > 3) > 365",
        expect![[
            "t.yaml:24:40: expected a declared attribute of type date, as in `profile.NAME`, found a truth value"
        ]],
    );
    check(
        &complete("days_since(profile.date_of_birth) > 6570"),
        expect![[
            "t.yaml:25:26: `date_of_birth` is a protected characteristic: a segmentation that reads it must list it under `protected`"
        ]],
    );
    let owned =
        complete("days_since(profile.date_of_birth) > 6570").replace("protected: [", "protected: [date_of_birth, ");
    check(&owned, expect![["fine"]]);
}

#[test]
fn experiments_have_names() {
    rule(
        "bucket(\"arm\") < 50 && bucket(\"arm 2\") in [0, 99]",
        expect![[r#"And[bucket("arm") < Int(50), bucket("arm 2") in [Int(0), Int(99)]]"#]],
    );
    rule("bucket < 50", expect![[r#"t.yaml:24:15: `bucket` takes the name of an experiment: write `bucket("arm")`"#]]);
    rule(
        "bucket() < 50",
        expect![[r#"t.yaml:24:15: `bucket` takes the name of an experiment: write `bucket("arm")`"#]],
    );
    rule(
        "bucket(\"\") < 50",
        expect![[
            r#"t.yaml:24:22: expected the name of an experiment, a text of 1 to 64 bytes such as "arm", found `""`"#
        ]],
    );
    rule(
        "bucket(arm) < 50",
        expect![[
            r#"t.yaml:24:22: expected the name of an experiment, a text of 1 to 64 bytes such as "arm", found `arm`: write `bucket("arm") < 50`"#
        ]],
    );
    rule(
        "bucket(5) < 50",
        expect![[
            r#"t.yaml:24:22: expected the name of an experiment, a text of 1 to 64 bytes such as "arm", found `5`"#
        ]],
    );
    rule(
        "bucket(\"arm\", \"b\") < 50",
        expect![[r#"t.yaml:24:15: `bucket` takes the name of an experiment: write `bucket("arm")`"#]],
    );
    rule(
        "bucket(\"arm\") < 0.5",
        expect![[r#"t.yaml:24:31: expected a whole number such as 30, since `bucket("arm")` is int, found `0.5`"#]],
    );
    check(&file_with(&format!("bucket(\"{}\") < 50", "\u{e9}".repeat(32))), expect![["fine"]]);
    rule(
        &format!("bucket(\"{}\") < 50", "e".repeat(65)),
        expect![[
            r#"t.yaml:24:22: expected the name of an experiment, a text of 1 to 64 bytes such as "arm", found `"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee..."`"#
        ]],
    );
}

#[test]
fn the_first_payment_needs_a_known_beginning() {
    let with =
        |from: &str, to: &str, expect: Expect| check(&complete("first_payment_default").replace(from, to), expect);
    with("", "", expect![["fine"]]);
    with(
        "history_since: 2024-01-01, ",
        "",
        expect![[
            "t.yaml:25:15: `first_payment_default` needs the parameter `history_since`: write `parameters: {history_since: 2024-01-01}`"
        ]],
    );
    with(
        "  customer_since: date\n",
        "",
        expect![[
            "t.yaml:24:15: `first_payment_default` needs the attribute `customer_since`: write `attributes: {customer_since: date}`"
        ]],
    );
    with(
        "customer_since: date",
        "customer_since: string",
        expect![[
            "t.yaml:25:15: `first_payment_default` needs the attribute `customer_since` as date, found string: write `attributes: {customer_since: date}`"
        ]],
    );
    rule(
        "first_payment_default",
        expect![[
            "t.yaml:24:15: `first_payment_default` needs the parameter `history_since`: write `parameters: {history_since: 2024-01-01}`; and the attribute `customer_since`: write `attributes: {customer_since: date}`"
        ]],
    );
    rule(
        "first_payment_default()",
        expect![["t.yaml:24:15: `first_payment_default` takes no arguments: write `first_payment_default`"]],
    );
}

#[test]
fn plain_features_take_nothing() {
    rule(
        "call_headroom == 0 && today.weekday in [6, 7] && disputed.amount < written_off.amount",
        expect![[
            "And[call_headroom == Int(0), today.weekday in [Int(6), Int(7)], disputed.amount < written_off.amount]"
        ]],
    );
    rule("call_headroom(7) > 1", expect![["t.yaml:24:15: `call_headroom` takes no arguments: write `call_headroom`"]]);
    rule("today.month() == 12", expect![["t.yaml:24:15: `today.month` takes no arguments: write `today.month`"]]);
    rule(
        "today == 12",
        expect![
            "t.yaml:24:15: there is no `today`: dates are compared with today by `days_since(profile.NAME)` and `days_until(profile.NAME)`"
        ],
    );
    rule("today.year == 2026", expect![["t.yaml:24:15: unknown feature `today.year`; did you mean `today.day`?"]]);
    rule(
        "payments.last_method == 5",
        expect![[r#"t.yaml:24:39: a text stands in quotes: write `payments.last_method == "5"`"#]],
    );
    rule(
        "payments.last_method > \"CARD\"",
        expect![["t.yaml:24:36: expected `==`, `!=` or `in` for `payments.last_method`, which is string, found `>`"]],
    );
    rule(
        "episode.days(\"90d\") > 5",
        expect![["t.yaml:24:15: `episode.days` takes no arguments: write `episode.days`"]],
    );
    rule(
        "episodes > 1",
        expect![[
            r#"t.yaml:24:15: `episodes` takes a window of days, of hours or of the calendar: write `episodes("90d")`"#
        ]],
    );
    rule(
        "roll(\"0d\") > 0",
        expect![[
            r#"t.yaml:24:20: expected a window that `roll` takes, from "1d" to the horizon, "730d", or "month", "quarter", "year", found `"0d"`"#
        ]],
    );
    rule(
        "pay_ratio(\"90d\") == 1",
        expect![[
            r#"t.yaml:24:32: expected one of `<`, `<=`, `>`, `>=` for `pay_ratio("90d")`, which is ratio, found `==`: write a range, as in `pay_ratio("90d") >= 0.45 && pay_ratio("90d") <= 0.55`"#
        ]],
    );
    rule(
        "pay_ratio(90) > 1",
        expect![[
            r#"t.yaml:24:25: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `90`: write `pay_ratio("90d") > 1`"#
        ]],
    );
}

#[test]
fn names_that_do_not_exist_have_neighbours_or_siblings() {
    rule(
        "disputed.amonut > 5",
        expect![["t.yaml:24:15: unknown feature `disputed.amonut`; did you mean `disputed.amount`?"]],
    );
    rule("dispute.open > 5", expect![["t.yaml:24:15: unknown feature `dispute.open`; did you mean `disputes.open`?"]]);
    rule(
        "pay_day.weekday == 5",
        expect![["t.yaml:24:15: unknown feature `pay_day.weekday`; did you mean `today.weekday`?"]],
    );
    rule(
        "payments.outstanding_total(\"90d\") == 5",
        expect![
            "t.yaml:24:15: unknown feature `payments.outstanding_total`; did you mean one of `payments.unmatched`, `payments.count`, `payments.sum`, `payments.average`, `payments.last_days`, `payments.last_method`, `payments.reversed`, `payments.failed`, `payments.pending`?"
        ],
    );
    rule(
        "first_payment_defualt",
        expect![["t.yaml:24:15: unknown feature `first_payment_defualt`; did you mean `first_payment_default`?"]],
    );
    rule(
        "days_sinse(profile.since) > 5",
        expect![["t.yaml:24:15: unknown feature `days_sinse`; did you mean `days_since`?"]],
    );
    rule("call_headrom > 5", expect![["t.yaml:24:15: unknown feature `call_headrom`; did you mean `call_headroom`?"]]);
    rule(
        "promises.due.days > 5",
        expect![["t.yaml:24:15: unknown feature `promises.due.days`; did you mean `promises.due_days`?"]],
    );
    rule("rolls(\"90d\") > 5", expect![["t.yaml:24:15: unknown feature `rolls`; did you mean `roll`?"]]);
}

/// A feature that tells an attribute's value is as sensitive as the attribute.
#[test]
fn what_is_told_of_sensitive_attributes_is_sensitive() {
    let text = complete("days_since(profile.since) > 1 || days_until(profile.customer_since) > 1 || customer.days > 5")
        .replace("sensitive: [", "sensitive: [customer_since, ");
    let segmentation = Segmentation::load("t.yaml", text).expect("valid").segmentation;
    let sensitive = |slot: &&crate::segmentation::Slot| slot.sensitive;
    let slots: Vec<_> = segmentation.features.iter().filter(sensitive).map(|slot| slot.text.as_str()).collect();
    assert_eq!(slots, ["days_since(profile.since)", "days_until(profile.customer_since)", "customer.days"]);
    assert_eq!(segmentation.summary().attributes, [("vip", "bool"), ("since", "date"), ("customer_since", "date")]);
}

#[test]
fn promises_without_holidays_and_stays_without_bypass_are_warned_of() {
    let file = |rule: &str| file_with(rule).replace("holidays: [2026-12-25]", "holidays: []");
    check(
        &file("promises.open + promises.kept(\"90d\") > 1"),
        expect![[
            "warning: t.yaml:24:15: `promises.open` is read and `holidays` is empty: a promise's deadline counts public holidays as business days"
        ]],
    );
    check(
        &file("balance > 1 && overdue.days - 3 > promises.due_days * 2"),
        expect![[
            "warning: t.yaml:24:49: `promises.due_days` is read and `holidays` is empty: a promise's deadline counts public holidays as business days"
        ]],
    );
    check(
        &file("overdue.business_days > 1 || today.business"),
        expect![[
            "warning: t.yaml:24:15: `overdue.business_days` is read and `holidays` is empty: public holidays count as business days"
        ]],
    );
    check(&file("balance > 1"), expect![["fine"]]);
    check(
        &file("balance > 1").replace("name: high,", "name: high, keep: 7d,"),
        expect![["warning: t.yaml:27:29: segment `high` has `keep` without `bypass`: nothing ends the stay early"]],
    );
    check(
        &file("balance > 1").replace("name: high,", "name: high, keep: 7d, bypass: balance * 2 > 5,"),
        expect![["fine"]],
    );
}
