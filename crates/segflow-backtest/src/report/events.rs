//! The section of the events that were read.

use super::figures::{EventFigures, Report};
use super::html::{Html, escaped};
use super::numbers::grouped;

/// The counts of records, and those that could not be used.
pub fn section(html: &mut Html, report: &Report) {
    let events = &report.events;
    html.add(format_args!(
        "<section><h2 id=\"events\">Events</h2><p class=\"soft\">What became of the records that were read.</p>\
         <div class=\"cards\"><div class=\"card\"><div class=\"scroll\"><table><tbody>"
    ));
    for (what, count) in [
        ("read", events.read),
        ("new", events.folded),
        ("copies of known ones", events.duplicates),
        ("too late to matter", events.forgotten),
        ("of another currency, ignored", events.ignored),
        ("could not be used", events.bad),
        ("of the new: late, counted from when they were recorded", events.late),
        ("not read: at or after the end of the period", events.beyond),
    ] {
        html.add(format_args!("<tr><th>{what}</th><td>{}</td></tr>", grouped(count)));
    }
    html.add(format_args!("</tbody></table></div></div>"));
    if events.bad > 0 {
        rejected(html, events);
    }
    html.add(format_args!("</div></section>"));
}

/// The first records that could not be used, and how many there are by reason.
fn rejected(html: &mut Html, events: &EventFigures) {
    html.add(format_args!("<div class=\"card warn\"><h3>Records that could not be used</h3><p>"));
    let reasons: Vec<String> =
        events.bad_by_reason.iter().map(|(reason, count)| format!("{reason}: {}", grouped(*count))).collect();
    html.add(format_args!("{}</p><div class=\"scroll\"><table><tbody>", escaped(&reasons.join(", "))));
    for record in &events.bad_named {
        html.add(format_args!(
            "<tr><th>{}</th><td class=\"left\">{}: {}</td></tr>",
            escaped(&record.place),
            escaped(&record.reason),
            escaped(&record.detail)
        ));
    }
    html.add(format_args!("</tbody></table></div></div>"));
}
