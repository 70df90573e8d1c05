//! Numbers as people read them.

use crate::sample::Estimate;

/// A count with its thousands apart: `12,345`
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share, from 0 to 1, as per cent: `42 %`
#[must_use]
pub fn per_cent(share: f64) -> String {
    // As many digits as keep some apart from none, and most from all.
    let digits = match share.min(1.0 - share) {
        least if least <= 0.0 => 0,
        least if least < 0.001 => 2,
        least if share < 0.1 || least < 0.01 => 1,
        _ => 0,
    };
    format!("{:.*} %", digits, share * 100.0)
}

/// What a sample says of all customers.
pub fn of_all(estimate: &Estimate) -> String {
    let [total, low, high] = [estimate.total, estimate.low, estimate.high].map(|count| grouped(count as u64));
    format!("of all about {total} ({low} to {high})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }

    #[test]
    fn some_never_reads_as_none_nor_most_as_all() {
        let shares = [0.0, 0.0004, 0.004, 0.04, 0.4, 0.996, 0.9996, 1.0];
        assert_eq!(shares.map(per_cent), ["0 %", "0.04 %", "0.4 %", "4.0 %", "40 %", "99.6 %", "99.96 %", "100 %"]);
    }
}
