//! What others call the features.

use super::table::Row;

/// Names, and the features that may be meant, the likeliest first.
pub(super) const NAMES: &[Row] = &[
    (
        "dpd/days_past_due/dayspastdue/past_due_days/days_overdue/daysoverdue/days_in_arrears/arrears_days",
        "overdue.days",
        "",
    ),
    ("dayslate/days_late/delinquency_days/days_delinquent", "overdue.days", ""),
    ("arrears/past_due/overdue/amount_overdue/overdueamount/arrears_amount/past_due_amount", "overdue.amount", ""),
    ("overdue.balance/overdue.sum/overdue_balance/invoices.overdue_amount", "overdue.amount", ""),
    ("outstanding/outstanding_amount/outstanding_balance/amount_due/balance_due/total_due", "balance", ""),
    ("owed/owing/debt/total_debt/invoices.outstanding/invoices.balance/account.balance", "balance", ""),
    ("invoices.overdue/invoice.overdue", "overdue.invoices | overdue.amount", ""),
    ("overdue.count/overdue_invoices/invoices_overdue/overdue_count", "overdue.invoices", ""),
    ("invoices.unpaid/unpaid_invoices/open_invoices", "invoices.open", ""),
    ("days_since ( payments.last/payments.last_date/last_payment/last_payment_date )", "payments.last_days", ""),
    ("payments.last/payment.last/last_payment/lastpayment", "payments.last_days | payments.last_method", ""),
    ("payments.last_date/last_payment_date/payments.last.date/days_since_last_payment", "payments.last_days", ""),
    ("payments.method/payment_method/payments.last.method", "payments.last_method", ""),
    ("payments.total/payments.amount/payment.amount/payment.total", "payments.sum(\"90d\")", ""),
    ("payments.number/payments.num/num_payments/payment_count", "payments.count(\"90d\")", ""),
    ("payments.avg/payments.mean", "payments.average(\"90d\")", ""),
    ("calls/calls.count/contacts.calls/call_count", "contacts.outbound(\"90d\", \"CALL\")", ""),
    ("contacts.count/contacts.sent", "contacts.outbound(\"90d\")", ""),
    ("contacts.last/last_contact/last_contact_days", "silent.days", ""),
    ("broken_promises/promises.missed/ptp.broken", "promises.broken(\"90d\")", ""),
    ("ptp/ptp.open/open_promises", "promises.open", ""),
    ("disputed", "disputed.amount | disputes.open", ""),
    ("credit_balance/balance.credit/overpayment", "credit", ""),
    ("due_date/duedate/due.date/days_to_due/days_until_due/due_in", "next_due.days | overdue.days", ""),
    ("written_off/write_off/bad_debt", "written_off.amount", ""),
    ("tenure/customer.age/customer.tenure/account_age", "customer.days", ""),
    ("dayofweek/day_of_week/weekday", "today.weekday", ""),
];
