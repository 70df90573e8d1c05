//! What other languages write, and what to write instead.

/// A pattern, what to write for it (one of several, between ` | `), and why; without a reason, there is no such word.
///
/// Holes: `x y z` sides of comparisons, `c e f` conditions, `l` a list, `a b d s` features that are numbers, bools, dates,
/// texts; `n` a number, `N` one above 0, `t` a text, `o` a comparison, `g` and `p` `>` or `>=`, `k` and `h` `<` or `<=`, `w` an
/// unknown word; `u` a text that reads as a window, `i` digits in quotes, `j` a weekday, `q` a month: these become numbers; `v`
/// a feature in quotes. A template may also have `m`, which is `o` with its sides exchanged, and `r`, which is `n` as a text.
pub(super) type Row = (&'static str, &'static str, &'static str);

const QUOTED: &str = "a text stands in quotes";
const BARE: &str = "a number stands without quotes";
const BOOL: &str = "a bool stands by itself";
const NAMED: &str = "a feature stands without quotes";
const CHAINED: &str = "comparisons do not chain";

pub(super) const ROWS: &[Row] = &[
    // Symbols.
    ("===", "==", ""),
    ("!==", "!=", ""),
    ("=", "==", ""),
    (":=", "==", ""),
    ("<>", "!=", ""),
    ("\u{2260}", "!=", ""),
    ("=>", ">=", ""),
    ("\u{2265}", ">=", ""),
    ("=<", "<=", ""),
    ("\u{2264}", "<=", ""),
    ("\u{2212}", "-", ""),
    ("\u{d7}", "*", ""),
    ("&", "&&", ""),
    ("|", "||", ""),
    ("$x eq $y", "$x == $y", ""),
    ("$x ne/neq $y", "$x != $y", ""),
    ("$x gt $y", "$x > $y", ""),
    ("$x ge/gte $y", "$x >= $y", ""),
    ("$x lt $y", "$x < $y", ""),
    ("$x le/lte $y", "$x <= $y", ""),
    ("$x $k $y $h $z", "$x $k $y && $y $h $z", CHAINED),
    ("$x $g $y $p $z", "$x $g $y && $y $p $z", CHAINED),
    // Values.
    ("true", "true", ""),
    ("false", "false", ""),
    ("$n gbp/eur/usd/chf", "$n", ""),
    ("interval $n", "$n", ""),
    // The present day.
    ("now/getdate/curdate/sysdate/current_date/current_timestamp/today/date.today/datetime.now ( )", "today", ""),
    ("now/sysdate/current_date/current_timestamp/today.date", "today", ""),
    ("dateadd ( day/d/dd , - $n , today )", "today - $n", ""),
    ("dateadd ( day/d/dd , $n , today )", "today + $n", ""),
    ("$d <= today - $n", "days_since($d) >= $n", ""),
    ("$d < today - $n", "days_since($d) > $n", ""),
    ("$d >= today - $n", "days_since($d) <= $n", ""),
    ("$d > today - $n", "days_since($d) < $n", ""),
    ("$d $o today + $n", "days_until($d) $o $n", ""),
    ("$d $o today", "days_until($d) $o 0", ""),
    ("today $o $d", "days_until($d) $m 0", ""),
    ("datediff/date_diff ( today , $d )", "days_since($d)", ""),
    ("datediff/date_diff ( day/d/dd , $d , today )", "days_since($d)", ""),
    ("datediff/date_diff ( $d , today )", "days_until($d)", ""),
    ("datediff/date_diff ( day/d/dd , today , $d )", "days_until($d)", ""),
    ("datedif ( $d , today , $t )", "days_since($d)", ""),
    ("datedif ( today , $d , $t )", "days_until($d)", ""),
    ("days ( today , $d )", "days_since($d)", ""),
    ("days ( $d , today )", "days_until($d)", ""),
    ("today - $d", "days_since($d)", ""),
    ("$d - today", "days_until($d)", ""),
    ("month ( today )", "today.month", ""),
    ("day/dayofmonth ( today )", "today.day", ""),
    ("weekday/dayofweek ( today )", "today.weekday", ""),
    ("date/to_date/timestamp ( $t )", "$t", "a date is a text"),
    ("today.weekday $o $j", "today.weekday $o $j", "weekdays are numbers, and Monday is 1"),
    ("today.month $o $q", "today.month $o $q", "months are numbers, and January is 1"),
    // What is not known.
    ("$x is not null/none/nil/blank/empty/undefined", "known($x)", ""),
    ("$x is null/none/nil/blank/empty/undefined", "unknown($x)", ""),
    ("$x != null/none/nil/undefined", "known($x)", ""),
    ("$x == null/none/nil/undefined", "unknown($x)", ""),
    ("isnull/isblank/isna/isempty/is_null/missing ( $x )", "unknown($x)", ""),
    ("has/isnotnull/is_not_null ( $x )", "known($x)", ""),
    ("coalesce/ifnull/isnull/nvl/nz ( $x , 0 ) $g $N", "$x $g $N", ""),
    ("coalesce/ifnull/isnull/nvl/nz ( $x , 0 ) $k $N", "(unknown($x) || $x $k $N)", ""),
    ("$x is not $y", "$x != $y", ""),
    ("$x is $y", "$x == $y", ""),
    // Ranges and lists.
    ("$x not between $y and $z", "($x < $y || $x > $z)", ""),
    ("$x between $y and $z", "$x >= $y && $x <= $z", ""),
    ("between ( $x , $y , $z )", "$x >= $y && $x <= $z", ""),
    ("$x not in ( $l )", "!($x in [$l])", ""),
    ("$x not in [ $l ]", "!($x in [$l])", ""),
    ("$x in ( $l )", "$x in [$l]", "a list stands in square brackets"),
    ("$x in [ $l ]", "$x in [$l]", ""),
    ("max/greatest ( $x , $y ) $g $z", "($x $g $z || $y $g $z)", ""),
    ("max/greatest ( $x , $y ) $k $z", "$x $k $z && $y $k $z", ""),
    ("min/least ( $x , $y ) $g $z", "$x $g $z && $y $g $z", ""),
    ("min/least ( $x , $y ) $k $z", "($x $k $z || $y $k $z)", ""),
    // Conditions.
    ("where", "", ""),
    ("and ( $c , $e )", "($c && $e)", ""),
    ("and ( $c , $e , $f )", "($c && $e && $f)", ""),
    ("or ( $c , $e )", "($c || $e)", ""),
    ("or ( $c , $e , $f )", "($c || $e || $f)", ""),
    ("if/iif ( $c , true , false )", "$c", ""),
    ("not $c", "!$c", ""),
    ("and", "&&", ""),
    ("or", "||", ""),
    ("$c || false", "$c", ""),
    ("false || $c", "$c", ""),
    ("$c && true", "$c", ""),
    ("true && $c", "$c", ""),
    // Types.
    ("$v $o $x", "$v $o $x", NAMED),
    ("$s $o $w", "$s $o $w", QUOTED),
    ("$s $o $n", "$s $o $r", QUOTED),
    ("$a $o $i", "$a $o $i", BARE),
    ("$b == 1/yes/y/'yes/'y/'true/'t/'1", "$b", BOOL),
    ("$b == 0/no/n/'no/'n/'false/'f/'0", "!$b", BOOL),
    // Sums and counts.
    ("count/countif/counta ( payments/payment )", "payments.count(\"90d\")", ""),
    ("count/countif/counta ( invoices/invoice )", "invoices.count(\"90d\")", ""),
    ("sum/sumif/total ( payments/payment/payments.amount/payment.amount )", "payments.sum(\"90d\")", ""),
    ("sum/sumif/total ( invoices/invoice/invoices.amount/invoice.amount )", "invoices.sum(\"90d\")", ""),
    ("avg/average/mean ( payments/payment/payments.amount/payment.amount )", "payments.average(\"90d\")", ""),
    ("count ( )", "payments.count(\"90d\") | invoices.count(\"90d\")", ""),
    ("count ( * )", "payments.count(\"90d\") | invoices.count(\"90d\")", ""),
    // Windows that were taken for debt types.
    ("overdue.amount ( $u ) $o $y", "overdue.days >= $u && overdue.amount $o $y", AS_DEBT_TYPE),
    ("overdue.days ( $u ) $o $y", "overdue.days >= $u", AS_DEBT_TYPE),
];

const AS_DEBT_TYPE: &str = "`overdue.amount` and `overdue.days` take a debt type, not a window";

/// What is valid and warned of.
pub(super) const ALLOWED: &[Row] = &[
    ("overdue.amount ( $u ) $o $y", "overdue.days >= $u && overdue.amount $o $y", AS_DEBT_TYPE),
    ("overdue.days ( $u ) $o $y", "overdue.days >= $u", AS_DEBT_TYPE),
    ("$b == true", "$b", BOOL),
    ("$b != false", "$b", BOOL),
    ("$b == false", "!$b", BOOL),
    ("$b != true", "!$b", BOOL),
];

/// What has no like in a rule, and what to do.
pub(super) const SAID: &[(&str, &str)] = &[
    ("$s not like/ilike $t", WHOLE),
    ("$s like/ilike/rlike/regexp/matches/contains $t", WHOLE),
    ("like/ilike/rlike/regexp/matches/contains/startswith/endswith/strpos/charindex/search/find", SOME),
    ("lower/upper/lcase/ucase/trim/proper/substring/substr/left/right/mid/concat/length/len/size ( $l )", SOME),
    ("case", SEGMENTS),
    ("then", SEGMENTS),
    ("else", SEGMENTS),
    ("elif/elseif", SEGMENTS),
    ("if/iif/ifs/switch", SEGMENTS),
    ("?", "write `(a && b) || (!a && c)`, or two segments"),
    ("%", "compare the value itself"),
    ("mod", "compare the value itself"),
    ("^", "write the number out"),
    ("**", "write the number out"),
    (";", "join conditions with `&&` or `||`"),
    ("xor", "write `(a && !b) || (!a && b)`"),
    ("round/floor/ceil/ceiling/trunc/int/abs ( $l )", "nothing is rounded, and values are compared as they are"),
    ("max/greatest", "compare each, as in `balance > 100 || credit > 100`"),
    ("min/least", "compare each, as in `balance > 100 && credit > 100`"),
    ("sum/sumif/sumifs/total", "a sum has a window, as in `payments.sum(\"90d\") > 0` or `invoices.sum(\"90d\") > 0`"),
    ("count/countif/countifs/counta", COUNTS),
    ("avg/average/mean/median", "an average has a window, as in `payments.average(\"90d\") > 0`"),
    ("coalesce/ifnull/nvl/nz", "ask first, as in `unknown(payments.last_days) || payments.last_days >= 30`"),
    ("null/none/nil/undefined", "ask with `known(x)` or `unknown(x)`"),
    ("exists/any/all/some/filter/map", COUNTS),
    ("today", TODAY),
    ("datediff/date_diff/datedif/dateadd/date_add/date_sub/date_trunc", TODAY),
    ("interval", TODAY),
    ("select/from/join/having", "a rule is the condition alone, as in `overdue.days >= 30`"),
];

const WHOLE: &str = "a text is compared as a whole, as in `$s == \"A\"` or `$s in [\"A\", \"B\"]`";
const SOME: &str = "a text is compared as a whole, as in `payments.last_method in [\"CARD\", \"CASH\"]`";
const SEGMENTS: &str =
    "a rule is one condition, and each outcome is a segment of its own, of which the first that holds counts";
const COUNTS: &str = "a count has a window, as in `payments.count(\"90d\") >= 1` or `invoices.count(\"90d\") >= 1`";
const TODAY: &str = "dates are compared with today by `days_since(profile.NAME)` and `days_until(profile.NAME)`";
