//! Readable ids: `I-000217-0003` is the third invoice event of customer `C-000217`.

/// The customer's id.
pub(crate) fn customer(number: u32) -> String {
    let mut text = String::with_capacity(12);
    text.push_str("C-");
    push(&mut text, number, 6);
    text
}

/// The id of the `number`th invoice, payment, contact, promise or dispute of a customer.
pub(crate) fn numbered(prefix: &str, customer: u32, number: u32) -> String {
    let mut text = String::with_capacity(prefix.len() + 14);
    text.push_str(prefix);
    text.push('-');
    push(&mut text, customer, 6);
    text.push('-');
    push(&mut text, number, 4);
    text
}

/// Decimal digits with leading zeros. Ids are most of what an event costs, and `write!` costs four times as much.
fn push(text: &mut String, number: u32, width: usize) {
    let mut digits = [b'0'; 10];
    let (mut left, mut at) = (number, digits.len());
    while left > 0 {
        at -= 1;
        digits[at] = b'0' + u8::try_from(left % 10).expect("a digit");
        left /= 10;
    }
    let from = at.min(digits.len() - width);
    text.extend(digits[from..].iter().map(|digit| char::from(*digit)));
}
