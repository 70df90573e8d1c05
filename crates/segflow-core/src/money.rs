//! Money is an integer in the currency's minor unit.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::rule::syntax::decimal::Decimal;

/// An ISO 4217 alphabetic code and the number of decimals of its minor unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Currency {
    /// Three capital letters.
    pub code: String,
    /// 0, 2, 3 or 4.
    pub decimals: u32,
}

impl Currency {
    /// The currency of an ISO 4217 code, or none if it is not three capital letters.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let shaped = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
        shaped.then(|| Self { code: code.to_owned(), decimals: decimals(code) })
    }

    /// An amount as written in major units, in minor units: `12`, `12.3` and `12.34` of two decimals. None if it is no
    /// decimal number, has more decimals than the currency, or does not fit 64 bits.
    #[must_use]
    pub fn parse(&self, major: &str) -> Option<i64> {
        Decimal::parse(major)?.minor(self.decimals)
    }

    /// An amount of minor units in major units: `12.34`, with the currency's decimals and no code.
    #[must_use]
    pub fn format(&self, minor: i64) -> String {
        if self.decimals == 0 {
            return minor.to_string();
        }
        let scale = 10_u64.pow(self.decimals);
        let magnitude = minor.unsigned_abs();
        let mut text = String::new();
        let sign = if minor < 0 { "-" } else { "" };
        let width = self.decimals as usize;
        write!(text, "{sign}{}.{:0width$}", magnitude / scale, magnitude % scale).expect("a string takes any text");
        text
    }
}

/// ISO 4217:2015, table A.1: the currencies whose minor unit is not a hundredth.
fn decimals(code: &str) -> u32 {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}
